"""Verdicts of the label stage on images that were found so, without a store."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
from stores import RED

from postprocess.stages.label import Label
from postprocess.tables import INPUT_SCHEMA

GREEN = {**RED, "color": "green"}
CAMRY = {"color": "red", "make": "toyota", "model": "camry"}
MAKE_MODEL = {"make": "ford", "model": "mustang"}
SEEN = [("seen", pa.string()), ("possible", pa.list_(pa.string()))]

Result = dict[str, str]


def result(attributes: dict[str, str], number: int = 0, title: str = "a picture") -> Result:
    """A result; another number is another host's."""
    text = json.dumps(attributes)
    query = {"engine": "bing", "query": text, "attributes": text}
    return {**query, "host": f"{number}.example", "title": title}


def results(*attributes: dict[str, str]) -> list[Result]:
    return [result(each, number) for number, each in enumerate(attributes)]


def labelled(*images: list[Result], colour: str = "", **seen: Any) -> list[dict[str, Any]]:
    """The verdicts on images that were found so; `seen`: columns of the colour stage."""
    table = pa.table(
        {
            "id": pa.array([number.to_bytes(32) for number in range(len(images))], pa.binary(32)),
            "copies": np.ones(len(images), np.int32),
            "rank": np.zeros(len(images), np.int32),
            "found": list(images),
        },
        schema=INPUT_SCHEMA,
    )
    for name, column in seen.items():
        table = table.append_column(name, pa.array(column, dict(SEEN)[name]))
    return Label(colour=colour).judge(table).to_pylist()


def settled(verdict: dict[str, Any]) -> dict[str, str]:
    conflicts = json.loads(verdict["conflicts"] or "{}")
    return {name: conflict["settled"] for name, conflict in conflicts.items()}


def colour_of(verdict: dict[str, Any]) -> str:
    return str(json.loads(verdict["attributes"])["color"])
