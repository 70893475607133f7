"""Flickr: photos through its API, each with its licence and author; needs a key."""

from types import MappingProxyType
from typing import Any

from scrapy import FormRequest, Request
from scrapy.http import Response

from carscrape.filters import NO_FILTERS, Filters
from carscrape.items import PageVerdict, Result
from carscrape.json_pages import JsonEngine, absolute, part, whole
from carscrape.page_values import line, pixels
from carscrape.pages import Refusal

_API = "https://api.flickr.com/services/rest/"
_PHOTOS = "https://www.flickr.com/photos"
_CC = "https://creativecommons.org"
_LICENCES = {
    0: ("All Rights Reserved", ""),
    1: ("CC BY-NC-SA 2.0", f"{_CC}/licenses/by-nc-sa/2.0/"),
    2: ("CC BY-NC 2.0", f"{_CC}/licenses/by-nc/2.0/"),
    3: ("CC BY-NC-ND 2.0", f"{_CC}/licenses/by-nc-nd/2.0/"),
    4: ("CC BY 2.0", f"{_CC}/licenses/by/2.0/"),
    5: ("CC BY-SA 2.0", f"{_CC}/licenses/by-sa/2.0/"),
    6: ("CC BY-ND 2.0", f"{_CC}/licenses/by-nd/2.0/"),
    7: ("No known copyright restrictions", "https://www.flickr.com/commons/usage/"),
    8: ("United States Government Work", "https://www.usa.gov/copyright.shtml"),
    9: ("CC0 1.0", f"{_CC}/publicdomain/zero/1.0/"),
    10: ("Public Domain Mark 1.0", f"{_CC}/publicdomain/mark/1.0/"),
}
_SIZES = ("o", "6k", "5k", "4k", "3k", "k", "h", "l", "c", "z", "m", "w", "n", "s", "t")
_THUMBNAILS = ("n", "m", "s", "t", "q", "sq")
_EXTRAS = ("license", "owner_name", "o_dims", *(f"url_{size}" for size in (*_SIZES, "q", "sq")))
_INVALID_KEY = 100


class Flickr(JsonEngine):
    """The largest size that is offered of each photo; a hit is a photo found for the phrase."""

    name = "flickr"
    home = "https://www.flickr.com"
    terms = (
        "https://www.flickr.com/help/terms/api; its documentation lets you keep results and "
        "images for 24 hours, and every photo has a licence of its own"
    )
    is_api = True
    counts_hits = True
    key_variable = "CARSCRAPE_FLICKR_KEY"
    key_hint = "from https://www.flickr.com/services/apps/create"
    page_size = 500
    max_results = 4000  # of a query; its pages go on beyond, and repeat
    filters = MappingProxyType(
        {
            "licence": {
                "any": "1,2,3,4,5,6,8,9,10",
                "share": "1,2,3,4,5,6,7,8,9,10",
                "commercial": "4,5,6,8,9,10",
                "public": "8,9,10",
            },
            "type": {"photo": "0"},
            # A key alone, without a user who signed in, is shown nothing else whatever it asks for.
            "safe": {"strict": "1"},
        }
    )
    results_at = ("photos", "photo")
    hits_at = ("photos", "photo")
    count_at = ("photos", "total")

    def image_request(
        self, query: str, cursor: str | None = None, filters: Filters = NO_FILTERS
    ) -> Request:
        """A page of photos; `cursor` is its number."""
        parameters = {"licence": "license", "type": "content_types", "safe": "safe_search"}
        chosen = {theirs: self.native(ours, filters) for ours, theirs in parameters.items()}
        return self._search(query, self.page_size, cursor or "1", chosen)

    def hits_request(self, phrase: str, filters: Filters = NO_FILTERS) -> Request:
        """One photo, and the number of all."""
        return self._search(phrase, 1, "1", {})

    def _search(self, text: str, size: int, page: str, chosen: dict[str, str]) -> Request:
        """A search as a form: what is in a URL stands in logs, and the key is in it."""
        form = {
            "method": "flickr.photos.search",
            "api_key": self.key,
            "format": "json",
            "nojsoncallback": "1",
            "text": text,
            "sort": "relevance",
            "media": "photos",
            "extras": ",".join(_EXTRAS),
            "per_page": str(size),
            "page": page,
        }
        form |= {name: value for name, value in chosen.items() if value}
        return FormRequest(_API, formdata=form)

    def told(self, answer: dict[str, Any], response: Response) -> Refusal | None:
        """An error, by its code and in the API's own words."""
        if "code" not in answer and answer.get("stat", "ok") == "ok":
            return None
        code = whole(answer.get("code"))
        said = f"error {code}: {line(answer.get('message'))}"
        if code == _INVALID_KEY:
            return PageVerdict.BLOCKED, f"{said}; is {self.key_variable} right?"
        return PageVerdict.FAILED, said

    def result(self, row: Any, base: str) -> Result | None:
        """A photo in the largest size that is there."""
        image, width, height = _largest(row)
        if not image:
            return None
        licence, licence_url = _licence(row.get("license"))
        thumbnails = (absolute(row.get(f"url_{size}"), base) for size in _THUMBNAILS)
        owner, photo = line(row.get("owner")), line(str(row.get("id", "")))
        return Result(
            image_url=absolute(image, base),
            page_url=f"{_PHOTOS}/{owner}/{photo}" if owner and photo else "",
            title=_content(row.get("title")),
            thumbnail=next(filter(None, thumbnails), ""),
            width=pixels(width),
            height=pixels(height),
            licence=licence,
            licence_url=licence_url,
            author=line(row.get("ownername")),
        )

    def following(self, answer: dict[str, Any], response: Response) -> str | None:
        """The number of the next page."""
        page, pages = (whole(part(answer, "photos", name)) for name in ("page", "pages"))
        return str(page + 1) if page and pages and page < pages else None


def _largest(row: Any) -> tuple[object, object, object]:
    """The URL, width and height of the largest size of a photo; None for what is not there."""
    for size in _SIZES:
        url = part(row, f"url_{size}")
        if url and isinstance(url, str):
            sides = [row.get(f"{side}_{size}") for side in ("width", "height")]
            if size == "o":
                sides = [
                    row.get(f"o_{side}") or row.get(f"{side}_o") for side in ("width", "height")
                ]
            return url, sides[0], sides[1]
    # Without any, the size that every photo has lies where Flickr's documentation says.
    server, photo, secret = (
        line(str(part(row, name) or "")) for name in ("server", "id", "secret")
    )
    if server and photo and secret:
        return f"https://live.staticflickr.com/{server}/{photo}_{secret}.jpg", None, None
    return None, None, None


def _licence(given: object) -> tuple[str, str]:
    """Short name and URL of a licence by its id; "" if there is no id."""
    number = whole(given)
    if number is None:
        return "", ""
    return _LICENCES.get(number, (f"unknown (id {number})", ""))


def _content(value: object) -> str:
    """A text, which some answers wrap."""
    return line(part(value, "_content") if isinstance(value, dict) else value)
