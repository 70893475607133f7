"""What an answer of each kind may cost, and what it may inflate to."""

from scrapy import Request
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from carscrape.guard import Refused
from carscrape.items import Outcome
from carscrape.outcomes import outcome_of_error
from carscrape.pages import MAX_BYTES, OVERSIZED


class Budgets:
    """Downloader middleware: gives each request the limits of its kind."""

    def process_request(self, request: Request) -> None:
        """Set the size limit of a result page, and the slot of any other request."""
        if _is_page(request):
            request.meta["download_maxsize"] = MAX_BYTES
        else:
            # A redirect inherits the slot of the host it came from, past its own host's limits.
            request.meta.pop("download_slot", None)

    def process_exception(self, request: Request, exception: Exception) -> Response | None:
        """Answer for a result page that was cut off, which is no failure of the network."""
        if _is_page(request) and outcome_of_error(exception) == Outcome.TOO_LARGE:
            return _oversized(request)
        return None


class Decompression(HttpCompressionMiddleware):
    """Scrapy's decompression, with an outcome for a bomb and without encodings in encodings."""

    def process_response(  # type: ignore[override]
        self, request: Request, response: Response
    ) -> Request | Response:
        """Undo the Content-Encoding of a body.

        Raises:
            Refused: it inflates too far, or there is more than one encoding to undo.
        """
        if "robots" in request.meta and response.status != 200:
            return response  # nobody reads the body, so a bomb in it must not forbid a host
        encodings = b",".join(response.headers.getlist(b"Content-Encoding")).split(b",")
        if len(encodings) > 1:
            # Each layer would cost a whole limit of memory, and a header may name thousands.
            excess = f"{len(encodings)} encodings in each other"
        else:
            try:
                return super().process_response(request, response)
            except IgnoreRequest as error:
                excess = str(error)
        # Here and not above, where the new exception would hold the old one, whose traceback
        # holds all that was inflated.
        if _is_page(request):
            return _oversized(request)
        raise Refused(Outcome.TOO_LARGE, excess)


def _is_page(request: Request) -> bool:
    """Whether an engine is asked, and not an image host or a robots.txt."""
    slot = str(request.meta.get("download_slot", ""))
    return slot.startswith("engine:") and not {"item", "robots"} & set(request.meta)


def _oversized(request: Request) -> Response:
    return Response(request.url, flags=[OVERSIZED])
