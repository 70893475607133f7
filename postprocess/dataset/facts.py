"""What a record says of an image beside its label, in the formats that have records."""

from postprocess.dataset.images import Item


def facts(item: Item) -> dict[str, str]:
    """Texts; "" for what is not known."""
    example = item.example
    return {
        "sha256": example.id,
        "page_url": example.source.page_url,
        "image_url": example.source.image_url,
        "title": example.source.title,
        "licence": example.source.licence,
    }
