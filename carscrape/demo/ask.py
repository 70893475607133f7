"""A request for an image, with all that an answer may depend on."""

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass

from aiohttp import web

from carscrape.demo.world import File, World


@dataclass(frozen=True, slots=True)
class Ask:
    """One request for one image."""

    request: web.Request
    world: World
    key: str
    times: int  # how often this URL was asked by now, this time included
    port: int
    threads: Executor  # where pictures are drawn, so that other answers need not wait

    async def file(self, as_png: bool = False) -> File:
        """The image itself."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.threads, self.world.file, self.key, as_png)


def whole(file: File, claimed: str = "") -> web.Response:
    """An answer with the whole file, its type as the file says or as claimed."""
    return web.Response(body=file.content, content_type=claimed or file.type)
