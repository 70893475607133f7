"""A store's copy beyond this machine, in whatever fsspec reaches. Imported only where it is used.

    REMOTE/
      recipe.toml                         and the tables it names
      images/ab/<sha256>.<ext>            before a ledger says that they are stored
      ledger/<shard>/<claim>.sqlite       the ledger as its crawl last saved it
      ledger/<shard>/<claim>.json         who writes it, until when at least, and what is in it

Each crawl claims the next number of its shard and writes under that number alone. So a crawl that
lost its shard to another can overwrite nothing, and the highest number is the newest.
"""
