"""A story as lines of text; what steers a terminal in strangers' titles and URLs is out."""

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from postprocess.visible import visible
from postprocess.why.addresses import Address, Finding
from postprocess.why.judged import Judged
from postprocess.why.story import File, Story, Vote

_LONGEST = 8  # values of a list that are shown


def to_text(story: Story) -> str:
    """The story, a fact a line."""
    return "\n".join(visible(line) for line in _lines(story))


def _lines(story: Story) -> Iterator[str]:
    yield f"{story.image or 'no image'}: {story.verdict}"
    if story.file:
        yield f"file: {_file(story.file)}"
    yield ""
    yield "found"
    for address in story.addresses:
        yield from _address(address)
    if story.keeper:
        yield from _copies(story)
    if story.stages:
        yield ""
        yield "judged"
        for stage in story.stages:
            yield from _stage(stage)
    if story.label:
        yield from _label(story)
    if story.image:
        yield ""
        yield f"split: {story.split or 'none drawn yet'}"
        for one in story.exported:
            where = one.place or f"not in it: {one.why}"
            yield f"exported to {one.folder} as {one.format}: {where}"
        if not story.exported:
            yield "exported: nowhere"


def _file(file: File) -> str:
    size = "missing" if file.bytes is None else f"{file.bytes:,} bytes"
    pixels = f", {file.width} x {file.height} pixels" if file.width else ""
    return f"{file.path}, {size}, {file.type}{pixels}"


def _address(address: Address) -> Iterator[str]:
    yield f"  {address.url}"
    yield f"    {_download(address)}"
    for hop in address.hops:
        yield f"    redirected to {hop}"
    for finding in address.found:
        yield from _finding(finding)


def _download(address: Address) -> str:
    ended = address.outcome or "not asked yet"
    detail = f" ({address.detail})" if address.detail else ""
    again = "" if address.final else "; a later run asks again"
    asked = f"; asks {address.asks}, tries {address.tries}{again}"
    when = f"; on {_moment(address.fetched_at)}" if address.fetched_at is not None else ""
    claimed = f"; its server called it {address.claimed_type}" if address.claimed_type else ""
    return f"{ended}{detail}{asked}{when}{claimed}; in the ledger {address.ledger}"


def _moment(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _finding(finding: Finding) -> Iterator[str]:
    narrowed = f", narrowed to {_pairs(finding.filters)}" if finding.filters else ""
    place = f"page {finding.page + 1}, rank {finding.rank + 1}"
    asked = f"{finding.query!r} ({_pairs(finding.attributes)}){narrowed}"
    yield f"    by {finding.engine}, asked for {asked}: {place}"
    for name, text in (
        ("title", finding.title),
        ("on", finding.page_url),
        ("licence", finding.licence),
        ("author", finding.author),
    ):
        if text:
            yield f"      {name}: {text}"


def _copies(story: Story) -> Iterator[str]:
    yield ""
    if story.keeper != story.image:
        yield f"copies: a better one is kept, {story.keeper}, and inherits its votes"
    elif not story.copies:
        yield "copies: none known"
    else:
        yield f"copies: {len(story.copies)}, which vote for it, too"
    for copy in story.copies:
        yield f"  {copy.image}"
        for address in copy.addresses:
            yield from (f"  {line}" for line in _address(address))


def _stage(stage: Judged) -> Iterator[str]:
    reason = f", {stage.reason}" if stage.verdict == "rejected" else ""
    score = "" if stage.score is None else f", score {stage.score:.4g}"
    remark = f": {stage.remark}" if stage.remark else ""
    yield f"  {stage.stage}: {stage.verdict}{reason}{score}{remark}"
    if stage.columns:
        yield f"    saw  {_pairs(stage.columns)}"
    if stage.parameters and stage.verdict in ("kept", "rejected"):
        yield f"    with {_pairs(stage.parameters)}"


def _label(story: Story) -> Iterator[str]:
    yield ""
    yield f"label: {story.label}"
    for vote in story.evidence:
        yield f"  {_vote(vote)}"
    if story.hits:
        shares = story.hits["vector"] or {}
        known = {term: share for term, share in shares.items() if share is not None}
        said = story.hits["label"] or "too close to say"
        odd = f"; its name means more: {story.hits['ambiguous']}" if story.hits["ambiguous"] else ""
        yield f"  hit counts of {_pairs(story.hits['subject'])}: {said} ({_pairs(known)}){odd}"


def _vote(vote: Vote) -> str:
    sure = "" if vote.confidence is None else f", confidence {vote.confidence:.3f}"
    if not vote.settled:
        return f"{vote.attribute}: {vote.value}{sure}"
    how = "not settled" if vote.settled == "ambiguous" else f"settled by {vote.settled}"
    most_first = dict(sorted(vote.votes.items(), key=lambda cast: -cast[1]))
    return f"{vote.attribute}: {vote.value}{sure}; votes {_pairs(most_first)}, {how}"


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str):
        return value
    if isinstance(value, Collection) and len(value) > _LONGEST:
        return f"({len(value)} of them)"
    return json.dumps(value, ensure_ascii=False)
