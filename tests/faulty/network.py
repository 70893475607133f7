"""`network=FILE`: while FILE exists no connection is made and none that is open delivers."""

import errno
from pathlib import Path
from typing import Any

from twisted.internet import defer
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import NoRouteError
from twisted.internet.tcp import Connection


def install(argument: str) -> None:
    gone = Path(argument)
    connect, read = HostnameEndpoint.connect, Connection.doRead

    def no_route(self: HostnameEndpoint, factory: Any) -> Any:
        if gone.exists():
            return defer.fail(NoRouteError(errno.ENETUNREACH, "Network is unreachable"))
        return connect(self, factory)

    def silence(self: Connection) -> Any:
        if gone.exists():
            return NoRouteError(errno.ENETUNREACH, "Network is unreachable")
        return read(self)

    HostnameEndpoint.connect = no_route  # type: ignore[method-assign]
    Connection.doRead = silence  # type: ignore[method-assign]
