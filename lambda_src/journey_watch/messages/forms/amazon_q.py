"""The card that Amazon Q Developer shows in Slack or Teams.

Custom notifications: https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
"""

from collections.abc import Mapping
from typing import Any, Final

from journey_watch.core.alerts import Alert
from journey_watch.messages.content import ACKNOWLEDGED, RESOLVED, Content, entities_of, line_of, place_of, word_of
from journey_watch.messages.kinds import content_of
from journey_watch.messages.untrusted_text import for_chat

_MAX_SUMMARY: Final = 250
_MAX_NAME: Final = 120
"""Amazon Q takes 250 characters of title, with all that stands around the name."""
_MAX_KEYWORD: Final = 75
_MAX_HEADLINE: Final = 100
_MAX_STEP: Final = 350
_MAX_LINE: Final = 300
_MAX_URL: Final = 2000
"""A longer link is left out: the rest stays far below the 8000 characters that a description may have."""
_MAX_LINES: Final = 10
"""This many members of a digest stay below it too; the JSON form has them all."""
SIGN: Final = {"CRITICAL": "🔴", "WARNING": "🟠", "INFO": "🔵", "NONE": "⚪", RESOLVED: "✅", ACKNOWLEDGED: "👀"}
"""By `word_of` an alert."""


def chat_card(alert: Alert) -> dict[str, Any]:
    """Build the card; the cards of one run, and those of one condition, stand in one thread."""
    envelope, detail = alert.envelope, alert.envelope["detail"]
    content = content_of(envelope)
    headline = content.headline.replace("->", "→")
    status = detail.get("status") or detail.get("condition")
    words = (alert.severity, status, detail["provider"], envelope["region"], detail.get("label"))
    return {
        "version": "1.0",
        "source": "custom",
        "id": alert.id,
        "content": {
            "textType": "client-markdown",
            "title": f"{title_of(detail)}: {for_chat(content.about.label, _MAX_NAME)}, "
            f"{for_chat(headline, _MAX_HEADLINE)}",
            "description": _description(alert, content),
            "nextSteps": [for_chat(content.next_step, _MAX_STEP)],
            "keywords": [for_chat(word, _MAX_KEYWORD) for word in words if word],
        },
        "metadata": {
            "threadId": alert.thread,
            "summary": for_chat(detail["summary"], _MAX_SUMMARY),
            "additionalContext": {
                **{f"{entity.noun}_id": for_chat(entity.id, _MAX_LINE) for entity in entities_of(detail)},
                **{name: detail[name] for name in ("status", "condition", "label") if detail.get(name)},
                "severity": alert.severity.value,
                "account": envelope["account"],
                "region": envelope["region"],
            },
        },
    }


def title_of(detail: Mapping[str, Any]) -> str:
    """How the title of a message in a chat begins: how loud it is, and which deployment says so."""
    word, label = word_of(detail), detail.get("label")
    return f"{SIGN[word]} {word}" + (f" ({for_chat(label, _MAX_KEYWORD)})" if label else "")


def _description(alert: Alert, content: Content) -> str:
    detail = alert.envelope["detail"]
    urls = [detail.get(name) or "" for name in ("console_url", "cloudtrail_url")]
    shown = content.members[:_MAX_LINES]
    left_out = len(content.members) - len(shown)
    return "\n".join(
        [
            for_chat(detail["summary"], 2 * _MAX_LINE),
            *(
                f"*{entity.noun.capitalize()}:* {for_chat(entity.name_and_id, _MAX_LINE)}"
                for entity in content.entities
            ),
            *(f"*{label}:* {fact}" for label, fact in content.facts),
            *(f"• {for_chat(line_of(member), _MAX_LINE)}" for member in shown),
            *([f"… and {left_out} more"] if left_out else []),
            f"*Where:* {for_chat(place_of(alert.envelope), _MAX_LINE)}",
            *(url for url in urls if url and len(url) <= _MAX_URL),
        ]
    )
