"""What recipients received, each alert in all the forms in which it was delivered, side by side."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode

from journey_watch.core.severity import Severity
from journey_watch.live_page.elements import Html, element, fragment
from journey_watch.messages.content import word_of
from local_cloud.inbox import Delivery

SHOWN: Final = 50
"""The latest alerts; a browser need not carry a day of a busy demo unless it asks for it."""
LETTERS: Final = "letters"
"""The parameter of the page's address that asks for more."""
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_ID_IN_TEXT: Final = re.compile(r"^Alert id (\S+)$", re.MULTILINE)
_SUBJECT: Final = re.compile(r"\[([A-Z]+)\] ")
_LABELLED: Final = re.compile(r"\*(?P<label>[^*]+)\* (?P<value>.*)")


@dataclass
class Letter:
    """One alert, as each kind of reader has it."""

    time: float
    email: list[Delivery] = field(default_factory=list)
    card: Mapping[str, Any] | None = None
    envelope: Mapping[str, Any] | None = None

    @property
    def word(self) -> str:
        """How loud it is, or `resolved`, or `acknowledged`."""
        if self.envelope:
            return word_of(self.envelope["detail"]).lower()
        named = _SUBJECT.match(self.email[0].subject) if self.email else None
        return named[1].lower() if named else Severity.NONE.value

    @property
    def title(self) -> str:
        if self.envelope:
            return str(self.envelope["detail"].get("summary") or self.envelope["detail-type"])
        return self.email[0].subject if self.email else str((self.card or {}).get("content", {}).get("title", ""))


def letters(deliveries: Iterable[Delivery]) -> list[Letter]:
    """By alert, the latest first: topics differ by reader, so it is the alert's own id that joins its forms."""
    found: dict[str, Letter] = {}
    for delivery in deliveries:
        body = _json(delivery.body)
        in_text = _ID_IN_TEXT.search(delivery.body)
        alert_id = body.get("id") or (in_text[1] if in_text else delivery.message_id)
        letter = found.setdefault(str(alert_id), Letter(delivery.time))
        if delivery.protocol == "email":
            letter.email.append(delivery)
        elif "content" in body:
            letter.card = body
        elif "detail" in body:
            letter.envelope = body
    return sorted(found.values(), key=lambda letter: letter.time, reverse=True)


def inbox_html(deliveries: Sequence[Delivery], most: int = SHOWN, asked: Mapping[str, str] = _NOTHING) -> str:
    """The inbox as a piece of HTML: the latest alerts, `most` of them. `asked` are the parameters of the address."""
    all_letters = letters(deliveries)
    if not all_letters:
        return element("p", "Nothing has been told yet.", cls="empty").text
    rest = len(all_letters) - most
    further = f"?{urlencode({**asked, LETTERS: most + SHOWN})}"
    more = [element("p", f"… and {rest} older: ", element("a", "show more", href=further), cls="empty")]
    return fragment(*(_letter(each) for each in all_letters[:most]), *(more if rest > 0 else [])).text


def _letter(letter: Letter) -> Html:
    at = f"{datetime.fromtimestamp(letter.time, UTC):%H:%M:%S}"
    return element(
        "article",
        element(
            "h2",
            element("span", letter.word, cls="badge"),
            element("span", letter.title),
            element("time", at, title="UTC"),
        ),
        element("div", *_forms(letter), cls="forms"),
        cls=f"letter {letter.word}",
    )


def _forms(letter: Letter) -> list[Html]:
    forms = []
    if letter.email:
        forms.append(_form("E-mail", _email(letter.email)))
    if letter.card:
        forms.append(_form("Chat card", _card(letter.card)))
    if letter.envelope:
        forms.append(_form("JSON", element("pre", json.dumps(letter.envelope, indent=1, ensure_ascii=False))))
    return forms


def _form(name: str, content: Html) -> Html:
    return element("section", element("h3", name), content)


def _email(deliveries: Sequence[Delivery]) -> Html:
    to = ", ".join(dict.fromkeys(delivery.endpoint for delivery in deliveries))
    first = deliveries[0]
    return element(
        "div",
        element("p", "To: ", to, cls="to"),
        element("p", first.subject, cls="subject"),
        element("div", first.body.strip(), cls="text"),
        cls="email",
    )


def _card(card: Mapping[str, Any]) -> Html:
    content = card["content"]
    return element(
        "div",
        element("p", str(content.get("title", "")), cls="subject"),
        *(_line(line) for line in str(content.get("description", "")).splitlines()),
        *(element("p", "→ ", str(step), cls="step") for step in content.get("nextSteps", [])),
        element("p", *(element("span", str(word), cls="keyword") for word in content.get("keywords", []))),
        cls="card",
    )


def _line(line: str) -> Html:
    """`*Label:* value` as a chat client shows it."""
    labelled = _LABELLED.fullmatch(line)
    return element("p", element("b", labelled["label"]), " ", labelled["value"]) if labelled else element("p", line)


def _json(text: str) -> Mapping[str, Any]:
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
