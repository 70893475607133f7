import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carscrape.numbers import read_count

CLAIMS = {
    "5,200,000,000 results": 5_200_000_000,
    "28.400 results": 28_400,
    "1.230": 1_230,
    "1 230 résultats": 1_230,
    "3\u00a0600\u00a0000 results": 3_600_000,
    "3\u202f600\u202f000 résultats": 3_600_000,
    "Ungefähr 1’780’000 Ergebnisse": 1_780_000,
    "1'780'000": 1_780_000,
    "13,08,00,00,000 results": 13_080_000_000,
    "1,23,456": 123_456,
    "About 298,000,000 results (0.45 seconds)": 298_000_000,
    "Результатов: примерно 59\u00a0300\u00a0000 (0,35 сек.)": 59_300_000,
    "7-16 of 3\u00a0600\u00a0000 results": 3_600_000,
    "1-10 von 230": 230,
    "1 – 10 von 1.230 Ergebnissen": 1_230,
    "Page 2 of about 3,600 results": 3_600,
    "Seite 2 von ungefähr 3.600 Ergebnissen": 3_600,
    "3,600 件中 11-20 件目": 3_600,
    "第 2 页，共 3,600 条": 3_600,
    "百度为您找到相关结果约100,000,000个": 100_000_000,
    "حوالي ١٬٢٣٠ نتيجة": 1_230,
    "\u200f١٢٣٠ من النتائج": 1_230,
    "१२,३४,५६७ परिणाम": 1_234_567,
    "１，２３０ 件": 1_230,
    "Нашёлся 1 результат": 1,
    "нашлось 6 млн результатов": 6_000_000,
    "135 тыс. результатов": 135_000,
    "2 million results found": 2_000_000,
    "1,5 Mio. Ergebnisse": 1_500_000,
    "1.5M": 1_500_000,
    ">1M results": 1_000_000,
    "10K+ results": 10_000,
    "約 12万 件": 120_000,
    "약 3만개": 30_000,
    "12 mil resultados": 12_000,
    "3 mil millones de resultados": 3_000_000_000,
    "2 crore": 20_000_000,
    "3&nbsp;600&#160;000 results": 3_600_000,
    "1·780·000 resultats": 1_780_000,
    "۱٬۲۳۰ نتیجه": 1_230,
    "3\u2009600\u2009000 résultats": 3_600_000,
    "около 2 тыс. результатов": 2_000,
    "2 tys. wyników": 2_000,
    "5百万 件": 5_000_000,
    "5,2 bilhões de resultados": 5_200_000_000,
    "3 مليون نتيجة": 3_000_000,
    "1.2K results": 1_200,
    "10M+": 10_000_000,
    "1 230 matches": 1_230,
    "1 230 k dispozici": 1_230,
    "1 result": 1,
    "0 results": 0,
}

NO_CLAIMS = [
    "",
    "results",
    "No results found",
    "1-10",
    "Page 2",
    "0.45 seconds",
    "(3 seconds)",
    "1.234 million",
    "9" * 30,
    "9" * 9999,
    "½",
    "²",
    "1,2345",
    "1,234.56",
]


@pytest.mark.accepts("F07")
@pytest.mark.parametrize("text", CLAIMS)
def test_reads_the_claim(text: str) -> None:
    assert read_count(text) == CLAIMS[text]


@pytest.mark.accepts("F07")
@pytest.mark.parametrize("text", NO_CLAIMS)
def test_no_claim_is_none_and_never_zero(text: str) -> None:
    assert read_count(text) is None


def grouped(number: int, separator: str, indian: bool = False) -> str:
    head, last = str(number)[:-3], str(number)[-3:]
    size = 2 if indian else 3
    groups = [head[max(0, end - size) : end] for end in range(len(head), 0, -size)][::-1]
    return separator.join([*groups, last])


ZEROS = "0٠۰०০๐０𝟎"
SEPARATORS = [
    *["", ",", ".", " ", "\u00a0", "\u202f", "\u2009", "\u2007", "\u3000", "&nbsp;", "&#160;"],
    *["'", "’", "ʼ", "٬", "，", "·"],
]
SHOWN = [
    *["", "{a}-{b} of ", "{a} – {b} von ungefähr ", "{a}~{b} sur environ ", "Page {a} of about "],
    *["Seite {a} von ", "Página {a} de aproximadamente ", "Страница {a}, результатов: примерно "],
    *["第 {a} 页，共 ", "صفحة {a} من حوالي ", "Sayfa {a}, yaklaşık "],
]


def in_digits(text: str, zero: str) -> str:
    """A text in another script's digits; entities are for the parser, so they stay."""
    if "&" in text:
        return text
    return "".join(chr(ord(zero) + int(char)) if char.isdecimal() else char for char in text)


@pytest.mark.accepts("F07")
@settings(deadline=None)
@given(
    number=st.integers(0, 2**63 - 1),
    separator=st.sampled_from(SEPARATORS),
    zero=st.sampled_from(ZEROS),
    shown=st.sampled_from(SHOWN),
    first=st.integers(1, 999),
    indian=st.booleans(),
    more=st.sampled_from([" results", "+ results", " (0.45 seconds)", "件", " результатов", ""]),
)
def test_every_way_of_writing_reads_back(
    number: int, separator: str, zero: str, shown: str, first: int, indian: bool, more: str
) -> None:
    written = in_digits(grouped(number, "," if indian else separator, indian), zero)
    before = in_digits(shown.format(a=first, b=first + 9), zero)
    assert read_count(f"{before}{written}{more}") == number


@pytest.mark.accepts("F07")
@settings(deadline=None)
@given(
    whole=st.integers(0, 999),
    fraction=st.sampled_from(["", ",5", ".5", ",25"]),
    word=st.sampled_from([("тыс.", 10**3), ("млн", 10**6), ("million", 10**6), ("Mrd.", 10**9)]),
    blank=st.sampled_from(["", " ", "\u00a0"]),
)
def test_words_for_powers_multiply(
    whole: int, fraction: str, word: tuple[str, int], blank: str
) -> None:
    share = int(fraction[1:] or 0) * word[1] // 10 ** len(fraction[1:])
    assert read_count(f"нашлось {whole}{fraction}{blank}{word[0]} результатов") == (
        whole * word[1] + share
    )


@pytest.mark.accepts("F07")
@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Nd"])))
def test_no_text_without_a_digit_is_a_number(text: str) -> None:
    assert read_count(text) is None


@settings(deadline=None)
@given(st.text())
def test_no_text_raises(text: str) -> None:
    count = read_count(text)
    assert count is None or 0 <= count < 2**63
