"""What may be the URL of a remote store, told before anything of it is reached.

Standard library only, for those who must refuse one where fsspec is not installed.
"""

import argparse
import re

from carscrape.store import StoreError

# Also where a password has a slash in it, or the URL stands behind another (zip://a.zip::ftp://).
_CREDENTIALS = re.compile(r"(?:^|://)[^/:@]*(?::.*)?@", re.DOTALL)
# An unset variable, as in s3://$BUCKET/prefix, leaves one out.
_NEED_A_BUCKET = ("s3", "s3a", "gs", "gcs", "az", "abfs")


class UrlError(StoreError):
    """What is no URL of a remote store; the text is for people, and shows no password."""


def check_url(url: str) -> None:
    """Refuse what is no URL, or has a user or a password in it.

    Raises:
        UrlError: with what was expected.
    """
    scheme, separator, rest = url.partition("://")
    if _CREDENTIALS.search(rest if separator else url):
        raise UrlError("a user or password is not for a URL: leave it to the environment")
    lacks_bucket = scheme in _NEED_A_BUCKET and rest.startswith("/")
    if not scheme or not rest.strip("/") or lacks_bucket:
        raise UrlError(f"expected a URL such as s3://bucket/prefix, got {url!r}")


def url_argument(text: str) -> str:
    """A URL on a command line, for argparse."""
    try:
        check_url(text)
    except UrlError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text
