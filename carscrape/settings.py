"""Settings of the crawl: who we are and how politely we ask, which parts do it, our own.

Each value that departs from Scrapy's default says why. Any can be given as -s NAME=VALUE.
"""

import os

BOT_NAME = "carscrape"
SPIDER_MODULES = ["carscrape.spiders"]
COMMANDS_MODULE = "carscrape.commands"

# --- Who we are and how politely we ask

# How the people whose servers we ask can reach you; spider.py puts it into the user agent, and
# reminds you while it is empty.
CONTACT = os.environ.get("CARSCRAPE_CONTACT", "")
USER_AGENT = ""
ROBOTSTXT_OBEY = True  # default False; read by robots.Robots, for pages and images

CONCURRENT_REQUESTS_PER_DOMAIN = 2  # default 8, too many for a stranger's image host
# Default 0. At least 0.001, even for benchmarks: with 0, Scrapy 2.19 lets a burst of media requests
# past the limit above.
DOWNLOAD_DELAY = 0.25
CONCURRENT_REQUESTS = 0  # default 16; 0 is no gate: the feeder's window is the bound
# Default 5 MB of pages in the scraper. No gate either: two open pages per lane are the bound, and
# the feed takes any backing out of the engine for the end of the crawl.
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 2**40
CONCURRENT_ITEMS = 64  # default 100; the window: images open at once

DOWNLOAD_TIMEOUT = 30  # seconds in all, default 180; images are small
# An answer may take the grace, and a second for each so many bytes of its body. Read by
# handler.py. A page of results may have 5 MiB (pages.py), a robots.txt 512 KiB (robots.py).
DOWNLOAD_RATE_GRACE = 10
DOWNLOAD_MIN_RATE = 1000
DOWNLOAD_MAXSIZE = 25 * 1024 * 1024  # default 1 GiB
DOWNLOAD_WARNSIZE = 0  # our own outcome says it
DOWNLOAD_FAIL_ON_DATALOSS = True
DOWNLOAD_VERIFY_CERTIFICATES = True  # default False
REDIRECT_MAX_TIMES = 5  # default 20
METAREFRESH_ENABLED = False  # an HTML page is no image, wherever it points
REFERRER_POLICY = "no-referrer"  # a Referer would tell image hosts the query
COOKIES_ENABLED = False
RETRY_ENABLED = False  # what is worth another try is a row of the ledger
# Default True. A proxy resolves names itself, past the guard, and has to refuse addresses inside
# itself. True: proxy.Proxy uses what http_proxy, https_proxy and no_proxy in the environment say.
HTTPPROXY_ENABLED = False
MEDIA_ALLOW_REDIRECTS = True  # most image hosts redirect

# --- Which parts do it

# None: schemes whose handlers a search result could point at the local machine.
DOWNLOADER = "carscrape.downloader.Downloader"
DOWNLOAD_HANDLERS = {
    "http": "carscrape.handler.Handler",
    "https": "carscrape.handler.Handler",
    "file": None,
    "data": None,
    "s3": None,
    "ftp": None,
}
TELNETCONSOLE_ENABLED = False  # default True: a port that runs code
REMOTE_CONTROL_ENABLED = False  # default True: the same
DOWNLOADER_MIDDLEWARES = {
    "carscrape.feeder.LedgerScheme": 5,  # before the guard: ledger:// never leaves the process
    "carscrape.taken_down.TakenDown": 6,  # before anything of a host is looked up
    "carscrape.proxy.Proxy": 8,  # before the guard, which has to know of it
    "carscrape.guard.Guard": 10,
    "carscrape.robots.Robots": 20,
    "carscrape.budgets.Budgets": 40,
    "carscrape.budgets.Decompression": 590,
    "carscrape.outcomes.StatusDecides": 595,  # after HttpCompression, so before it on the way back
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,  # proxy.Proxy is one
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,  # see Budgets
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,  # no host gets a password
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # images lie anywhere
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,  # ours keeps RFC 9309
}
SPIDER_MIDDLEWARES = {  # every image passes them; our requests are not links of a page
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
}
ITEM_PIPELINES = {"carscrape.pipelines.Images": 100}
EXTENSIONS = {
    "carscrape.extensions.Progress": 100,
    "carscrape.extensions.Conclusion": 200,
    "carscrape.metrics.Metrics": 300,  # after Conclusion, which has the exit code
    "scrapy.extensions.corestats.CoreStats": None,  # the ledger counts, and nobody reads these
    "scrapy.extensions.logstats.LogStats": None,  # ours counts images
    "scrapy.extensions.memusage.MemoryUsage": None,
}
DOWNLOADER_STATS = False  # nor these
STATS_DUMP = False  # the summary says it in words
LOG_LEVEL = "WARNING"  # default DEBUG; extensions.Progress lets our own INFO through
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
LOG_DATEFORMAT = "%Y-%m-%d %H:%M:%S"
FEED_EXPORT_ENCODING = "utf-8"
LOG_JSON = False  # True: a JSON object a line, see log_lines.py

# --- Our own

# Where everything is kept. Read by arguments.py.
STORE = os.environ.get("CARSCRAPE_STORE", "store")
# Where a copy of it is kept as it grows, for other machines to go on from: an fsspec URL such as
# s3://bucket/prefix; "" for nowhere. Needs requirements-remote.txt; its credentials are what the
# environment gives. Read by spider.py.
REMOTE_STORE = ""
# Seconds between two copies, and so the work that is done twice if this machine is lost; large
# ledgers are copied less often. Without sign of life for three times as long, it counts as lost.
REMOTE_INTERVAL = 60.0
# Networks inside that may be asked, for people who crawl their own intranet, e.g. 10.1.0.0/16.
# Nothing else opens a private address. Read by guard.Guard.
ALLOW_PRIVATE_NETWORKS: list[str] = []
# Pixels an image may declare; the header is read, nothing is decoded. Read by pipelines.Images.
IMAGE_MAX_PIXELS = 40_000_000
# Frames an image may have; only the first is ever used. Read by pipelines.Images.
IMAGE_MAX_FRAMES = 100
# Bytes of an image that are not pixels, inflated: profiles and previews of real photos take up to
# a few MB, and more is a way to fill a memory. Read by pipelines.Images.
IMAGE_MAX_METADATA = 4 * 1024 * 1024
# Seconds before the second try, doubled for each more, with jitter. Read by spider.py
# and image_search.py.
RETRY_DELAY = 5.0
# Seconds the crawl waits, with nothing else to do, for what has to wait; what waits longer is
# left to the next run. Read by spider.py.
PATIENCE = 60.0
# Seconds that downloads in flight get to end when the crawl is told to stop; then they are
# abandoned, and asked again by the next run. Read by spider.py.
STOP_GRACE = 5.0
# A folder for files that Prometheus reads by way of the node exporter's textfile collector, one per
# spider and ledger; "" for none. Needs requirements-metrics.txt. Read by metrics.py.
METRICS_FOLDER = ""
# The Chromium that asks the engines which need a browser; "" for the first one on the PATH, else
# Playwright's own. Read by browser/chromium.py.
CHROMIUM = os.environ.get("CARSCRAPE_CHROMIUM", "")
# Seconds in all for a page in the browser, scrolled to its end. Read by browser/browser.py.
BROWSER_TIMEOUT = 60.0
