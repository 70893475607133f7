"""The source that is what img2dataset brought back: its rows become rows of the ledger."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import Row

from carscrape.items import ImageResult, Outcome
from carscrape.ledger import Ledger
from carscrape.ledger.findings import Finding
from carscrape.store import Store
from postprocess.adopt.ends import end
from postprocess.adopt.folder import query_of
from postprocess.adopt.ledgers import Ledgers
from postprocess.adopt.listing import label_of
from postprocess.adopt.shards import Shards
from postprocess.adopt.shards.base import Sample, Shard
from postprocess.adopt.shards.rows import ForeignError, ShardError
from postprocess.adopt.tally import Tally
from postprocess.findings import load
from postprocess.progress import bar

ENGINE = "img2dataset"  # of URLs of which nobody says who found them
_BATCH = 64  # URLs whose findings and ends are written together

# What the crawl decided or was told about a URL holds, whoever got its picture by another way.
_HOLDS = frozenset(
    {
        Outcome.STORED,
        Outcome.SCHEME,
        Outcome.ADDRESS,
        Outcome.PORT,
        Outcome.ROBOTS,
        Outcome.OPTED_OUT,
        Outcome.TAKEN_DOWN,
    }
)
_ALWAYS = frozenset({Outcome.STORED, Outcome.TAKEN_DOWN})  # written whatever was known before


@dataclass
class Brought:
    """What came of all shards, and what people must know of them, a line each."""

    tally: Tally = field(default_factory=Tally)
    wrong: list[str] = field(default_factory=list)


def adopt_shards(shards: Shards, folder: Path, store: Store, ledgers: Ledgers) -> Brought:
    """Write all that the shards of a folder say and hold; done again, it adds what is missing."""
    brought = Brought(wrong=list(shards.strange))
    with bar(ENGINE, sum(shard.stats.sent for shard in shards if shard.stats)) as advance:
        for shard in shards:
            _Adoption(shard, _label(folder, shard), store, ledgers, brought.tally).carry_out(
                advance
            )
            brought.wrong += shard.remarks
    return brought


def _label(folder: Path, shard: Shard) -> str:
    path = shard.stem.path()
    return label_of(path.parent if path == folder else folder, path)


class _Adoption:
    """One shard on its way into the ledgers."""

    def __init__(
        self, shard: Shard, label: str, store: Store, ledgers: Ledgers, tally: Tally
    ) -> None:
        self._shard = shard
        self._query = query_of(label)
        self._store = store
        self._ledgers = ledgers
        self._tally = tally
        self._is_foreign = False
        self._ended_at = min(shard.ended_at, time.time())

    def carry_out(self, advance: Callable[[int], None]) -> None:
        with self._shard:
            rows = 0
            for batch in self._batches():
                rows += len(batch)
                self._write(batch)
                advance(len(batch))
        sent = max(self._shard.stats.sent if self._shard.stats else 0, rows)
        self._tally.shards += 1
        self._tally.sent += sent
        self._tally.lost += sent - rows
        if self._shard.stats is None:
            self._remark_incomplete(rows)

    def _remark_incomplete(self, rows: int) -> None:
        """Say in one line that img2dataset was stopped; what follows from that is no news."""
        stem = self._shard.stem
        if not self._is_foreign:
            self._shard.remarks = [
                f"{stem.path()} is incomplete: img2dataset was stopped in it, for there is no "
                f"whole {stem.name}_stats.json; took {rows:,} rows that can be read; run it again, "
                "it goes on there, and adopt again"
            ]

    def _batches(self) -> Iterator[list[Sample]]:
        """A few samples at a time, in none a URL twice: its first end must be known by then."""
        batch: dict[str, Sample] = {}
        try:
            for sample in self._shard.samples():
                if len(batch) == _BATCH or sample.url in batch:
                    yield list(batch.values())
                    batch = {}
                batch[sample.url] = sample
        except ShardError as error:
            self._shard.remarks.append(str(error))
            self._is_foreign = isinstance(error, ForeignError)
        if batch:
            yield list(batch.values())

    def _write(self, batch: Sequence[Sample]) -> None:
        """Write what was found, then the pictures, then how each ended."""
        found: defaultdict[Ledger, list[tuple[Sample, list[Finding]]]] = defaultdict(list)
        for sample in batch:
            findings = self._findings(sample)
            if findings:
                ledger = self._ledgers.of(findings[0].image_url, findings[0].query)
                found[ledger].append((sample, findings))
            else:
                self._tally.without_url += 1
        for ledger, pairs in found.items():
            rows = ledger.findings.add([findings for _, findings in pairs])
            ends = [
                self._end(sample, row, ledger) for (sample, _), row in zip(pairs, rows, strict=True)
            ]
            ledger.images.finish([(item, 0.0) for item in ends if item])

    def _findings(self, sample: Sample) -> list[Finding]:
        """Who found it, as `export` sent it along; else img2dataset itself. [] without a URL."""
        if not sample.url:
            return []
        sent_along = sample.text("findings")
        if sent_along:
            try:
                return load(sent_along, sample.url)
            except ValueError:
                self._tally.strange_findings += 1
        finding = Finding(
            image_url=sample.url,
            engine=ENGINE,
            query=self._query.id,
            text=self._query.text,
            attributes=self._query.attributes,
            page=int(self._shard.stem.name),
            rank=sample.number,
            title=sample.text("caption"),
        )
        return [finding]

    def _end(self, sample: Sample, known: Row, ledger: Ledger) -> ImageResult | None:
        """How its image ends now; None if the end that the ledger has stays."""
        item = ImageResult(known["id"], known["url"], known["host"], known["tries"])
        if known["outcome"] not in _HOLDS:
            self._tally.reencoded += end(sample, item, self._store, ledger.takedowns)
        if item.outcome is None or (item.outcome not in _ALWAYS and self._is_old(known)):
            self._tally.before[known["outcome"]] += 1
            return None
        if item.outcome not in _ALWAYS:
            item.fetched_at = self._ended_at
        self._tally.ended[item.outcome] += 1
        return item

    def _is_old(self, known: Row) -> bool:
        """Whether the ledger knows a failure of this shard already, or has something later."""
        if known["outcome"] is None:
            return False
        return bool(known["final"]) or (known["fetched_at"] or 0.0) >= self._ended_at
