"""Names made harmless: on one line, in ASCII, in chat."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey_watch.messages.untrusted_text import cut, for_chat, one_line, printable_ascii, unlinked, valid_text
from tests.messages.alert_builders import hostile_text

LIMITS = st.integers(0, 300)


@given(hostile_text(), LIMITS)
def test_one_line_stays_one_visible_line_within_its_limit(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
    line.encode()
    joiners = "\u200c\u200d"
    assert not [c for c in line if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs") and c not in joiners]


@given(hostile_text())
def test_one_line_changes_nothing_twice(text: str) -> None:
    assert one_line(one_line(text, 200), 200) == one_line(text, 200)


@given(hostile_text())
def test_printable_ascii_is_what_it_says(text: str) -> None:
    assert re.fullmatch(r"[ -~]*", printable_ascii(text))


@given(hostile_text(), LIMITS)
def test_chat_text_has_no_character_that_means_something(text: str, limit: int) -> None:
    safe = for_chat(text, limit)
    assert len(safe) <= limit
    assert not set(safe) & set("<>&*~`@[]|\\\n\r")
    assert "://" not in safe
    assert not re.search(r"(?:^|[^\w])_|_(?:$|[^\w])|__", safe)


@given(hostile_text(), LIMITS)
def test_valid_text_can_be_encoded(text: str, limit: int) -> None:
    assert len(valid_text(text, limit).encode()) <= 4 * limit


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Grüße für José – ‘Tschüss’", "Grusse fur Jose - 'Tschuss'"),  # noqa: RUF001
        ("Łódź, Ørsted, Þór", "Lodz, Orsted, Thor"),
        ("Birthday 🎂🎉 mail", "Birthday ? mail"),
        ("ようこそ", "?"),
        ("a\r\nBcc: victim@example.com", "a Bcc: victim@example.com"),
        ("ﬁnal №1", "final No1"),
    ],
)
def test_names_are_spelt_in_ascii(name: str, expected: str) -> None:
    assert printable_ascii(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("spring_sale_2026", "spring_sale_2026"),
        ("_spring_", "＿spring＿"),  # noqa: RUF001
        ("Terms & Conditions", "Terms ＆ Conditions"),  # noqa: RUF001
        ("<!channel>", "‹!channel›"),  # noqa: RUF001
        ("see https://evil.example", "see https:∕∕evil․example"),  # noqa: RUF001
    ],
)
def test_chat_names_look_like_themselves(name: str, expected: str) -> None:
    assert for_chat(name, 100) == expected


def test_families_of_emoji_and_persian_keep_their_joiners() -> None:
    assert one_line("👨‍👩‍👧 می‌خواهم", 100) == "👨‍👩‍👧 می‌خواهم"


def test_a_cut_text_ends_in_an_ellipsis_and_not_in_half_an_emoji() -> None:
    assert cut("abcdef", 4) == "abc…"
    assert cut("ab👩‍👩", 5) == "ab👩‍👩"
    assert cut("ab👩‍👩c", 5) == "ab👩…"
    assert cut("abcdef", 2, "...") == ".."


LINKS = [
    ("see https://evil.example/x?y", "see https[:]//evil[.]example/x?y"),
    ("www.evil.example", "www[.]evil[.]example"),
    ("evil.example", "evil[.]example"),
    ("EVIL-SITE.Example", "EVIL-SITE[.]Example"),
    ("1.evil.example", "1[.]evil[.]example"),
    ("evil。example", "evil[。]example"),
    ("http://203.0.113.7/x", "http[:]//203.0.113.7/x"),
    ("ftp://x", "ftp[:]//x"),
    ("//evil/x", "//evil/x"),
    ("mailto:a@evil.example", "mailto[:]a[@]evil[.]example"),
    ("a@evil", "a[@]evil"),
    ("Tel:+4930123", "Tel[:]+4930123"),
    (r"\\evil\share", r"[\]\evil\share"),
    ("пример.рф", "пример[.]рф"),
]


@pytest.mark.parametrize(("text", "shown"), LINKS)
def test_a_mail_client_finds_no_link_in_a_name(text: str, shown: str) -> None:
    assert unlinked(text) == shown


@pytest.mark.parametrize(
    "text", ["Version 2.1", "2026-11-23 12:00:41 UTC", "3.5 s", "The end. Next", "arn:aws:iam::1:x"]
)
def test_what_is_no_link_stays_as_it_is(text: str) -> None:
    assert unlinked(text) == for_chat(text, 100) == text


@pytest.mark.parametrize("text", [text for text, _ in LINKS])
def test_a_chat_client_finds_no_link_in_a_name(text: str) -> None:
    shown = for_chat(text, 100)
    assert not re.search(r"://|[a-z]\.[a-z]|@|(mailto|tel):", shown, re.IGNORECASE)


@given(hostile_text())
def test_no_text_becomes_a_link(text: str) -> None:
    shown = unlinked(text)
    assert not re.search(r"://|(?<!\[)@|[^\W\d][.]\w|mailto:\S", shown)
