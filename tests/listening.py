"""What a process waits on for others, as the operating system lists it."""

import os
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

_LISTEN, _UNCONNECTED = "0A", "07"  # states of TCP and UDP
_ACCEPTS = 0x10000  # flag of a Unix socket


def listening(pid: int) -> set[str]:
    """TCP ports that listen, UDP ports that are bound, Unix sockets that accept; {} once ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        net = Path(f"/proc/{pid}/net")
        sockets = {os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir() if _is_open(fd)}
        found = {**dict(_internet(net)), **dict(_unix(net))}
        return {what for inode, what in found.items() if f"socket:[{inode}]" in sockets}
    return set()


def children(pid: int) -> list[int]:
    """The processes it has started and that still run."""
    with suppress(FileNotFoundError, ProcessLookupError):
        tasks = Path(f"/proc/{pid}/task").glob("*/children")
        return [int(child) for task in tasks for child in task.read_text().split()]
    return []


def _is_open(fd: Path) -> bool:
    return fd.is_symlink()  # it may have been closed since the folder was listed


def _internet(net: Path) -> Iterator[tuple[str, str]]:
    for name in ("tcp", "tcp6", "udp", "udp6"):
        for fields in _lines(net / name):
            if fields[3] == (_LISTEN if name.startswith("tcp") else _UNCONNECTED):
                yield fields[9], f"{name[:3]} {_address(fields[1])}"


def _unix(net: Path) -> Iterator[tuple[str, str]]:
    for fields in _lines(net / "unix"):
        if int(fields[3], 16) & _ACCEPTS:
            yield fields[6], f"unix {' '.join(fields[7:])}"


def _lines(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text().splitlines()[1:]] if path.exists() else []


def _address(text: str) -> str:
    """`0100007F:1F90` as 127.0.0.1:8080: words of 4 bytes, each turned round."""
    address, _, port = text.partition(":")
    words = [bytes.fromhex(address[at : at + 8])[::-1] for at in range(0, len(address), 8)]
    packed = b"".join(words)
    host = IPv4Address(packed) if len(packed) == 4 else IPv6Address(packed)
    return f"{host}:{int(port, 16)}"
