"""The e-mail about an alert: plain text, read on a phone."""

from collections.abc import Sequence
from typing import Any, Final

from journey_watch.core.alerts import Alert
from journey_watch.messages.content import Content, line_of, place_of, word_of
from journey_watch.messages.kinds import content_of
from journey_watch.messages.untrusted_text import cut, one_line, printable_ascii, unlinked

MAX_SUBJECT: Final = 99
"""SNS refuses 100 and more, anything but printable ASCII, and line breaks."""
MAX_SUMMARY: Final = 1000
MAX_LINES: Final = 100
"""More than anybody reads on a phone; the JSON form has them all."""


def email_subject(alert: Alert) -> str:
    """Severity first, then what it is about unless that is many things, then what happened.

    Long names are cut, what happened is not. It names no run, so that a mail client puts the same news about a journey
    in one conversation.
    """
    content = content_of(alert.envelope)
    label = alert.detail.get("label")
    head = f"[{word_of(alert.detail)}] " + (f"[{_for_subject(label)}] " if label else "")
    tail = f"{_for_subject(content.headline)} ({printable_ascii(alert.envelope['region'])})"
    if content.members:
        return (head + tail)[:MAX_SUBJECT]
    name = _for_subject(content.about.name or "")
    if not any(character.isalnum() for character in name):
        name = f"{content.about.noun} {_for_subject(content.about.id)}"
    room = MAX_SUBJECT - len(head) - len(tail) - 2
    return f"{head}{cut(name, room, '...')}: {tail}"[:MAX_SUBJECT]


def email_text(alert: Alert) -> str:
    """What happened, to what, when, what to do about it, and where. Only this project's own links are links."""
    envelope, detail = alert.envelope, alert.envelope["detail"]
    content = content_of(envelope)
    return "\n".join(
        [
            unlinked(f"{word_of(detail)}: {one_line(detail['summary'], MAX_SUMMARY)}"),
            "",
            *map(unlinked, _facts(content)),
            *map(unlinked, _members(content)),
            "",
            unlinked(f"What to do: {content.next_step}"),
            *([detail["console_url"]] if detail.get("console_url") else []),
            *([f"In CloudTrail: {detail['cloudtrail_url']}"] if detail.get("cloudtrail_url") else []),
            "",
            unlinked(f"Where: {place_of(envelope)}"),
            f"Alert id {alert.id}",
            "",
        ]
    )


def _for_subject(text: str) -> str:
    return unlinked(printable_ascii(text))


def _facts(content: Content) -> Sequence[str]:
    entities = [(entity.noun.capitalize(), entity.name_and_id) for entity in content.entities]
    return [f"{label}: {fact}" for label, fact in (*entities, ("Status", content.headline), *content.facts)]


def _members(content: Content) -> Sequence[str]:
    shown: Sequence[Any] = content.members[:MAX_LINES]
    left_out = len(content.members) - len(shown)
    lines = [f"- {one_line(line_of(member), MAX_SUMMARY)}" for member in shown]
    return [*([""] if lines else []), *lines, *([f"… and {left_out} more"] if left_out else [])]
