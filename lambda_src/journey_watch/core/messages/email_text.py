"""The e-mail about an alert: plain text, read on a phone."""

from typing import Final

from journey_watch.core.alerts import Alert
from journey_watch.core.messages.untrusted_text import cut, one_line, printable_ascii
from journey_watch.core.messages.wording import before_that, next_step, readable_time, things_of, when

LONGEST_SUBJECT: Final = 99
"""SNS refuses 100 and more, anything but printable ASCII, and line breaks."""
LONGEST_SUMMARY: Final = 1000


def email_subject(alert: Alert) -> str:
    """Severity first, then the journey, then what happened: long names are cut, what happened is not.

    It names no run, so that a mail client puts the same news about a journey in one conversation.
    """
    detail = alert.envelope["detail"]
    journey = things_of(detail)[1]
    head = f"[{alert.severity.upper()}] "
    tail = f": {detail['previous_status'] or 'new'} -> {detail['status']} ({printable_ascii(alert.envelope['region'])})"
    name = printable_ascii(journey.name or "")
    if not any(character.isalnum() for character in name):
        name = f"{journey.noun} {printable_ascii(journey.id)}"
    room = LONGEST_SUBJECT - len(head) - len(tail)
    return (head + cut(name, room, "...") + tail)[:LONGEST_SUBJECT]


def email_text(alert: Alert) -> str:
    """What happened, to what, when, what to do about it, and where."""
    envelope, detail = alert.envelope, alert.envelope["detail"]
    before, created = before_that(detail), detail["creation_time"]
    facts = [
        *((thing.noun.capitalize(), thing.name_and_id) for thing in things_of(detail)),
        ("Status", f"{detail['previous_status'] or 'new'} -> {detail['status']}"),
        ("When", when(detail)),
        *([("Before that", before)] if before else []),
        *([("Created or scheduled", readable_time(created))] if created else []),
    ]
    return "\n".join(
        [
            f"{alert.severity.upper()}: {one_line(detail['summary'], LONGEST_SUMMARY)}",
            "",
            *(f"{label}: {value}" for label, value in facts),
            "",
            f"What to do: {next_step(detail)}",
            detail["console_url"],
            "",
            f"Account {envelope['account']}, {envelope['region']}, {detail['provider']}",
            f"Alert id {alert.id}",
            "",
        ]
    )
