"""Strangers' text made fit to be shown."""

import unicodedata

_UNSEEN = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}  # control characters and what no font draws
_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}  # text direction


def visible(text: str) -> str:
    """The text with a sign in place of every character that is not seen or steers a terminal."""
    return "".join("\ufffd" if _unseen(character) else character for character in text)


def _unseen(character: str) -> bool:
    return (
        unicodedata.category(character) in _UNSEEN
        or unicodedata.bidirectional(character) in _TURNING
    )
