"""Reads how many results a search engine claims to have, in any language and number format."""

import re
import unicodedata
from collections.abc import Iterator
from html import unescape

_SAME = str.maketrans(
    {
        **dict.fromkeys("’‘ʻʼ＇`´′·˙", "'"),
        **dict.fromkeys("٬،，、", ","),
        **dict.fromkeys("٫．", "."),
        **dict.fromkeys("–—−‐‑‒~〜～", "-"),
    }
)
_NUMBER = r"\d+(?:[,.' ]\d+)*"
_RANGE = re.compile(rf"{_NUMBER} ?- ?{_NUMBER}")
_PAGE = re.compile(
    r"(?:\b(?:pages?|pág(?:ina)?|pagina|seite|sida|side|strona|stránka|страница|сторінка|sayfa|"
    r"halaman|trang|σελίδα|صفحة)\.? ?|第 ?)\d+",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\([^()]*\)")  # "(0.45 seconds)"

_MULTIPLIERS = {
    10**3: "thousand tausend tsd mille mil mila duizend tusen tys tysięcy tisíc ezer tuhatta ribu "
    "nghìn тыс тысяч тысячи тысяча тис тисяч bin χιλιάδες ألف آلاف هزار אלף हज़ार พัน 千 천",
    10**4: "万 萬 만",
    10**5: "lakh lakhs лакх लाख แสน",
    10**6: "million millions mio millionen millones millón milhões milhão milioni milione milj "
    "miljoen miljoner miljoonaa mln milion miliony milionů milionów millió млн миллион миллиона "
    "миллионов мільйон мільйона мільйонів milyon juta triệu εκατ εκατομμύρια مليون ملايين میلیون "
    "מיליון ล้าน 百万 百萬 백만",
    10**7: "crore crores करोड़ 千万 千萬 천만",
    10**8: "億 亿 억",
    10**9: "billion billions bn milliarde milliarden mrd milliard milliards miliardi mld miljard "
    "bilhão bilhões млрд миллиард миллиарда миллиардов мільярд мільярдів milyar miliar tỷ مليار "
    "میلیارد",
}
_WORDS = {word: factor for factor, words in _MULTIPLIERS.items() for word in words.split()}
_WORDS["mil millones"] = 10**9
_LETTERS = {"k": 10**3, "m": 10**6, "b": 10**9}  # only right behind the digits: ">1M"
_LONGEST_FIRST = "|".join(sorted(_WORDS, key=len, reverse=True))
_CLAIM = re.compile(
    rf"(?P<number>{_NUMBER})"
    rf"(?:(?P<letter>[kmb])(?!\w)| ?(?P<word>{_LONGEST_FIRST})(?:(?!\w)|(?<=[千천万萬만億亿억])))?",
    re.IGNORECASE,
)
_MOST = 2**63 - 1  # what a database can hold
_LONGEST = 200  # characters; the patterns take quadratic time, and counts are short


def read_count(text: str) -> int | None:
    """The number of results a text claims, None where it claims none.

    A text may also give the range or the page that is shown ("7-16 of 3 600 000", "Page 2 of
    about 3,600"). The total is never smaller than those, in whatever order a language puts them,
    so the largest number counts.
    """
    plain = _ASIDE.sub(" ", _plain(unescape(text[:_LONGEST])))
    for shown in (_RANGE, _PAGE):
        plain = shown.sub(" # ", plain)
    return max((claim for claim in _claims(plain) if claim <= _MOST), default=None)


def _plain(text: str) -> str:
    """One kind of digit, blank, apostrophe, comma and dash; no marks of direction."""
    kept = (char for char in text if unicodedata.category(char) != "Cf")
    return "".join(map(_plain_char, kept)).translate(_SAME)


def _plain_char(char: str) -> str:
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    return " " if char.isspace() else char


def _claims(text: str) -> Iterator[int]:
    for match in _CLAIM.finditer(text):
        letter, word = match["letter"], match["word"]
        factor = _LETTERS[letter.lower()] if letter else _WORDS[word.lower()] if word else 1
        claim = _value(match["number"], factor)
        if claim is not None:
            yield claim


def _value(number: str, factor: int) -> int | None:
    """The value of digits with separators; None for a fraction of nothing, as in "0.45"."""
    whole = _grouped(number)
    if factor > 1 and re.fullmatch(r"\d{1,9}[,.]\d{1,9}", number):
        before, after = re.split("[,.]", number)
        # "1.234 million" is a thousand times more in German than in English.
        return None if whole is not None else int(before + after) * factor // 10 ** len(after)
    return None if whole is None else whole * factor


def _grouped(number: str) -> int | None:
    """Digits in groups of three, or the Indian way: three, then twos."""
    digits = re.sub(r"\D", "", number)
    three = re.fullmatch(r"\d+|\d{1,3}(?:([,.' ])\d{3})(?:\1\d{3})*", number)
    indian = re.fullmatch(r"\d{1,2}(?:,\d{2})+,\d{3}", number)
    return int(digits) if (three or indian) and len(digits) <= len(str(_MOST)) else None
