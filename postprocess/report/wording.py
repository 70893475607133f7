"""What every outcome, verdict and reason means, in words for someone who did not write this."""

from typing import NamedTuple

from carscrape.items import Outcome, PageVerdict


class Words(NamedTuple):
    """A short name, and one sentence that explains it."""

    title: str
    why: str


OUTCOMES: dict[str, Words] = {
    Outcome.STORED: Words("stored", "The bytes were downloaded and kept as served."),
    Outcome.GONE: Words("gone", "The host says the picture is not there: 404 or 410."),
    Outcome.REFUSED: Words("refused", "The host will not give it to us: 401, 403 or the like."),
    Outcome.THROTTLED: Words(
        "throttled", "The host asked us to slow down (429); asked again later."
    ),
    Outcome.SERVER_ERROR: Words(
        "server error", "The host failed to answer properly: 500 and above."
    ),
    Outcome.TIMEOUT: Words("time-out", "The host took too long to answer."),
    Outcome.DNS: Words("no such host", "The host's name leads to no address."),
    Outcome.CONNECTION: Words("connection failed", "The host refused or dropped the connection."),
    Outcome.TLS: Words("bad certificate", "The host could not prove who it is."),
    Outcome.REDIRECTS: Words("redirects", "The address leads on and on, or nowhere."),
    Outcome.SCHEME: Words("no web address", "Neither http nor https, so it was not opened."),
    Outcome.ADDRESS: Words("private address", "Leads into a private network, where we never go."),
    Outcome.PORT: Words("unusual port", "Leads to a port that web servers do not use."),
    Outcome.ROBOTS: Words("robots.txt", "The host's robots.txt asks programs to stay away."),
    Outcome.OPTED_OUT: Words(
        "opted out", "The answer says it is not for collections: noai, noindex."
    ),
    Outcome.TOO_LARGE: Words("too many bytes", "Larger than the download limit."),
    Outcome.TOO_MANY_PIXELS: Words("too many pixels", "Would need too much memory to open."),
    Outcome.EMPTY: Words("empty", "The answer had no content."),
    Outcome.NOT_AN_IMAGE: Words(
        "not an image", "The content is something else, such as a web page."
    ),
    Outcome.TYPE_NOT_ALLOWED: Words(
        "other file type", "A kind of picture that this store does not take."
    ),
    Outcome.TRUNCATED: Words("cut off", "The answer ended before all of it was there."),
    Outcome.HOST_DOWN: Words("host down", "The host failed 5 times in a row: it was left alone."),
    Outcome.TAKEN_DOWN: Words("taken down", "Removed because somebody asked for it, for good."),
}

WAITING = Words("not asked yet", "Still waiting; run the crawl again to go on.")
REPEATS = Words("found again", "Another result had this address already, so it is asked once.")
SAME_BYTES = Words("same bytes", "Another address served exactly these bytes.")
MISSING = Words("not judged yet", "The stage has no verdict on it; run the stages again.")

PAGES: dict[str, Words] = {
    PageVerdict.RESULTS: Words("with results", ""),
    PageVerdict.NO_RESULTS: Words("without results", "The engine knows nothing for this query."),
    PageVerdict.BLOCKED: Words("blocked", "A captcha, a consent page, or “unusual traffic”."),
    PageVerdict.LAYOUT_UNKNOWN: Words("of unknown layout", "They could not be read."),
    PageVerdict.EXHAUSTED: Words("exhausted", "The engine has nothing further for this query."),
    PageVerdict.TOO_LARGE: Words("too large", "Larger than a result page ever is."),
    PageVerdict.REWRITTEN: Words(
        "rewritten", "The engine answered another query than the one asked."
    ),
    PageVerdict.FAILED: Words("failed", "No answer, after several tries."),
    "not asked": Words("not asked yet", "Run the crawl again to go on."),
}

STAGES: dict[str, Words] = {
    "verify": Words("Verified", "whole pictures, large enough to learn from"),
    "taken_down": Words("Not taken down", "no copy of what somebody asked to remove"),
    "dedupe": Words("Unique", "the best of each group of copies"),
    "subject": Words("Shows the subject", "the model sees what was asked for"),
    "colour": Words("Colour seen", "what colour the thing in the middle has"),
    "label": Words("Labelled", "the queries that found it agree, or evidence settles it"),
    "trained": Words("Looked at again", "a judge that was trained on such pictures"),
    "agreement": Words("Confirmed", "that judge does not see another thing than the label says"),
}

REASONS: dict[str, Words] = {
    "undecodable": Words("damaged", "The file is cut off or broken inside."),
    "type_not_allowed": Words("other file type", "A kind of picture that is not used."),
    "too_small": Words("too small", "Too few pixels to learn from: an icon or a preview."),
    "too_many_pixels": Words("too many pixels", "Would need too much memory to open."),
    "odd_shape": Words("odd shape", "A strip or banner, far longer than wide."),
    "trailing": Words("something hung on", "More bytes follow its end than were allowed."),
    "single_colour": Words("single colour", "Nothing but one colour."),
    "placeholder": Words("placeholder", "Grey and empty, like a notice that there is no picture."),
    "drawing": Words("drawing or logo", "Too much of it is drawn, not photographed."),
    "decoder_failed": Words("unreadable", "Opening it crashed, hung or took too much memory."),
    "taken_down": Words("taken down", "It looks like what somebody asked to remove."),
    "near_duplicate": Words("near-duplicate", "A better copy of the same picture is kept."),
    "no_subject": Words("no subject", "The model sees something else than what was asked for."),
    "low_probability": Words("not sure enough", "The model sees the subject, but hardly."),
    "conflict": Words("conflict", "Its queries contradict each other, and nothing settles it."),
    "wrong_colour": Words("wrong colour", "It plainly has another colour than was asked for."),
    "contradicted": Words("contradicted", "The trained judge sees another thing than its label."),
    "unlabelled": Words("no label", "No query that found it says what it shows."),
}


def outcome(name: str) -> Words:
    """Words for how a download ended, or for "waiting"."""
    return WAITING if name == "waiting" else OUTCOMES.get(name, _plain(name))


def page(name: str) -> Words:
    """Words for the verdict on a result page."""
    return PAGES.get(name, _plain(name))


def stage(name: str) -> Words:
    """Words for what a stage keeps."""
    return STAGES.get(name, _plain(name))


def reason(name: str) -> Words:
    """Words for why a stage rejects an image."""
    return REASONS.get(name, _plain(name))


def _plain(name: str) -> Words:
    return Words(name.replace("_", " "), "")
