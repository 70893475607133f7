"""`network=FILE`: while FILE exists no connection is made and none that is open delivers."""

import errno
from pathlib import Path
from typing import Any

from aiohttp import TCPConnector
from aiohttp.client_proto import ResponseHandler


def install(argument: str) -> None:
    gone = Path(argument)
    connect, read = TCPConnector._wrap_create_connection, ResponseHandler.data_received

    async def no_route(self: TCPConnector, *arguments: Any, **more: Any) -> Any:
        if gone.exists():
            more["addr_infos"] = []
            raise more["client_error"](
                more["req"].connection_key, OSError(errno.ENETUNREACH, "Network is unreachable")
            )
        return await connect(self, *arguments, **more)

    def silence(self: ResponseHandler, data: bytes) -> None:
        if gone.exists():
            assert self.transport
            self.transport.abort()
            self.connection_lost(OSError(errno.ENETUNREACH, "Network is unreachable"))
        else:
            read(self, data)

    TCPConnector._wrap_create_connection = no_route
    ResponseHandler.data_received = silence
