"""The funnel as text, for a terminal or a pipe."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from postprocess.funnel import Funnel, Share, disagreements
from postprocess.verdicts import Generation
from postprocess.visible import visible

MOST_SHARES = 20  # labels and engines shown; a recipe has thousands of labels


def as_text(funnel: Funnel) -> str:
    """What `show` prints, as wide as this process's terminal."""
    console = Console()
    with console.capture() as text:
        show(funnel, console)
    return text.get().rstrip("\n")


def show(funnel: Funnel, console: Console) -> None:
    """Print what was asked, what came back, what each stage did, and who contributed what."""
    console.print(_crawl(funnel))
    console.print(_stages(funnel))
    for title, shares in (("engine", funnel.engines), ("label", funnel.labels)):
        console.print(_shares(title, shares))
    console.print(f"\n{funnel.kept:,} images kept")


def _crawl(funnel: Funnel) -> Table:
    table = _table("crawl", "n")
    table.add_row("queries", f"{funnel.queries:,}")
    table.add_row("pages", f"{sum(funnel.pages.values()):,}")
    _add_parts(table, funnel.pages)
    table.add_row("results", f"{funnel.results:,}")
    table.add_row("  repeats", f"{funnel.repeats:,}")
    table.add_row("URLs", f"{funnel.urls:,}")
    _add_parts(table, funnel.outcomes)
    table.add_row("images", f"{funnel.files:,}")
    table.add_row("  same bytes, not counted", f"{funnel.same_bytes:,}")
    return table


def _add_parts(table: Table, parts: dict[str, int]) -> None:
    for name, number in sorted(parts.items(), key=lambda part: -part[1]):
        table.add_row(_plain(f"  {name}"), f"{number:,}")


def _stages(funnel: Funnel) -> Table:
    table = _table("stage", "entered", "kept", "not judged")
    for stage in funnel.stages:
        if stage.skipped:
            table.add_row(_plain(f"{stage.name}: {stage.skipped}"), "", "", "")
            continue
        row = (f"{n:,}" for n in (stage.entered, stage.kept, stage.missing))
        table.add_row(_plain(stage.name), *row)
        _add_parts(table, stage.rejected)
    if not funnel.stages:
        table.add_row("nothing was judged yet")
    return table


def _shares(title: str, shares: Sequence[Share]) -> Table:
    table = _table(title, "results", "URLs", "images", "kept")
    largest = sorted(shares, key=lambda share: -share.results)
    for share in largest[:MOST_SHARES]:
        row = (f"{n:,}" for n in (share.results, share.urls, share.stored, share.kept))
        table.add_row(_plain(share.name or "(no label)"), *row)
    if len(shares) > MOST_SHARES:
        table.add_row(f"{len(shares) - MOST_SHARES:,} more; --json has all")
    return table


def _table(first: str, *numbers: str) -> Table:
    table = Table(box=None, pad_edge=False, title=" ", title_justify="left")
    table.add_column(first, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _plain(text: str) -> Text:
    """Strangers' text in a cell: its brackets are no markup, its colons no emoji."""
    return Text(visible(text))


def failures(judges: Sequence[Generation], only: str | None = None) -> list[str]:
    """The stages that could not run again, one sentence each; `only`: as in `problems`."""
    return [
        f"{judge.stage} could not run: {visible(judge.failed)}; what it judged before counts"
        for judge in judges
        if judge.failed and only in (None, judge.stage)
    ]


def problems(funnel: Funnel, only: str | None = None) -> list[str]:
    """Why the result of a run is not credible, one sentence each.

    Args:
        only: the one stage that was to run; None: all of them.
    """
    ran = [stage for stage in funnel.stages if only in (None, stage.name)]
    found = [
        f"{stage.name} was skipped: {visible(stage.skipped)}" for stage in ran if stage.skipped
    ]
    found += [
        f"{stage.name} did not judge {stage.missing:,} images, whose files are missing, damaged or "
        "cannot be read; see doctor"
        for stage in ran
        if stage.missing
    ]
    kept = [stage.kept for stage in ran if not stage.skipped]
    if not kept or not kept[-1]:
        found.append("no image was kept")
    return found + disagreements(funnel)
