"""The card that Amazon Q Developer shows in Slack or Teams.

Custom notifications: https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
"""

from typing import Any, Final

from journey_watch.core.alerts import Alert
from journey_watch.core.messages.untrusted_text import for_chat
from journey_watch.core.messages.wording import Thing, before_that, next_step, readable_time, things_of, when
from journey_watch.core.severity import Severity

_LONGEST_SUMMARY: Final = 250
_LONGEST_NAME: Final = 120
"""Amazon Q takes 250 characters of title, with all that stands around the name."""
_LONGEST_KEYWORD: Final = 75
_LONGEST_LINE: Final = 500
_LONGEST_URL: Final = 2000
"""With it, a few lines and the summary stay far below the 8000 characters that a description may have."""
_SIGN: Final = {Severity.CRITICAL: "🔴", Severity.WARNING: "🟠", Severity.INFO: "🔵", Severity.NONE: "⚪"}


def chat_card(alert: Alert) -> dict[str, Any]:
    """Build the card; the cards of one run stand in one thread."""
    detail = alert.envelope["detail"]
    things = things_of(detail)
    move = f"{detail['previous_status'] or 'new'} → {detail['status']}"
    return {
        "version": "1.0",
        "source": "custom",
        "id": alert.id,
        "content": {
            "textType": "client-markdown",
            "title": f"{_SIGN[alert.severity]} {alert.severity.upper()}: {_title_name(things[1])}, {move}",
            "description": _description(alert, things),
            "nextSteps": [next_step(detail)],
            "keywords": [
                for_chat(word, _LONGEST_KEYWORD)
                for word in (alert.severity, detail["status"], detail["provider"], alert.envelope["region"])
            ],
        },
        "metadata": {
            "threadId": alert.thread,
            "summary": for_chat(detail["summary"], _LONGEST_SUMMARY),
            "additionalContext": {
                **{f"{thing.noun}_id": for_chat(thing.id, _LONGEST_LINE) for thing in things},
                "status": detail["status"],
                "severity": alert.severity.value,
                "account": alert.envelope["account"],
                "region": alert.envelope["region"],
            },
        },
    }


def _title_name(journey: Thing) -> str:
    return for_chat(journey.label, _LONGEST_NAME)


def _description(alert: Alert, things: list[Thing]) -> str:
    detail = alert.envelope["detail"]
    before, created, url = before_that(detail), detail["creation_time"], detail["console_url"]
    facts = [
        *((thing.noun.capitalize(), for_chat(thing.name_and_id, _LONGEST_LINE)) for thing in things),
        ("When", when(detail)),
        *([("Before that", before)] if before else []),
        *([("Created or scheduled", readable_time(created))] if created else []),
    ]
    return "\n".join(
        [
            for_chat(detail["summary"], 2 * _LONGEST_LINE),
            *(f"*{label}:* {value}" for label, value in facts),
            *([url] if len(url) <= _LONGEST_URL else []),
        ]
    )
