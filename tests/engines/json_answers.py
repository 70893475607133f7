"""Answers made up in a test, read by an engine that reads JSON."""

import json
from urllib.parse import parse_qs, urlsplit

from scrapy import Request
from scrapy.http import TextResponse

from carscrape.engines.base import HitPage, ResultPage, load_engine

KEY = "a1b2c3-not-to-be-shown"


def images(name: str, answer: object) -> ResultPage:
    engine = load_engine(name)
    return engine.parse_images(TextResponse(engine.home, body=json.dumps(answer).encode()))


def hits(name: str, answer: object) -> HitPage:
    engine = load_engine(name)
    return engine.parse_hits(TextResponse(engine.home, body=json.dumps(answer).encode()))


def asked_of(request: Request) -> dict[str, list[str]]:
    """The parameters of a request, in its URL and its form."""
    return parse_qs(urlsplit(request.url).query) | parse_qs(request.body.decode())
