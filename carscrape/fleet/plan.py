"""Which shard goes where: decided anew at every look, from what hosts and ledgers say."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from carscrape.fleet.hosts import Host, HostError
from carscrape.remote.claims import Claim, Shard, check_cut, plan_of
from carscrape.remote.objects import Objects

_TRIES = 3  # of a shard whose crawl ends early although its host lives
_THREADS = 16


@dataclass(eq=False)
class Part:
    """A shard of the plan, and what became of it."""

    number: int
    shard: Shard
    claim: Claim | None = None
    host: Host | None = None  # that has our job of it, or had it last
    failures: Counter[Host] = field(default_factory=Counter)  # since it went on last
    failed_at: Claim | None = None  # as it was at the last failure
    is_over: bool = False
    is_credible: bool = False

    @property
    def name(self) -> str:
        """As its ledger's."""
        return self.shard.name

    def fail(self, host: Host) -> None:
        """Remember that a host did not bring it to its end."""
        if self.claim and self.claim.is_beyond(self.failed_at):
            self.failures.clear()
        self.failures[host] += 1
        self.failed_at = self.claim


class Plan:
    """The shards of one remote store, and the hosts that crawl them."""

    def __init__(
        self,
        objects: Objects,
        hosts: Sequence[Host],
        shards: int,
        spider: str,
        arguments: Mapping[str, str],
        settings: Mapping[str, str],
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
        self.id = plan_of(spider, arguments)
        # Part of every job's name: by it a later run knows its jobs from those of other stores.
        self._store = hashlib.sha256(objects.url.encode()).hexdigest()[:12]
        self._spider = spider
        self._options = [
            *arguments.items(),
            *(("setting", f"{name}={value}") for name, value in settings.items()),
        ]
        self._say = say
        self._told: dict[Host, str] = {}

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to wait for."""
        return all(part.is_over for part in self.parts)

    @property
    def exit_code(self) -> int:
        """0 if every shard came to a credible end."""
        return 0 if all(part.is_over and part.is_credible for part in self.parts) else 1

    def check_hosts(self) -> None:
        """Ask every host once.

        Raises:
            HostError: one answers wrongly; one that is silent may yet come.
        """
        self._ask_hosts()
        for host in self.hosts:
            if host.is_wrong:
                raise HostError(f"{host.url}: {host.problem}")

    def look(self) -> None:
        """Ask every host and ledger once, and give out what nobody is at.

        Raises:
            RemoteError: the remote store cannot be reached.
        """
        self._ask_hosts()
        parts = [part for part in self.parts if not part.is_over]
        # After the hosts: a job that is gone from its host has written its end by now.
        with ThreadPoolExecutor(_THREADS) as threads:
            claims = list(threads.map(lambda part: part.shard.newest(), parts))
        for host in self.hosts:
            self._mind(host)
        for part, claim in zip(parts, claims, strict=True):
            part.claim = claim
            if not self._is_at_work(part):
                self._take_back(part)
        for part in parts:
            if not (part.is_over or self._is_at_work(part)):
                self._give(part)

    def _ask_hosts(self) -> None:
        with ThreadPoolExecutor(_THREADS) as threads:
            list(threads.map(lambda host: host.look(self._store), self.hosts))

    def _mind(self, host: Host) -> None:
        if host.problem != self._told.get(host, ""):
            self._told[host] = host.problem
            self._say(f"{host.url}: {host.problem or 'of use again'}")
        if host.is_dead and host.jobs and not host.answers:
            lost = ", ".join(host.jobs)
            self._say(f"{host.url} has been of no use for {host.useless:.0f} s; its shards: {lost}")
            host.jobs = {}

    def _is_at_work(self, part: Part) -> bool:
        """Whether some host has it, or a crawl that its host forgot is still at it."""
        having = next((host for host in self.hosts if part.name in host.jobs), None)
        if having:
            # Another plan's job is waited for, and its end is not ours to judge.
            part.host = having if having.jobs[part.name].plan == self.id else None
            return True
        return part.claim is not None and part.claim.holds

    def _take_back(self, part: Part) -> None:
        """See how a shard that nobody is at ended; one that did not is to be given out."""
        host, part.host = part.host, None
        if part.claim and part.claim.has_done(self.id):
            part.is_over = part.is_credible = True
            self._say(f"{part.name} is done: {part.claim.stored:,} images stored")
        elif host and host.answers:
            part.fail(host)
            ended = part.claim if part.claim and part.claim.plan == self.id else None
            reason = (ended.reason or "killed") if ended else "it saved nothing of this plan"
            code = ended.exit_code if ended else None
            part.is_over = reason == "finished" or part.failures.total() >= _TRIES
            self._say(
                f"{part.name} did not end well on {host.url}: {reason}, exit code "
                f"{'none' if code is None else code}; its log there says why"
            )

    def _give(self, part: Part) -> None:
        """Schedule a shard on the idlest host without one waiting, of those it failed least on."""
        useful = [part.failures[host] for host in self.hosts if not host.problem]
        most = min(useful, default=_TRIES)
        free = [host for host in self.hosts if host.is_free and part.failures[host] <= most]
        if not free:
            return
        # One that refused a job is asked again only where no other is free.
        host = min(free, key=lambda host: (bool(host.problem), len(host.jobs)))
        options = [*self._options, ("shard", f"{part.number}/{len(self.parts)}")]
        if host.schedule(self._spider, part.name, self._store, self.id, options):
            part.host = host
            self._say(f"{part.name} goes to {host.url}")
