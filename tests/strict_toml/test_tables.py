"""Files as they are found: whatever one holds, it is read, or refused by its name."""

from pathlib import Path

import pytest
from hypothesis import example, given

from journey_watch.core.errors import ConfigurationError
from strict_toml.tables import Parser, Place, Table, integer, load, nearest, number, text, whole_number
from tests.damage import cut_or_changed, refusal

SOUND = """
name = "City"
opens = 2026-11-01T09:00:00+01:00
[[animal]]
legs = 2
fur = { color = "red", long = [1.5] }
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("zoo") / "zoo.toml"


@given(content=cut_or_changed(SOUND.encode()))
@example(content=b"legs = " + b"4" * 5_000)
@example(content=b"legs = " + b"[" * 5_000)
@example(content=b"legs = " + b"{a=" * 5_000)
@example(content=b'name = "\xff"')
def test_whatever_bytes_a_file_has_it_is_read_or_refused_by_its_name(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    message = refusal(lambda: load(file))
    assert not message or message.startswith(f"{file} is not TOML: ")


@pytest.mark.parametrize("read", [text, integer, number, whole_number(1, 10)])
def test_a_number_that_is_too_long_is_refused_in_a_sentence(read: Parser[object]) -> None:
    with pytest.raises(ConfigurationError, match=r"^zoo\.toml: legs is .{1,40}; expected"):
        read(16**5_000, Place("zoo.toml", "legs"))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("für", '"für"'),
        ("\x1b[2J\n", r'"\x1b[2J\n"'),
        ("\u202egro.elpmaxe", r'"\u202egro.elpmaxe"'),
        ("\udcff", r'"\udcff"'),
        ("x" * 10_000, f'"{"x" * 200}…"'),
    ],
)
def test_a_message_is_one_line_in_which_nothing_hides(value: str, shown: str) -> None:
    with pytest.raises(ConfigurationError) as of_a_value:
        integer(value, Place("zoo.toml", "legs"))
    with pytest.raises(ConfigurationError) as of_a_key:
        Table({value + " ": 1}, Place("zoo.toml", "animal[0]"), keys=["legs"])

    assert str(of_a_value.value) == f"zoo.toml: legs is {shown}; expected a whole number."
    assert str(of_a_key.value).isprintable()
    assert len(str(of_a_key.value)) < 500


@pytest.mark.parametrize(
    ("word", "at_most", "hint"),
    [
        ("Lions", 1, ' (did you mean "lion"?)'),
        ("lions", 2, ' (did you mean "lion" or "lioness"?)'),
        ("lions", 3, ' (did you mean "lion", "lioness" or "Bison"?)'),
        ("lions", 9, ' (did you mean "lion", "lioness" or "Bison"?)'),
        ("xx", 3, ""),
    ],
)
def test_a_hint_has_no_more_words_than_are_wanted_or_are_like_it(word: str, at_most: int, hint: str) -> None:
    assert nearest(word, ["Bison", "cat", "lion", "lioness"], at_most=at_most) == hint
