"""`make bench`: what a crawl costs, side by side with other downloaders, and whether it grows."""
