"""`python -m tests.faulty NAME=ARGUMENT... -- SCRAPY'S ARGUMENTS`: a real crawl that has faults.

The product knows nothing of them: each is patched in before Scrapy starts.
"""

import sys
from importlib import import_module

from scrapy.cmdline import execute

if __name__ == "__main__":
    end = sys.argv.index("--")
    for fault in sys.argv[1:end]:
        name, _, argument = fault.partition("=")
        import_module(f"tests.faulty.{name}").install(argument)
    execute(["scrapy", *sys.argv[end + 1 :]])
