"""Text for people that stays readable however narrow their terminal is."""

import textwrap
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text


def show_block(console: Console, title: str, about: str, rows: Iterable[tuple[str, str]]) -> None:
    """Print a title, what there is to say beside it, and below them a line or more per row."""
    console.print(Text.assemble((title, "bold"), f"  {about}"))
    for name, text in rows:
        lines = textwrap.fill(
            text,
            max(console.width, 40),
            initial_indent=f"  {name:<9} ",
            subsequent_indent=" " * 12,
            break_on_hyphens=False,
        )
        console.print(Text(lines), soft_wrap=True)
