"""A picture of the hit counts: every subject a row, every term a column, its soft label the colour.

Rows stand under the label they got, the surest first, in as many columns as give a page. Those
without a label come last, in grey, under the term they would have got.
"""

import io
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from postprocess.hits.formula import TOO_FEW, WITHIN_NOISE
from postprocess.hits.table import HitTable, SubjectHits

DPI = 120
COLORS = 128  # enough for the two scales and the edges of letters, and half of the bytes
MOST_ROWS = 2000  # subjects; of more, evenly spaced ones are drawn
UNDECIDED = {WITHIN_NOISE: "within noise", TOO_FEW: "too few counts"}
_SURE, _UNSURE = colormaps["Blues"], colormaps["Greys"]
_UNKNOWN = "white"
_ROW, _CELL, _NAME, _GAP = 0.16, 0.30, 1.75, 0.35  # inches
_LONGEST = 26  # characters of a name
_NOTES = (
    "% of the soft label · grey: no label",
    "a dash: no count · *: the name means more than the subject",
)


@dataclass(frozen=True)
class _Line:
    """A line of the picture: a heading (no row) or a subject."""

    text: str
    row: SubjectHits | None = None


def draw(table: HitTable) -> bytes:
    """The picture as PNG; its text is drawn as it stands, whatever it holds."""
    lines = list(_lines(table))
    height = max(12, math.ceil(math.sqrt(len(lines) * 14)))  # lines; about as wide as high
    columns = [lines[start : start + height] for start in range(0, len(lines), height)]
    figure = _figure(len(columns), len(table.terms), height)
    for index, column in enumerate(columns):
        axes = _axes(figure, index, len(table.terms), height)
        _draw_column(axes, column, table.terms)
    _draw_legend(figure, table)
    return _png(figure)


def _lines(table: HitTable) -> Iterator[_Line]:
    step = math.ceil(len(table.rows) / MOST_ROWS)
    groups = [(term, "") for term in table.terms]
    groups += [(term, reason) for reason in UNDECIDED for term in (*table.terms, "")]
    for best, reason in groups:
        rows = [row for row in table.rows if (row.best, row.reason) == (best, reason)]
        rows.sort(key=lambda row: -(row.margin or 0.0))
        if rows:
            yield _Line(f"{_heading(best, reason)} · {len(rows):,}")
            yield from (_Line(_name(row), row) for row in rows[::step])


def _heading(best: str, reason: str) -> str:
    if not reason:
        return best
    return f"{best}? {UNDECIDED[reason]}" if best else UNDECIDED[reason]


def _name(row: SubjectHits) -> str:
    text = " ".join(" ".join(row.subject.values()).split())
    mark = " *" if row.ambiguous else ""
    return f"{text if len(text) <= _LONGEST else f'{text[: _LONGEST - 1]}…'}{mark}"


def _column_width(terms: int) -> float:
    return _NAME + terms * _CELL + _GAP


def _figure(columns: int, terms: int, height: int) -> Figure:
    width = max(columns * _column_width(terms) + 2 * _GAP, 6.4)
    figure = Figure(figsize=(width, height * _ROW + 1.7), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _axes(figure: Figure, index: int, terms: int, height: int) -> Axes:
    width, total = figure.get_size_inches()
    left = _GAP + index * _column_width(terms) + _NAME
    axes = figure.add_axes(
        (left / width, 0.2 / total, terms * _CELL / width, height * _ROW / total)
    )
    axes.set(xlim=(0, terms), ylim=(height, 0))
    axes.set_axis_off()
    return axes


def _draw_column(axes: Axes, lines: list[_Line], terms: tuple[str, ...]) -> None:
    for x, term in enumerate(terms):
        _text(axes, x + 0.5, -0.3, term, rotation=90, va="bottom", ha="center", size=7)
    for y, line in enumerate(lines):
        if line.row is None:
            _text(axes, -0.3, y + 0.5, line.text, ha="right", va="center", size=7.5, weight="bold")
        else:
            _text(axes, -0.3, y + 0.5, line.text, ha="right", va="center", size=6.5)
            _draw_cells(axes, y, line.row, terms)


def _draw_cells(axes: Axes, y: int, row: SubjectHits, terms: tuple[str, ...]) -> None:
    values, colors = row.vector or row.shares, _UNSURE if row.reason else _SURE
    for x, term in enumerate(terms):
        share = values.get(term)
        color = _UNKNOWN if share is None else colors(share)
        axes.add_patch(Rectangle((x, y), 1, 1, facecolor=color, edgecolor="#d9dde3", linewidth=0.4))
        if share is None:
            _text(axes, x + 0.5, y + 0.5, "–", ha="center", va="center", size=6, color="#555555")
        elif term == row.label:
            ink = "white" if share > 0.55 else "black"
            percent = f"{100 * share:.0f}"
            _text(axes, x + 0.5, y + 0.5, percent, ha="center", va="center", size=6, color=ink)


def _draw_legend(figure: Figure, table: HitTable) -> None:
    width, total = figure.get_size_inches()
    labelled = sum(bool(row.label) for row in table.rows)
    title = f"Web hits: {len(table.rows):,} subjects, {labelled:,} with a label"
    figure.text(_GAP / width, 1 - 0.3 / total, title, size=10, weight="bold", va="center")
    figure.text(_GAP / width, 1 - 0.52 / total, table.summary, size=7, va="center")
    for line, colors in enumerate((_SURE, _UNSURE)):
        bottom = 1 - (0.78 + 0.1 * line) / total
        bar = figure.add_axes((_GAP / width, bottom, 1.6 / width, 0.09 / total))
        scale = ScalarMappable(Normalize(0, 100), colors)
        figure.colorbar(scale, cax=bar, orientation="horizontal", ticks=np.arange(0, 101, 25))
        bar.tick_params(labelsize=6, length=2 * line, pad=1, labelbottom=bool(line))
    for line, note in enumerate(_NOTES):
        place = (_GAP + 1.75) / width, 1 - (0.73 + 0.13 * line) / total
        figure.text(*place, note, size=7, va="center")


def _text(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    axes.text(x, y, text, parse_math=False, **style)


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph", UserWarning)  # a script the font lacks: a box
        figure.savefig(file, format="png")
    small = io.BytesIO()
    Image.open(file).convert("RGB").quantize(COLORS).save(small, format="png")
    return small.getvalue()
