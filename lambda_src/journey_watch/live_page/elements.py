"""HTML that is safe by construction: an element is made here or it is text, and text is escaped.

Element and attribute names are those of the two lists below, so no value from outside can become markup, whichever way
it gets into a page. `<script>`, `<iframe>` and `on…` attributes cannot be written at all.
"""

from dataclasses import dataclass
from html import escape
from typing import Final

ELEMENTS: Final = frozenset({
    "a", "article", "b", "button", "cwdb-action", "div", "form", "h2", "h3", "input", "label", "li", "ol", "option",
    "p", "pre", "rect", "section", "select", "small", "span", "style", "svg", "table", "tbody", "td", "th", "thead",
    "time", "title", "tr", "ul",
})  # fmt: skip
ATTRIBUTES: Final = frozenset({
    "action", "aria-label", "class", "colspan", "datetime", "display", "endpoint", "height", "href", "method", "name",
    "placeholder", "preserveAspectRatio", "rel", "role", "scope", "selected", "target", "title", "type", "value",
    "viewBox", "width", "x", "y",
})  # fmt: skip
_VOID: Final = frozenset({"input", "rect"})
_LINKS: Final = ("https://", "?")
"""What a link may begin with: a console's address, or this page with other parameters."""


@dataclass(frozen=True, slots=True)
class Html:
    """Finished markup. Made by `element`, `fragment` and `style` alone."""

    text: str

    def __str__(self) -> str:
        return self.text


Child = Html | str
"""A str is text, whatever it contains."""


def element(name: str, /, *children: Child, cls: str = "", **attributes: str | bool | None) -> Html:
    """One element. `cls` is its class; `_` in an attribute's name stands for `-`; None and False leave one out.

    Raises ValueError for an element, attribute or link that no page of ours has: that is a mistake in the code.
    """
    if name not in ELEMENTS:
        raise ValueError(f"<{name}> is no element of these pages.")
    written = [f' class="{escape(cls)}"'] if cls else []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        attribute = key.replace("_", "-")
        if attribute not in ATTRIBUTES:
            raise ValueError(f'"{attribute}" is no attribute of these pages.')
        if attribute == "href" and not (isinstance(value, str) and value.startswith(_LINKS)):
            raise ValueError(f"{value!r} is no link of these pages.")
        written.append(f" {attribute}" if value is True else f' {attribute}="{escape(str(value))}"')
    start = f"<{name}{''.join(written)}>"
    if name in _VOID and not children:
        # In SVG nothing is void unless it says so; HTML ignores the slash.
        return Html(f"{start[:-1]}/>")
    return Html(f"{start}{fragment(*children).text}</{name}>")


def fragment(*children: Child) -> Html:
    """Several things in a row."""
    return Html("".join(child.text if isinstance(child, Html) else escape(child) for child in children))


def style(css: str) -> Html:
    """A style sheet. It must be one of the code's own constants: nothing in it is escaped."""
    return Html(f"<style>{css}</style>")
