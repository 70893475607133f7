"""`contexts=FILE`: after each page in the browser, a line with the number of those still open."""

from pathlib import Path
from typing import Any

from carscrape.browser.browser import Browser


def install(argument: str) -> None:
    log = Path(argument).open("a", buffering=1)  # noqa: SIM115 - until the process ends
    read = Browser.read

    async def counting(self: Browser, request: Any) -> Any:
        try:
            return await read(self, request)
        finally:
            driver = await self._driver()
            log.write(f"{len(driver.browser.contexts)}\n")

    Browser.read = counting  # type: ignore[method-assign]
