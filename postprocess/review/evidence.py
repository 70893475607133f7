"""What is shown beside a picture: where it was found, as text fit to be shown."""

from dataclasses import dataclass
from pathlib import Path

from carscrape.store import Store
from postprocess.report.page import link, shown

_FOUND = """
select image.type, result.title, result.page_url, page.engine, query.text
from image
left join result on result.image = image.id
left join page on page.id = result.page
left join query on query.id = page.query
where image.outcome = 'stored' and image.sha256 = ?
order by page.id, result.rank
limit 1
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The file of an image and its first finder; all but the path was written by strangers."""

    path: Path
    title: str
    query: str
    engine: str
    page: str  # the page that shows it
    link: str  # the same if it may be a link, else ""


def read_evidence(store: Store, image: str) -> Evidence:
    """Look up a stored image (sha256, hex).

    Raises:
        KeyError: no such image is stored.
        StoreError: the store cannot be read.
    """
    for row in store.rows(_FOUND, (image,)):
        page = row["page_url"] or ""
        texts = (row["title"], row["text"], row["engine"], page)
        title, query, engine, shown_page = (str(shown(text or "")) for text in texts)
        path = store.image_path(image, row["type"])
        return Evidence(path, title, query, engine, shown_page, link(page))
    raise KeyError(image)
