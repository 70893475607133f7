"""How an image host answers: once for every name of `faults.FAULTS`."""

import asyncio
import io
import zlib
from collections.abc import Awaitable, Callable

from aiohttp import web
from PIL import Image

from carscrape.demo import bombs, broken
from carscrape.demo.ask import Ask, whole
from carscrape.demo.faults import asks_to_heal
from carscrape.demo.templates import fill
from carscrape.demo.web import MOVED, url_under
from carscrape.demo.world import File


async def answer(ask: Ask, fault: str) -> web.StreamResponse:
    """The answer with this fault; faults that lie in the URL alone answer as if there were none."""
    return await _ANSWERS.get(fault, fine)(ask)


async def fine(ask: Ask) -> web.StreamResponse:
    """The image, whole and at once."""
    return whole(await ask.file())


def _status(status: int) -> Callable[[Ask], Awaitable[web.StreamResponse]]:
    async def respond(ask: Ask) -> web.StreamResponse:
        return web.Response(status=status, text=f"{status}\n")

    return respond


async def _throttled(ask: Ask) -> web.StreamResponse:
    if ask.times > asks_to_heal(ask.world.seed, ask.key):
        return await fine(ask)
    return web.Response(status=429, headers={"Retry-After": "1"})


async def _server_error(ask: Ask) -> web.StreamResponse:
    if ask.times > asks_to_heal(ask.world.seed, ask.key):
        return await fine(ask)
    return web.Response(status=500, text="Internal Server Error\n")


async def _html_as_jpeg(ask: Ask) -> web.StreamResponse:
    return web.Response(body=fill("page", key=ask.key).encode(), content_type="image/jpeg")


async def _cut(ask: Ask) -> web.StreamResponse:
    file = await ask.file()
    return whole(File(file.content[: len(file.content) // 2], file.type))


async def _hole(ask: Ask) -> web.StreamResponse:
    file = await ask.file()
    length = len(file.content)
    torn = file.content[: length * 2 // 5] + file.content[length * 3 // 5 :]
    return whole(File(torn, file.type))


def _page_art(size: tuple[int, int]) -> Callable[[Ask], Awaitable[web.StreamResponse]]:
    async def respond(ask: Ask) -> web.StreamResponse:
        buffer = io.BytesIO()
        color = f"hsl({zlib.crc32(ask.key.encode()) % 360}, 60%, 50%)"
        Image.new("RGB", size, color).save(buffer, "JPEG", comment=ask.key.encode())
        return whole(File(buffer.getvalue(), "image/jpeg"))

    return respond


async def _redirect(ask: Ask) -> web.StreamResponse:
    if _has_moved(ask):
        return await fine(ask)
    return _to(url_under(MOVED, ask.key, ask.port))


async def _redirect_loop(ask: Ask) -> web.StreamResponse:
    here, there = f"/{ask.key}", f"/{MOVED}{ask.key}"
    return _to(here if _has_moved(ask) else there)


async def _redirect_private(ask: Ask) -> web.StreamResponse:
    return _to(f"http://10.0.0.1/{ask.key}")


def _has_moved(ask: Ask) -> bool:
    return ask.request.raw_path.startswith(f"/{MOVED}")


def _to(url: str) -> web.Response:
    return web.Response(status=302, headers={"Location": url})


async def _wrong_type(ask: Ask) -> web.StreamResponse:
    file = await ask.file(as_png=True)
    return whole(file, "image/png" if file.type == "image/jpeg" else "image/jpeg")


async def _empty(ask: Ask) -> web.StreamResponse:
    return web.Response(content_type="image/jpeg")


async def _svg(ask: Ask) -> web.StreamResponse:
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg"><title>{ask.key}</title></svg>'
    return whole(File(drawing.encode(), "image/svg+xml"))


async def _tiff(ask: Ask) -> web.StreamResponse:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "gray").save(buffer, "TIFF", description=ask.key)
    return whole(File(buffer.getvalue(), "image/tiff"))


async def _pixel_bomb(ask: Ask) -> web.StreamResponse:
    bomb = await asyncio.get_running_loop().run_in_executor(ask.threads, bombs.pixel_bomb)
    return whole(File(bomb, "image/png"))


async def _gzip_bomb(ask: Ask) -> web.StreamResponse:
    bomb = await asyncio.get_running_loop().run_in_executor(ask.threads, bombs.gzip_bomb)
    response = whole(File(bomb, "image/jpeg"))
    response.headers["Content-Encoding"] = "gzip"
    return response


async def _noai(ask: Ask) -> web.StreamResponse:
    response = whole(await ask.file())
    response.headers["X-Robots-Tag"] = "noai, noimageai"
    return response


async def _web_page(ask: Ask) -> web.StreamResponse:
    return web.Response(text=fill("page", key=ask.key), content_type="text/html")


_ANSWERS: dict[str, Callable[[Ask], Awaitable[web.StreamResponse]]] = {
    "not_found": _status(404),
    "forbidden": _status(403),
    "gone": _status(410),
    "throttled": _throttled,
    "server_error": _server_error,
    "html_as_jpeg": _html_as_jpeg,
    "reset": broken.reset,
    "cut": _cut,
    "short": broken.short,
    "hole": _hole,
    "icon": _page_art((24, 24)),
    "banner": _page_art((720, 60)),
    "drip": broken.drip,
    "redirect": _redirect,
    "redirect_loop": _redirect_loop,
    "redirect_private": _redirect_private,
    "wrong_type": _wrong_type,
    "empty": _empty,
    "svg": _svg,
    "tiff": _tiff,
    "pixel_bomb": _pixel_bomb,
    "gzip_bomb": _gzip_bomb,
    "noai": _noai,
    "web_page": _web_page,
}
