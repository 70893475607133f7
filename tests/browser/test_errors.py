"""What Playwright raises, as the outcome it becomes."""

import pytest

from carscrape.browser.errors import scrapys
from carscrape.items import Outcome
from carscrape.outcomes import NETWORK_ERRORS, outcome_of_error


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("Page.goto: net::ERR_NAME_NOT_RESOLVED at https://a.example/", Outcome.DNS),
        ("Page.goto: net::ERR_CONNECTION_REFUSED at https://a.example/", Outcome.CONNECTION),
        ("Page.goto: net::ERR_TIMED_OUT at https://a.example/", Outcome.TIMEOUT),
        ("Page.goto: net::ERR_SSL_PROTOCOL_ERROR at https://a.example/", Outcome.TLS),
        ("Page.goto: Page crashed", Outcome.CONNECTION),
        ("Target page, context or browser has been closed", Outcome.CONNECTION),
    ],
)
def test_an_error_of_the_browser_has_an_outcome(text: str, outcome: Outcome) -> None:
    error = scrapys(Exception(f"{text}\nCall log:\n  - navigating"))
    assert isinstance(error, NETWORK_ERRORS)
    assert outcome_of_error(error) == outcome
    assert str(error) == text
