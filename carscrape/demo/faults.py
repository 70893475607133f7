"""How much is wrong with the demo web, as shares of all URLs, in one place.

`FAULTS` says how a URL answers, `CONTENTS` what its picture shows (drawn pictures only: a photo
shows what it shows). The two are drawn apart from each other. What no share names is `fine`, or a
`car` of the colour and body that was asked for.
"""

from carscrape.demo.chance import by_share, unit

MODES = ("none", "realistic", "hostile")

FAULTS: dict[str, dict[str, float]] = {
    "none": {},
    "realistic": {
        "not_found": 0.05,  # 404
        "forbidden": 0.03,  # 403
        "gone": 0.005,  # 410
        "throttled": 0.01,  # 429 with Retry-After, heals
        "server_error": 0.01,  # 500, heals
        "html_as_jpeg": 0.02,  # a web page, status 200, image/jpeg
        "reset": 0.004,  # the connection ends without an answer
        "cut": 0.004,  # half the file, and Content-Length says so
        "short": 0.004,  # half the file, and Content-Length says more
        "hole": 0.008,  # a fifth of the file is missing in its middle, its end is there
        "icon": 0.01,  # a button of the page, 24 pixels wide
        "banner": 0.006,  # twelve times as wide as high
        "redirect": 0.03,  # to the image on another host
        "redirect_loop": 0.003,
        "wrong_type": 0.02,  # a PNG named .jpg and called image/jpeg
        "empty": 0.004,
        "svg": 0.006,
        "tiff": 0.002,
        "pixel_bomb": 0.001,  # a small PNG that declares 169 megapixels
        "gzip_bomb": 0.001,  # 256 MiB in 255 kB
        "drip": 0.002,  # a byte now and then, for hours
        "noai": 0.01,  # X-Robots-Tag
        "robots": 0.01,  # robots.txt disallows it
        "private_address": 0.002,  # http://10.0.0.1/
        "metadata_address": 0.001,  # http://169.254.169.254/
        "local_file": 0.001,
        "ftp": 0.001,
        "other_port": 0.001,  # port 22
        "dead_host": 0.01,
        "web_page": 0.01,  # the result is no image but the page around it
    },
    "hostile": {
        "not_found": 0.06,
        "forbidden": 0.03,
        "gone": 0.02,
        "throttled": 0.03,
        "server_error": 0.03,
        "html_as_jpeg": 0.03,
        "reset": 0.02,
        "cut": 0.02,
        "short": 0.02,
        "hole": 0.02,
        "icon": 0.02,
        "banner": 0.02,
        "redirect": 0.03,
        "redirect_loop": 0.01,
        "redirect_private": 0.01,  # to http://10.0.0.1/
        "wrong_type": 0.03,
        "empty": 0.02,
        "svg": 0.01,
        "tiff": 0.01,
        "pixel_bomb": 0.01,
        "gzip_bomb": 0.005,
        "drip": 0.01,
        "noai": 0.02,
        "robots": 0.02,
        "private_address": 0.01,
        "metadata_address": 0.01,
        "local_file": 0.01,
        "ftp": 0.01,
        "other_port": 0.01,
        "dead_host": 0.02,
        "web_page": 0.01,
    },
}

CONTENTS: dict[str, dict[str, float]] = {
    "none": {},
    "realistic": {
        "wrong_color": 0.06,
        "off_topic": 0.08,
        "placeholder": 0.03,  # "image not available", the same few files under many URLs
        "duplicate": 0.03,  # the bytes of another result of the query
        "near_duplicate": 0.03,  # the same resized and compressed again
        "two_labels": 0.01,  # the bytes of a result of another query
        "shared_url": 0.02,  # the very URL of a result of another query
    },
    "hostile": {
        "wrong_color": 0.1,
        "off_topic": 0.15,
        "placeholder": 0.05,
        "duplicate": 0.05,
        "near_duplicate": 0.05,
        "two_labels": 0.04,
        "shared_url": 0.04,
    },
}

PAGE_FAULTS: dict[str, dict[str, float]] = {  # shares of queries, not of URLs
    "none": {},
    "realistic": {},
    "hostile": {
        "captcha_once": 0.03,
        "throttled_once": 0.03,
        "layout": 0.02,
    },
}

MOODS = {  # what may be wrong with any answer of an engine; see moods.py
    "captcha": "blockme",
    "consent": "consentme",  # a wall of cookies
    "traffic": "trafficme",  # "unusual traffic"
    "empty": "emptyme",  # status 200, and nothing
    "accepted": "acceptme",  # 202
    "forbidden": "forbidme",  # 403
    "throttled": "throttleme",  # 429 with Retry-After
    "error": "failme",  # 500
    "layout": "layoutme",  # nothing that a reader of results knows
    "nothing": "nothingme",  # no results, and the page says so
    "rewritten": "rewriteme",  # the answer to the query without this word, or without its last
    "repeats": "repeatme",  # the first page for ever
    "capped": "capme",  # results end long before the number that is claimed
}
"""What can be wrong with a result page, and the word in a query that asks for it in every mode."""

PAGE_WORDS = {
    **{word: fault for fault, word in MOODS.items()},
    "blockonce": "captcha_once",  # on the first ask of the first page
    "throttleonce": "throttled_once",
    "slowscroll": "slow_scroll",  # a page that is slow to grow
}

OBTAINABLE = frozenset({"fine", "throttled", "server_error", "redirect", "wrong_type"})
"""Faults that a patient, well-mannered crawler gets past; with any other the image is lost."""


def fault_of(seed: int, mode: str, key: str) -> str:
    """How the URL of this thing answers: a name of `FAULTS`, or "fine"."""
    return by_share(FAULTS[mode], "fine", seed, "fault", key)


def asks_to_heal(seed: int, key: str) -> int:
    """How many asks a healing fault needs before it gives way: 1 or 2."""
    return 1 + (unit(seed, "heal", key) < 0.5)


def content_of(seed: int, mode: str, query: str, rank: int) -> str:
    """What the result at this rank shows: a name of `CONTENTS`, or "car"."""
    return by_share(CONTENTS[mode], "car", seed, "content", query, rank)


def page_fault_of(seed: int, mode: str, query: str) -> str:
    """How a query's result pages go wrong: a name of `PAGE_FAULTS` or `PAGE_WORDS`, or "fine"."""
    for word in query.split():
        if word in PAGE_WORDS:
            return PAGE_WORDS[word]
    return by_share(PAGE_FAULTS[mode], "fine", seed, "page fault", query)
