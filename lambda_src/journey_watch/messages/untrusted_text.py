"""Names and ids come from whoever made the journey: these functions let them stand in a message and do nothing else."""

import re
import unicodedata
from typing import Final

ELLIPSIS: Final = "…"
REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_JOINERS: Final = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
"""The two invisible characters that some scripts, and emoji, cannot be spelt without."""
_NONCHARACTERS: Final = range(0xFDD0, 0xFDF0)
_LAST_OF_PLANE: Final = 0xFFFE

_ASCII_SPELLING: Final = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d",
        "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "‘": "'", "’": "'", "‚": "'",  # noqa: RUF001
        "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "→": "->",  # noqa: RUF001
    }
)  # fmt: skip
"""What Unicode's own decomposition leaves without an ASCII letter."""

_CHAT_LOOKALIKES: Final = str.maketrans(
    {
        "&": "＆", "<": "‹", ">": "›", "*": "∗", "~": "∼", "`": "ˋ",  # noqa: RUF001 - lookalikes are the point
        "@": "＠", "[": "［", "]": "］", "|": "¦", "\\": "＼",  # noqa: RUF001
    }
)  # fmt: skip
_LINKABLE: Final = re.compile(r"https://[!-;=?-{}~]{1,2000}")
_LINK_DOT: Final = re.compile(r"(?<=[\w-])[.。．｡](?=[^\W\d])|(?<=[^\W\d])[.。．｡](?=\w)")  # noqa: RUF001
"""A dot, in any script, that may stand in a host's name. One between digits is a number's or a version's."""
_SCHEMES: Final = (
    "callto", "data", "facetime", "file", "geo", "javascript", "magnet", "mailto", "msteams", "news", "onenote", "sip",
    "skype", "slack", "sms", "tel", "webcal",
)  # fmt: skip
_LINK_COLON: Final = re.compile(
    "|".join([r":(?=//)", *(rf"(?<=\b{scheme}):(?=\S)" for scheme in _SCHEMES)]), re.IGNORECASE
)
"""The colon of an address that has `//`, or one of the schemes without, which clients turn into links."""
_LINK_BACKSLASHES: Final = re.compile(r"\\(?=\\\w)")
_LOOSE_UNDERSCORE: Final = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
"""One that does not stand between letters or digits: only such a one can begin or end italics."""


def valid_text(text: str, limit: int) -> str:
    """The text as it came, cut to `limit` characters, each half of a broken surrogate pair replaced."""
    return cut(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), limit)


def one_line(text: str, limit: int) -> str:
    """Text that stays on its line and in its direction: no controls, line breaks or invisible characters."""
    visible = "".join(_shown(character) for character in text)
    return cut(" ".join(visible.split()), limit)


def printable_ascii(text: str) -> str:
    """The text in printable ASCII; letters lose their accents, and whatever has no spelling becomes one `?`."""
    decomposed = unicodedata.normalize("NFKD", one_line(text, len(text)).translate(_ASCII_SPELLING))
    base = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(re.sub(r"[^ -~]+", "?", base).split())


def unlinked(text: str) -> str:
    """The text with brackets around what would let a mail client make a link of it: `https[:]//example[.]com`."""
    dotless = _LINK_DOT.sub(r"[\g<0>]", text)
    return _LINK_BACKSLASHES.sub(r"[\\]", _LINK_COLON.sub("[:]", dotless)).replace("@", "[@]")


def for_chat(text: str, limit: int) -> str:
    """One line in which chat clients find no markup, mention or link.

    Slack and Teams have no escape in common, so that each character with a meaning gives way to one that looks alike.
    """
    plain = one_line(text, limit).translate(_CHAT_LOOKALIKES)
    plain = _LINK_COLON.sub("∶", _LINK_DOT.sub("․", plain.replace("://", ":∕∕")))  # noqa: RUF001
    return _LOOSE_UNDERSCORE.sub("＿", plain)  # noqa: RUF001


def for_terminal(text: str) -> str:
    """The text with its line breaks and spaces, but without other controls and invisible characters."""
    return "".join(each if each == "\n" else _shown(each) for each in text)


def is_linkable(url: str) -> bool:
    """True for an HTTPS address in printable ASCII, without what ends a link in Slack's markup."""
    return _LINKABLE.fullmatch(url) is not None


def cut(text: str, limit: int, ellipsis: str = ELLIPSIS) -> str:
    """At most `limit` characters, the last of them an ellipsis if any had to go."""
    if len(text) <= limit:
        return text
    return text[: max(0, limit - len(ellipsis))].rstrip(_JOINERS + " ") + ellipsis[: max(0, limit)]


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    if category == "Cf":
        return character if character in _JOINERS else ""
    code = ord(character)
    if category == "Cs" or code in _NONCHARACTERS or code & _LAST_OF_PLANE == _LAST_OF_PLANE:
        return REPLACEMENT
    return character
