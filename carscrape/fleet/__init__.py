"""One plan over many Scrapyd hosts. It keeps nothing: what is done stands in the ledgers."""
