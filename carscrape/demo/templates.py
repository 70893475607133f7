"""The HTML templates in `templates/`, filled with values that are escaped for HTML."""

import html
from functools import cache
from importlib import resources
from string import Template


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def fill(name: str, **values: object) -> Markup:
    """The template `name`.html with its values, escaped; `Markup` goes in as it is."""
    escaped = {
        key: value if isinstance(value, Markup) else html.escape(str(value))
        for key, value in values.items()
    }
    return Markup(_template(name).substitute(escaped))


@cache
def _template(name: str) -> Template:
    path = resources.files("carscrape.demo").joinpath("templates", f"{name}.html")
    return Template(path.read_text(encoding="utf-8"))
