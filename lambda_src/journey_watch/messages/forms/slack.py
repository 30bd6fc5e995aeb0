"""An alert as a message of Slack's incoming webhooks, for those without Amazon Q.

Limits: https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from journey_watch.core.durations import readable_duration
from journey_watch.messages.content import Content, clock_of, line_of, place_of
from journey_watch.messages.forms.amazon_q import title_of
from journey_watch.messages.kinds import content_of
from journey_watch.messages.untrusted_text import for_chat, is_linkable

# Slack counts characters without saying which: all of this fits even if each of them counts twice.
_MAX_NAME: Final = 40
_MAX_HEADLINE: Final = 50
"""The header has 150 characters, with severity and punctuation; the summary below it says all."""
_MAX_LINE: Final = 250
_MAX_SUMMARY: Final = 1000
_LINES_PER_SECTION: Final = 5
_MAX_LINES: Final = 20
"""A digest shows so many members; the JSON form has them all."""
_MAX_FIELDS: Final = 10

Block = dict[str, Any]


def slack_message(envelope: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """Build the webhook's payload from an alert's envelope.

    It says when the alert was seen and how much later, by `now`, it is shown: a queue keeps no order. Raises KeyError,
    TypeError or ValueError if the envelope was not made by this version.
    """
    detail, content = envelope["detail"], content_of(envelope)
    summary = for_chat(detail["summary"], _MAX_SUMMARY)
    return {
        # What notifications and screen readers say in place of the blocks.
        "text": summary,
        "blocks": [
            _header(title_of(detail), content),
            _section(summary),
            *_fields(content),
            *_members(content),
            *([_section(f"*What to do:* {for_chat(content.next_step, _MAX_LINE)}")] if content.next_step else []),
            *_link(detail.get("console_url") or "", "Open in the console"),
            *_link(detail.get("cloudtrail_url") or "", "Look in CloudTrail"),
            _context(envelope, now),
        ],
    }


def _header(title: str, content: Content) -> Block:
    name = for_chat(content.about.label, _MAX_NAME)
    headline = for_chat(content.headline.replace("->", "→"), _MAX_HEADLINE)
    # Without `emoji`, a name cannot turn words between colons into pictures.
    text = {"type": "plain_text", "text": f"{title}: {name}, {headline}", "emoji": False}
    return {"type": "header", "text": text}


def _fields(content: Content) -> Sequence[Block]:
    entities = [(entity.noun.capitalize(), entity.name_and_id) for entity in content.entities]
    fields = [
        _text(f"*{label}:*\n{for_chat(fact, _MAX_LINE)}") for label, fact in (*entities, *content.facts)[:_MAX_FIELDS]
    ]
    return [{"type": "section", "fields": fields}] if fields else []


def _members(content: Content) -> Sequence[Block]:
    lines = [f"• {for_chat(line_of(member), _MAX_LINE)}" for member in content.members[:_MAX_LINES]]
    left_out = len(content.members) - len(lines)
    sections = [
        _section("\n".join(lines[at : at + _LINES_PER_SECTION])) for at in range(0, len(lines), _LINES_PER_SECTION)
    ]
    return [*sections, *([_section(f"… and {left_out} more")] if left_out else [])]


def _link(url: str, words: str) -> Sequence[Block]:
    if not is_linkable(url):
        return []
    return [_section(f"<{url.replace('&', '&amp;')}|{words}>")]


def _context(envelope: Mapping[str, Any], now: datetime) -> Block:
    seen = envelope["detail"]["observed_time"]
    late = max(0.0, (now - datetime.fromisoformat(seen)).total_seconds())
    lines = (
        f"Seen {clock_of(envelope['detail'])(seen)}, shown {readable_duration(late)} later",
        f"Where: {place_of(envelope)}",
        f"Alert id {envelope['id']}",
    )
    return {"type": "context", "elements": [_text(for_chat(line, _MAX_LINE)) for line in lines]}


def _section(text: str) -> Block:
    return {"type": "section", "text": _text(text)}


def _text(text: str) -> dict[str, Any]:
    """`verbatim` keeps Slack from looking for links and channel names in it by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}
