"""Where the demo web lies: its loopback addresses, and the URL of everything on it.

Search pages are at 127.0.0.1, images at 127.0.0.2 to 127.0.0.21, all on one port. Nothing listens
at 127.0.0.22. A thing has one *key*, such as `img/red_ford_mustang/12.jpg`: it is the end of every
URL that thing has, whatever stands before it.
"""

import re
from urllib.parse import urlsplit

from carscrape.demo.chance import choose

FRONT = "127.0.0.1"
HOSTS = tuple(f"127.0.0.{last}" for last in range(2, 22))
DEAD_HOST = "127.0.0.22"

FORBIDDEN = "private/"  # robots.txt disallows what lies under it
MOVED = "moved/"  # where a redirect leads
PAGE = "page/"  # the web page that shows the image
THUMB = "thumb/"

_KEY = re.compile(r"/((?:img|photo)/.+)$")

_ODD_URLS = {
    "private_address": "http://10.0.0.1/{key}",
    "metadata_address": "http://169.254.169.254/latest/meta-data/{key}",
    "local_file": "file:///etc/{key}",
    "ftp": "ftp://{host}/{key}",
    "other_port": "http://{host}:22/{key}",
    "dead_host": f"http://{DEAD_HOST}:{{port}}/{{key}}",
    "robots": f"http://{{host}}:{{port}}/{FORBIDDEN}{{key}}",
    "web_page": f"http://{{host}}:{{port}}/{PAGE}{{key}}",
}


def addresses(port: int) -> frozenset[tuple[str, int]]:
    """Every (address, port) a crawl of the demo web may connect to, the dead host among them."""
    return frozenset((address, port) for address in (FRONT, *HOSTS, DEAD_HOST))


def host_of(key: str) -> str:
    """The address of the image host that holds the thing."""
    return choose(HOSTS, "host", key)


def image_url(key: str, fault: str, port: int) -> str:
    """The URL a result page gives for an image with this fault."""
    form = _ODD_URLS.get(fault, "http://{host}:{port}/{key}")
    return form.format(host=host_of(key), port=port, key=key)


def url_under(folder: str, key: str, port: int) -> str:
    """The URL of what belongs to an image: its page, its thumbnail, where it moved."""
    return f"http://{host_of(folder + key)}:{port}/{folder}{key}"


def key_of(url: str) -> str | None:
    """The key of the thing at a URL or path; None if the demo web makes no such URL."""
    try:
        found = _KEY.search(urlsplit(url).path)
    except ValueError:
        return None
    return found and found[1]
