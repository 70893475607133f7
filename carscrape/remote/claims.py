"""Who writes a shard: the numbered claims that crawls lay to it, and what they saved under them."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import get_type_hints

from carscrape.remote.objects import Objects, RemoteError


@dataclass(frozen=True)
class Claim:
    """A claim as it lies beside the ledger that was saved under it."""

    number: int
    node: str  # the host and folder of who laid it
    until: float  # Unix time; after it, whoever laid it is taken for lost. 0: it was given up
    plan: str = ""  # of the run that was saved last, see plan_of
    reason: str | None = None  # how its run ended; None while it goes on
    exit_code: int | None = None
    asked: int = 0  # queries (or phrases) that are planned
    answered: int = 0  # of these, how many are done
    urls: int = 0  # distinct image URLs known
    ended: int = 0  # of these, how many have their final outcome
    stored: int = 0  # URLs whose image is stored

    @property
    def holds(self) -> bool:
        """Whether somebody is at it."""
        return self.until > time.time()

    def has_done(self, plan: str) -> bool:
        """Whether its run was of this plan, and came to a credible end."""
        return (self.plan, self.reason, self.exit_code) == (plan, "finished", 0)

    def is_beyond(self, earlier: "Claim | None") -> bool:
        """Whether more is answered or stored than under an earlier claim."""
        answered, stored = (earlier.answered, earlier.stored) if earlier else (0, 0)
        return self.answered > answered or self.stored > stored


class Shard:
    """A shard in a remote store."""

    def __init__(self, objects: Objects, name: str) -> None:
        self.objects = objects
        self.name = name
        self.folder = f"ledger/{name}"

    def newest(self) -> Claim | None:
        """The claim that counts; None if none was ever laid.

        Raises:
            RemoteError: it is damaged.
        """
        number = self._highest(".json")
        name = self._object(number, ".json")
        content = self.objects.read(name) if number else None
        try:
            return None if content is None else _claim(content)
        except (ValueError, TypeError) as error:
            raise RemoteError(
                f"the claim {self.objects.url}/{name} is damaged ({error}): delete it when no "
                f"crawl writes {self.name}; what was saved is not lost"
            ) from None

    def newest_ledger(self) -> int:
        """The highest number under which a ledger was saved; 0 for none."""
        return self._highest(".sqlite")

    def lay(self, node: str, seconds: float) -> Claim:
        """Claim the shard for so long.

        Raises:
            RemoteError: another node holds it.
        """
        held = self.newest()
        if held and held.holds and held.node != node:
            raise self._refusal(held)
        number = max(held.number if held else 0, self.newest_ledger()) + 1
        claim = replace(
            held or Claim(number, node, 0),  # what it counts stays true until it is saved again
            number=number,
            node=node,
            until=time.time() + seconds,
            reason=None,
            exit_code=None,
        )
        if not self.objects.create(self._object(number, ".json"), _text(claim)):
            raise self._refusal(self.newest() or claim)
        return claim

    def renew(self, claim: Claim, seconds: float) -> Claim:
        """Hold a claim for so long from now; 0 gives it up.

        Raises:
            RemoteError: a later claim was laid.
        """
        self.check(claim)
        renewed = replace(claim, until=time.time() + seconds if seconds else 0)
        self.objects.write(self._object(claim.number, ".json"), _text(renewed))
        return renewed

    def check(self, claim: Claim) -> None:
        """Look whether a claim is still the newest.

        Raises:
            RemoteError: it is not.
        """
        if self._highest(".json") > claim.number:
            by = (self.newest() or claim).node
            raise RemoteError(f"the shard {self.name} in {self.objects.url} was taken over by {by}")

    def ledger_object(self, number: int) -> str:
        """The name of the ledger saved under a claim."""
        return self._object(number, ".sqlite")

    def forget_before(self, claim: Claim) -> None:
        """Remove what was saved under earlier claims."""
        for name in self.objects.names(self.folder):
            if _number(name) < claim.number:
                self.objects.delete(f"{self.folder}/{name}")

    def _highest(self, suffix: str) -> int:
        names = self.objects.names(self.folder)
        return max((_number(name) for name in names if name.endswith(suffix)), default=0)

    def _object(self, number: int, suffix: str) -> str:
        return f"{self.folder}/{number:06}{suffix}"

    def _refusal(self, held: Claim) -> RemoteError:
        return RemoteError(
            f"the shard {self.name} in {self.objects.url} is being written by {held.node}: "
            f"wait until it ends, or if it is lost, {max(held.until - time.time(), 0):.0f} seconds"
        )


def plan_of(spider: str, arguments: Mapping[str, str]) -> str:
    """What a run asks of all shards together: the same for each of them, another for others.

    Scrapyd adds arguments of its own, all with a leading underscore.
    """
    asked = {
        name: value
        for name, value in arguments.items()
        if name != "shard" and not name.startswith("_")
    }
    text = json.dumps(asked, sort_keys=True)
    return f"{spider}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def check_cut(objects: Objects, name: str) -> None:
    """Refuse to cut a store's queries in two ways: each ledger would ask what others asked.

    Raises:
        RemoteError: the store has shards that are cut otherwise.
    """
    for other in objects.names("ledger"):
        if other.partition("-of-")[2] != name.partition("-of-")[2]:
            raise RemoteError(f"{objects.url} holds the shard {other}, cut otherwise than {name}")


def _number(name: str) -> int:
    digits = name.partition(".")[0]
    return int(digits) if digits.isdecimal() else 0


_TYPES = {**get_type_hints(Claim), "until": int | float}


def _claim(content: bytes) -> Claim:
    """Read a claim; another version may have written more into it, or less."""
    told = json.loads(content)
    if not isinstance(told, dict):
        raise ValueError("no JSON object")
    known = {name: told[name] for name in _TYPES if name in told}
    for name, value in known.items():
        if not isinstance(value, _TYPES[name]):
            raise ValueError(f"{name} is {value!r}")
    return Claim(**known)


def _text(claim: Claim) -> bytes:
    return json.dumps(asdict(claim)).encode()
