"""What is told about one run's change of status."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from journey_watch.core.messages.story import Story
from journey_watch.core.messages.untrusted_text import for_chat, one_line
from journey_watch.core.messages.wording import LONGEST_NAME, duration, named, readable_time, things_of
from journey_watch.core.runs import Status

_NEXT_STEP: Final = {
    Status.SCHEDULED: "Nothing, unless you did not expect it to be scheduled.",
    Status.RUNNING: "Nothing, unless you did not expect it to run now.",
    Status.PAUSED: "If nobody paused it on purpose, resume it in the console.",
    Status.COMPLETED: "Nothing, unless you did not expect it to end yet.",
    Status.CANCELLED: "Find out whether somebody stopped it on purpose: CloudTrail shows who changed the {noun}. "
    "What it had not sent yet will not be sent.",
    Status.FAILED: "Open the {noun} in the console to see why it failed. What it had not sent yet will not be sent.",
    Status.UNKNOWN: "Open the {noun} in the console: this version of Journey Watch does not know the status it is in.",
}
LONGEST_COUNTERS: Final = 400
_CAME_BACK: Final = "It had ended and is live again: make sure that nobody receives its messages twice."


def summary_of_change(detail: Mapping[str, Any], *, region: str) -> str:
    """One sentence for a person, all names in it made harmless."""
    sentence = f"{named(things_of(detail))} {_happened(detail)} in {region}"
    skipped = " and ".join(detail["skipped_statuses"])
    return f"{sentence}; it passed {skipped} unseen." if skipped else f"{sentence}."


def story_of_change(detail: Mapping[str, Any]) -> Story:
    """Container, journey and run; from which status to which, when, and how long it had the one before."""
    things = things_of(detail)
    before, created = _before_that(detail), detail["creation_time"]
    return Story(
        about=things[1],
        move=move_of(detail),
        things=things,
        facts=[
            ("When", _when(detail)),
            *([("Before that", before)] if before else []),
            *([("Created or scheduled", readable_time(created))] if created else []),
            *([("Counted so far", _counted(detail["counters"]))] if detail.get("counters") else []),
        ],
        next_step=_next_step(detail),
    )


def _counted(counters: Mapping[str, str]) -> str:
    """`100 endpoint entered, 7 endpoint left`: a counter's name in words, made harmless for every form."""
    words = (f"{value} {name.lower().replace('_', ' ')}" for name, value in counters.items())
    return for_chat(", ".join(words), LONGEST_COUNTERS)


def move_of(detail: Mapping[str, Any]) -> str:
    """`RUNNING -> CANCELLED`."""
    return f"{detail['previous_status'] or 'new'} -> {detail['status']}"


def _happened(detail: Mapping[str, Any]) -> str:
    after = detail["status"]
    if after == Status.UNKNOWN:
        after = f'{after} (the provider says "{one_line(detail["raw_status"], LONGEST_NAME)}")'
    before = detail["previous_status"]
    return f"is new and {after}" if before is None else f"went from {before} to {after}"


def _next_step(detail: Mapping[str, Any]) -> str:
    status = Status(detail["status"])
    journey = things_of(detail)[1]
    before = detail["previous_status"]
    came_back = before is not None and Status(before).is_terminal and not status.is_terminal
    return _CAME_BACK if came_back else _NEXT_STEP[status].format(noun=journey.noun)


def _when(detail: Mapping[str, Any]) -> str:
    """When it happened, as far as the provider says, and how late that was seen."""
    delay = detail["detection_delay_seconds"]
    if delay is None:
        return f"seen {readable_time(detail['observed_time'])}"
    return f"{readable_time(detail['last_update_time'])}, seen {duration(delay)} later"


def _before_that(detail: Mapping[str, Any]) -> str | None:
    """How long the run had its previous status, as far as known; None if it is new."""
    since = detail["previous_status_since"]
    if since is None:
        return None
    was, until = detail["previous_status"], detail["last_update_time"]
    if until is None:  # nor did the provider say since when: it is when this was first seen
        return f"{was}, seen so since {readable_time(since)}"
    began = f"since {readable_time(since)}"
    if detail["skipped_statuses"]:
        return f"{was}, {began}"  # until when, nobody saw
    seconds = (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
    return f"{was} for {duration(max(0.0, seconds))}, {began}"
