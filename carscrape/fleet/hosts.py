"""A Scrapyd host: whether it answers, and which shards it has."""

import time
from dataclasses import dataclass, field
from typing import Any

import requests
from scrapyd_client.exceptions import ErrorResponse
from scrapyd_client.pyclient import ScrapydClient

PROJECT = "carscrape"
_DEADLINE = 10.0  # seconds for an answer


class HostError(Exception):
    """A host that answers, but not as it must; the text is for people."""


class _Client(ScrapydClient):  # type: ignore[misc]
    """Scrapyd's client, which by itself waits for ever for a machine that is gone."""

    def _get(self, basename: str, params: Any = None) -> Any:
        return self._ask("GET", basename, params=params)

    def _post(self, basename: str, data: Any) -> Any:
        return self._ask("POST", basename, data=data)

    def _ask(self, method: str, basename: str, **options: Any) -> Any:
        url = f"{self.url}/{basename}.json"
        answer = requests.request(method, url, auth=self.auth, timeout=_DEADLINE, **options)
        if answer.status_code in (401, 403):
            raise HostError(
                f"{self.url} refuses us: give SCRAPYD_USERNAME and SCRAPYD_PASSWORD, or ~/.netrc"
            )
        answer.raise_for_status()
        told = answer.json()
        if told.get("status") != "ok":
            raise ErrorResponse(told.get("message", told))
        return told


@dataclass(eq=False)
class Host:
    """One Scrapyd, as it was when it last answered."""

    client: ScrapydClient
    dead_after: float  # seconds without an answer
    jobs: dict[str, str] = field(default_factory=dict)  # shard -> pending or running
    silent_since: float | None = None

    @classmethod
    def at(cls, url: str, user: str | None, password: str | None, dead_after: float) -> "Host":
        """The host at a URL, which has no password in it."""
        return cls(_Client(url.rstrip("/"), user, password), dead_after)

    @property
    def url(self) -> str:
        """Where it is asked."""
        return str(self.client.url)

    @property
    def silent(self) -> float:
        """Seconds for which it has not answered."""
        return 0.0 if self.silent_since is None else time.monotonic() - self.silent_since

    @property
    def is_dead(self) -> bool:
        """Whether it has not answered for so long that its shards go elsewhere."""
        return self.silent_since is not None and self.silent >= self.dead_after

    def look(self, plan: str) -> None:
        """See which shards of a plan it has; a host that does not answer keeps what it had.

        Raises:
            HostError: it refuses us, or has no such project.
        """
        try:
            told = self.client.jobs(PROJECT)
        except requests.RequestException:
            self._missed()
            return
        except ErrorResponse as error:
            raise HostError(f"{self.url}: {error}: deploy the project there first") from None
        self.silent_since = None
        self.jobs = {
            shard: state
            for state in ("pending", "running")
            for job in told[state]
            for shard, of in [_shard_of(job["id"])]
            if of == plan
        }

    def schedule(self, spider: str, shard: str, job: str, options: list[tuple[str, str]]) -> bool:
        """Have it crawl a shard; whether it took it.

        Raises:
            HostError: it refuses us.
        """
        try:
            self.client.schedule(PROJECT, spider, [*options, ("jobid", job)])
        except requests.RequestException:
            self._missed()
            return False
        except ErrorResponse as error:
            raise HostError(f"{self.url}: {error}") from None
        self.jobs[shard] = "pending"
        return True

    def _missed(self) -> None:
        if self.silent_since is None:
            self.silent_since = time.monotonic()


def _shard_of(job: str) -> tuple[str, str]:
    shard, _, rest = job.partition(".")
    return shard, rest.partition(".")[0]
