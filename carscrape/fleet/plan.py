"""Which shard goes where: decided anew at every look, from what hosts and ledgers say."""

import hashlib
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from carscrape.fleet.hosts import Host
from carscrape.remote.claims import Claim, Shard, check_cut
from carscrape.remote.objects import Objects

_TRIES = 3  # of a shard whose crawl ends early although its host lives


@dataclass(eq=False)
class Part:
    """A shard of the plan, and what became of it."""

    number: int
    shard: Shard
    claim: Claim | None = None
    host: Host | None = None  # that has it, or had it last
    failures: int = 0
    is_over: bool = False
    is_credible: bool = False

    @property
    def name(self) -> str:
        """As its ledger's."""
        return self.shard.name


class Plan:
    """The shards of one remote store, and the hosts that crawl them."""

    def __init__(
        self,
        objects: Objects,
        hosts: Sequence[Host],
        shards: int,
        spider: str,
        options: list[tuple[str, str]],
        say: Callable[[str], None],
    ) -> None:
        """Take up the plan.

        Raises:
            RemoteError: the store cannot be reached, or its shards are cut otherwise.
        """
        names = [f"{number}-of-{shards}" for number in range(1, shards + 1)]
        check_cut(objects, names[0])
        self.hosts = hosts
        self.parts = [Part(n, Shard(objects, name)) for n, name in enumerate(names, 1)]
        # Part of every job's name: by it a later run knows its jobs from those of other plans.
        self.id = hashlib.sha256(f"{objects.url} {spider}".encode()).hexdigest()[:12]
        self._shards = shards
        self._spider = spider
        self._options = options
        self._say = say
        self._told_dead: set[Host] = set()

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to wait for."""
        return all(part.is_over for part in self.parts)

    @property
    def exit_code(self) -> int:
        """0 if every shard came to a credible end."""
        return 0 if all(part.is_over and part.is_credible for part in self.parts) else 1

    def look(self) -> None:
        """Ask every host and ledger once, and give out what nobody is at.

        Raises:
            HostError: a host refuses us.
            RemoteError: the remote store cannot be reached.
        """
        open_parts = [part for part in self.parts if not part.is_over]
        with ThreadPoolExecutor(16) as threads:
            list(threads.map(lambda host: host.look(self.id), self.hosts))
            # After the hosts: a job that is gone from its host has written its end by now.
            claims = list(threads.map(lambda part: part.shard.newest(), open_parts))
        for host in self.hosts:
            self._mind(host)
        for part, claim in zip(open_parts, claims, strict=True):
            part.claim = claim
            if not self._is_at_work(part):
                self._take_back(part)
            if not (part.is_over or part.host):
                self._give(part)

    def _mind(self, host: Host) -> None:
        if not host.is_dead:
            self._told_dead.discard(host)
        elif host not in self._told_dead:
            self._told_dead.add(host)
            lost = ", ".join(host.jobs) or "none"
            self._say(f"{host.url} has not answered for {host.silent:.0f} s; its shards: {lost}")
            host.jobs = {}

    def _is_at_work(self, part: Part) -> bool:
        """Whether some host has it, or a crawl that its host forgot is still at it."""
        having = next((host for host in self.hosts if part.name in host.jobs), None)
        if having:
            part.host = having
            return True
        return part.claim is not None and part.claim.holds

    def _take_back(self, part: Part) -> None:
        """See how a shard that nobody is at ended; one that did not is to be given out."""
        host, part.host = part.host, None
        if part.claim and part.claim.is_done:
            part.is_over = part.is_credible = True
            self._say(f"{part.name} is done: {part.claim.stored:,} images stored")
        elif host and not host.is_dead:
            part.failures += 1
            reason = part.claim.reason if part.claim else "it did not begin"
            part.is_over = reason == "finished" or part.failures >= _TRIES
            code = part.claim.exit_code if part.claim else None
            self._say(
                f"{part.name} did not end well on {host.url}: {reason or 'killed'}, exit code "
                f"{'none' if code is None else code}; its log there says why"
            )

    def _give(self, part: Part) -> None:
        """Schedule a shard on the idlest host that answers and has none waiting."""
        if part.claim and part.claim.holds:
            return
        free = [
            host
            for host in self.hosts
            if host.silent_since is None and "pending" not in host.jobs.values()
        ]
        if not free:
            return
        host = min(free, key=lambda host: len(host.jobs))
        job = f"{part.name}.{self.id}.{uuid.uuid4().hex[:8]}"
        options = [*self._options, ("shard", f"{part.number}/{self._shards}")]
        if host.schedule(self._spider, part.name, job, options):
            part.host = host
            self._say(f"{part.name} goes to {host.url}")
