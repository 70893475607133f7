"""`no_network`: whoever resolves a name or sends over the network ends the process with 99."""

import os
import sys
import traceback
from typing import Any

EXIT_CODE = 99
_EVENTS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")


def install(argument: str) -> None:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _EVENTS and not (event == "socket.connect" and isinstance(arguments[1], str)):
            traceback.print_stack(file=sys.stderr)
            sys.stderr.flush()
            os._exit(EXIT_CODE)

    sys.addaudithook(hook)
