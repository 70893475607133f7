"""What a fleet sees of a Scrapyd, from a test that says how its jobs go and what it answers."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from carscrape.fleet.hosts import Host
from carscrape.fleet.plan import Plan
from carscrape.remote.claims import Claim, Shard
from carscrape.remote.objects import Objects

NO_PROJECT = (200, '{"status": "error", "message": "project not found"}')


@dataclass
class StandIn:
    """A host whose jobs wait until the test lets them go on."""

    url: str = ""
    jobs: dict[str, str] = field(default_factory=dict)  # id -> state
    taken: list[dict[str, str]] = field(default_factory=list)
    wrong: dict[str, tuple[int, str]] = field(default_factory=dict)  # verb -> what it answers

    def shards(self) -> list[str]:
        return [job.partition(".")[0] for job in self.jobs]

    def answer(self, verb: str, posted: str) -> tuple[int, str]:
        if verb in self.wrong:
            return self.wrong[verb]
        if verb == "schedule":
            given = {name: values[0] for name, values in parse_qs(posted).items()}
            self.taken.append(given)
            self.jobs[given["jobid"]] = "pending"
            return 200, json.dumps({"status": "ok", "jobid": given["jobid"]})
        states: dict[str, list[dict[str, str]]] = {"pending": [], "running": []}
        for job, state in self.jobs.items():
            states[state].append({"id": job})
        return 200, json.dumps({"status": "ok", **states})


@contextmanager
def stand_ins(count: int) -> Iterator[list[StandIn]]:
    """So many hosts, which answer as long as the block lasts."""
    made = [_served() for _ in range(count)]
    try:
        yield [host for host, _ in made]
    finally:
        for _, server in made:
            server.shutdown()
            server.server_close()


def _served() -> tuple[StandIn, ThreadingHTTPServer]:
    host = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            verb = self.path.partition("?")[0].strip("/").removesuffix(".json")
            status, text = host.answer(verb, self.rfile.read(length).decode())
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    host.url = f"http://127.0.0.1:{server.server_port}"
    return host, server


class Fleet:
    """A plan over stand-ins, whose looks the test asks for."""

    def __init__(
        self,
        remote: Path,
        hosts: list[StandIn],
        shards: int,
        spider: str = "image_search",
        dead_after: float = 120,
        **arguments: str,
    ) -> None:
        self.said: list[str] = []
        self.objects = Objects(remote.as_uri())
        known = [Host.at(host.url, None, None, dead_after) for host in hosts]
        self.plan = Plan(self.objects, known, shards, spider, arguments, {}, self.said.append)
        self.plan.check_hosts()
        self.plan.look()

    def ended(self, host: StandIn, shard: str, **how: Any) -> None:
        """A job of a host is over; with `how`, after it wrote that into its claim."""
        (job,) = [job for job in host.jobs if job.startswith(f"{shard}.")]
        del host.jobs[job]
        if how:
            wrote(Shard(self.objects, shard), plan=self.plan.id, **how)


def wrote(shard: Shard, **how: Any) -> Claim:
    """A crawl laid its claim, saved, and gave the shard up."""
    return shard.renew(replace(shard.lay("a node", 60), **how), 0)
