"""Result pages: an HTML page built like Bing's, and the answers of two JSON APIs."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from carscrape.demo.hits import spelled
from carscrape.demo.results import Row
from carscrape.demo.templates import Markup, fill

HTML_SIZE = 35  # results on an HTML page
JSON_SIZE = 50  # results in an answer of the API
KEYED_SIZE = 30  # and of the one that wants a key
KEYED_MOST = 120  # results of a query that it gives
NOTHING = Markup()


def requery(query: str) -> Markup:
    """What a page says that answers this query in place of the one that was asked."""
    return fill("requery", query=query)


def images_page(
    query: str, rows: Sequence[Row], first: int, more: bool, notice: Markup = NOTHING
) -> str:
    """The whole HTML page, `first` counting from 1 as in its URL."""
    return fill("images", query=query, notice=notice, grid=images_grid(query, rows, first, more))


def images_grid(query: str, rows: Sequence[Row], first: int, more: bool) -> Markup:
    """The part with the results alone, as later pages come."""
    following = {"q": query, "first": first + HTML_SIZE, "count": HTML_SIZE, "relp": HTML_SIZE}
    following |= {"datsrc": "I", "layout": "RowBased", "mmasync": 1}
    return fill(
        "images_grid",
        next=f"/images/async?{urlencode(following)}" if more else "",
        items=Markup("".join(_item(query, row, first + i) for i, row in enumerate(rows))),
        message="" if rows or first > 1 else fill("no_images", query=query),
    )


def _item(query: str, row: Row, number: int) -> str:
    digest = hashlib.md5(row.image.encode(), usedforsecurity=False).hexdigest()
    record = {
        "cid": digest[:8],
        "purl": row.page,
        "murl": row.image,
        "turl": row.thumbnail,
        "md5": digest,
        "t": row.title,
        "mid": digest.upper(),
        "desc": row.title.replace(query, f"\ue000{query}\ue001"),
    }
    detail = f"view=detailV2&ccid={digest[:8]}&mediaurl={quote_plus(row.image)}"
    detail += f"&exph={row.height}&expw={row.width}&q={quote_plus(query)}&FORM=IRPRST"
    return fill(
        "images_item",
        m=json.dumps(record, ensure_ascii=False, separators=(",", ":")),
        detail=detail,
        site=urlsplit(row.page).hostname,
        row=number % 8,
        number=number,
        query=query,
        thumbnail=row.thumbnail,
        page=row.page,
        width=row.width,
        height=row.height,
    )


def api_answer(
    query: str, rows: Sequence[Row], total: int, following: int | None
) -> dict[str, Any]:
    """The answer of the JSON API; `following` is the offset that goes on, None at the end."""
    return {
        "query": query,
        "total": total,
        "next": following,
        "results": [{name: getattr(row, name) for name in Row.__slots__} for row in rows],
    }


def keyed_answer(
    query: str, rows: Sequence[Row], total: int, following: int | None
) -> dict[str, Any]:
    """The answer of the API that wants a key; `following` is the number of the next page."""
    return {
        "search": {"query": query, "total": total, "next_page": following},
        "photos": [
            {
                "urls": {"full": row.image, "small": row.thumbnail},
                "link": row.page,
                "caption": row.title,
                "size": {"width": row.width, "height": row.height},
                "license": row.licence or None,
            }
            for row in rows
        ],
    }


def search_page(seed: int, query: str, hits: int | None, notice: Markup = NOTHING) -> str:
    """A page of web results with its hit count; without one where `hits` is None."""
    count = "" if hits is None else f'<span class="sb_count">{spelled(seed, query, hits)}</span>'
    items = "".join(
        fill(
            "search_item",
            url=f"http://127.0.0.1/{quote_plus(query)}/{number}",
            title=f"{query} - page {number}",
            query=query,
            number=number,
        )
        for number in range(1, 11)
    )
    return fill("search", query=query, notice=notice, count=Markup(count), items=Markup(items))


def no_pages_page(query: str) -> str:
    """A page of web results that found nothing."""
    return fill("search", query=query, notice="", count="", items=fill("no_pages", query=query))
