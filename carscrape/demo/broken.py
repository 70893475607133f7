"""Answers that break off or never end, below what HTTP allows to say."""

import asyncio
import socket
import struct

from aiohttp import web

from carscrape.demo.ask import Ask
from carscrape.demo.world import File

DRIP_EVERY = 0.5  # seconds between two bytes


async def reset(ask: Ask) -> web.StreamResponse:
    """End the connection without an answer."""
    transport = ask.request.transport
    assert transport is not None
    # To linger for no time makes closing a socket send a reset.
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
    return web.Response()


async def short(ask: Ask) -> web.StreamResponse:
    """Send half of what Content-Length promised."""
    file = await ask.file()
    response = await _started(ask, file)
    await response.write(file.content[: len(file.content) // 2])
    assert ask.request.transport is not None
    ask.request.transport.close()
    return response


async def drip(ask: Ask) -> web.StreamResponse:
    """Send the file so slowly that nobody waits for its end."""
    file = await ask.file()
    response = await _started(ask, file)
    for byte in file.content:
        await asyncio.sleep(DRIP_EVERY)
        try:
            await response.write(bytes([byte]))
        except ConnectionError:
            break
    return response


async def _started(ask: Ask, file: File) -> web.StreamResponse:
    """A response whose headers are out and promise the whole file."""
    response = web.StreamResponse(headers={"Content-Type": file.type})
    response.content_length = len(file.content)
    response.force_close()
    await response.prepare(ask.request)
    return response
