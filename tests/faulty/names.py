"""`names=FILE`: a scripted DNS, and a NAT below the crawl; what they are asked is written down.

FILE is JSON: {"names": {HOST: [[ADDRESS, ...], ...]}, "nat": {"ADDRESS:PORT": "ADDRESS:PORT"}}.
The n-th question for a host gets its n-th list, the last one for ever; numbers and localhost are
read as always, and no other name exists. The lines of FILE.log, in order: `ask HOST`, `to
ADDRESS:PORT` where the crawl means to connect, `connect ADDRESS:PORT` where it does, after the NAT.
"""

import json
import socket
import sys
from asyncio.selector_events import BaseSelectorEventLoop
from pathlib import Path
from typing import Any


def install(argument: str) -> None:
    script: dict[str, dict[str, Any]] = json.loads(Path(argument).read_text())
    log = Path(f"{argument}.log").open("a", buffering=1)  # noqa: SIM115 - until the process ends
    _script_names(script.get("names", {}), log)
    _reroute(script.get("nat", {}), log)

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect" and isinstance(arguments[1], tuple):
            log.write("connect {}:{}\n".format(*arguments[1]))

    sys.addaudithook(watch)


def _script_names(names: dict[str, list[list[str]]], log: Any) -> None:
    real = socket.getaddrinfo
    questions: dict[str, int] = {}

    def getaddrinfo(
        host: Any,
        port: Any,
        family: int = 0,
        type: int = 0,  # noqa: A002 - its callers name it
        proto: int = 0,
        flags: int = 0,
    ) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name.rstrip(".") == "localhost":
            return real(host, port, family, type, proto, flags)
        if name not in names:
            return real(host, port, family, type, proto, flags | socket.AI_NUMERICHOST)
        if flags & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "not a number")
        log.write(f"ask {name}\n")
        nth = questions.get(name, 0)
        questions[name] = nth + 1
        addresses = names[name][min(nth, len(names[name]) - 1)]
        families = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(families[":" in one], type, 6, "", (one, port)) for one in addresses]

    socket.getaddrinfo = getaddrinfo


def _reroute(nat: dict[str, str], log: Any) -> None:
    real = BaseSelectorEventLoop.sock_connect

    async def connect(self: Any, sock: socket.socket, address: tuple[Any, ...]) -> None:
        host, port = address[:2]
        log.write(f"to {host}:{port}\n")
        there, _, number = nat.get(f"{host}:{port}", f"{host}:{port}").rpartition(":")
        await real(self, sock, (there, int(number), *address[2:]))

    BaseSelectorEventLoop.sock_connect = connect
