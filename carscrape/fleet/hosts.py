"""A Scrapyd host: whether it is of use, and which shards it has."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import requests
from scrapyd_client.pyclient import ScrapydClient

PROJECT = "carscrape"
_DEADLINE = 10.0  # seconds for an answer
_SILENCE = "no answer"


class HostError(Exception):
    """A host that answers, but not as it must; the text is for people."""


class _Client(ScrapydClient):  # type: ignore[misc]
    """Scrapyd's client, which by itself waits for ever for a machine that is gone."""

    def _get(self, basename: str, params: Any = None) -> Any:
        return self._ask("GET", basename, params=params)

    def _post(self, basename: str, data: Any) -> Any:
        return self._ask("POST", basename, data=data)

    def _ask(self, method: str, basename: str, **options: Any) -> dict[str, Any]:
        url = f"{self.url}/{basename}.json"
        answer = requests.request(method, url, auth=self.auth, timeout=_DEADLINE, **options)
        if answer.status_code in (401, 403):
            raise HostError(
                "it refuses us: give SCRAPYD_USERNAME and SCRAPYD_PASSWORD, or ~/.netrc"
            )
        told = _json(answer)
        if not isinstance(told, dict) or "status" not in told:
            raise HostError(f"it is no Scrapyd: it answers with status code {answer.status_code}")
        if told["status"] != "ok":
            raise HostError(
                f"{_last_line(told.get('message', ''))}: deploy the project there first"
            )
        return told


class Job(NamedTuple):
    """A job that crawls a shard."""

    state: str  # pending or running
    plan: str  # what it was asked, see claims.plan_of


@dataclass(eq=False)
class Host:
    """One Scrapyd, as it was when it last answered."""

    client: ScrapydClient
    dead_after: float  # seconds without an answer that is of use
    jobs: dict[str, Job] = field(default_factory=dict)  # by shard
    answers: bool = False  # whether its last answer was of use
    _untold: str = ""  # why it did not tell its jobs
    _refusal: str = ""  # why it did not take the last job; stays until it takes one
    _failed_first: float = 0.0  # since it was of use last
    _failed_last: float = 0.0

    @classmethod
    def at(cls, url: str, user: str | None, password: str | None, dead_after: float) -> "Host":
        """The host at a URL, which has no password in it."""
        return cls(_Client(url.rstrip("/"), user, password), dead_after)

    @property
    def url(self) -> str:
        """Where it is asked."""
        return str(self.client.url)

    @property
    def problem(self) -> str:
        """Why it is of no use; "" where it is."""
        return self._untold or self._refusal

    @property
    def is_wrong(self) -> bool:
        """Whether somebody must mend it, as far as one can see from here."""
        return self.problem not in ("", _SILENCE)

    @property
    def useless(self) -> float:
        """Seconds for which whatever it was asked failed."""
        return self._failed_last - self._failed_first if self.problem else 0.0

    @property
    def is_dead(self) -> bool:
        """Whether it has been of no use for so long that its shards go elsewhere."""
        return bool(self.problem) and self.useless >= self.dead_after

    @property
    def is_free(self) -> bool:
        """Whether it answers, and has no job waiting."""
        return self.answers and all(job.state != "pending" for job in self.jobs.values())

    def look(self, store: str) -> None:
        """See which shards of a store it has; a host that does not tell keeps what it had."""

        def look() -> None:
            self.jobs = _jobs(self.client.jobs(PROJECT), store)

        self._untold = self._ask(look)

    def schedule(
        self, spider: str, shard: str, store: str, plan: str, options: list[tuple[str, str]]
    ) -> bool:
        """Have it crawl a shard; whether it took it."""
        name = f"{shard}.{store}.{plan}.{uuid.uuid4().hex[:8]}"

        def schedule() -> None:
            self.client.schedule(PROJECT, spider, [*options, ("jobid", name)])
            self.jobs[shard] = Job("pending", plan)

        self._refusal = self._ask(schedule)
        return self.answers

    def _ask(self, ask: Callable[[], None]) -> str:
        problem = _problem(ask)
        self.answers = not problem
        if problem:
            self._failed_last = time.monotonic()
            if not self.problem:
                self._failed_first = self._failed_last
        return problem


def _problem(ask: Callable[[], None]) -> str:
    """What is wrong with a host's answer; "" where nothing is."""
    try:
        ask()
    except requests.exceptions.SSLError as error:  # which requests takes for no connection
        return _last_line(error)
    except (requests.ConnectionError, requests.Timeout):
        return _SILENCE
    except (requests.RequestException, HostError, ValueError) as error:
        return _last_line(error)
    except (TypeError, LookupError, AttributeError):
        return "it is no Scrapyd: its answer cannot be read"
    return ""


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _last_line(text: object) -> str:
    return (str(text).splitlines() or [""])[-1]


def _jobs(told: Any, store: str) -> dict[str, Job]:
    found = {}
    for state in ("pending", "running"):
        for job in told[state]:
            shard, of, plan = [*job["id"].split("."), "", ""][:3]
            if of == store:
                found[shard] = Job(state, plan)
    return found
