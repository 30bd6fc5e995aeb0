"""What an e-mail and a chat card both say, read from the detail of an envelope."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from journey_watch.core.messages.untrusted_text import one_line
from journey_watch.core.runs import Status

LONGEST_NAME: Final = 120
"""In characters; what a person reads before giving up, and more than Pinpoint's console shows."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86400

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
_CAME_BACK: Final = "It had ended and is live again: make sure that nobody receives its messages twice."


@dataclass(frozen=True, slots=True)
class Thing:
    """A container, journey or run as the envelope names it."""

    noun: str
    id: str
    name: str | None

    @property
    def label(self) -> str:
        """How a sentence calls it: `journey "Welcome series"`, or by its id if it has no name to be seen."""
        name = one_line(self.name or "", LONGEST_NAME)
        return f'{self.noun} "{name}"' if name else f"{self.noun} {one_line(self.id, LONGEST_NAME)}"

    @property
    def name_and_id(self) -> str:
        """`Welcome series (id 0123)`, or the id alone."""
        name, thing_id = one_line(self.name or "", LONGEST_NAME), one_line(self.id, LONGEST_NAME)
        return f"{name} (id {thing_id})" if name else thing_id


def things_of(detail: Mapping[str, Any]) -> list[Thing]:
    """What the change happened to: container, journey and, if the provider has runs, run. In this order."""
    nouns = [key.removesuffix("_id") for key in detail if key.endswith("_id")]
    return [Thing(noun, detail[f"{noun}_id"], detail.get(f"{noun}_name")) for noun in nouns]


def summary_of(detail: Mapping[str, Any], *, region: str) -> str:
    """One sentence for a person, all names in it made harmless."""
    container, journey, *run = things_of(detail)
    what = f"{run[0].label} of {journey.label}" if run else journey.label
    sentence = f"{what[:1].upper()}{what[1:]} ({container.label}) {_happened(detail)} in {region}"
    skipped = " and ".join(detail["skipped_statuses"])
    return f"{sentence}; it passed {skipped} unseen." if skipped else f"{sentence}."


def _happened(detail: Mapping[str, Any]) -> str:
    after = detail["status"]
    if after == Status.UNKNOWN:
        after = f'{after} (the provider says "{one_line(detail["raw_status"], LONGEST_NAME)}")'
    before = detail["previous_status"]
    return f"is new and {after}" if before is None else f"went from {before} to {after}"


def next_step(detail: Mapping[str, Any]) -> str:
    """What the reader of an alert may have to do about it."""
    status = Status(detail["status"])
    journey = things_of(detail)[1]
    before = detail["previous_status"]
    came_back = before is not None and Status(before).is_terminal and not status.is_terminal
    return _CAME_BACK if came_back else _NEXT_STEP[status].format(noun=journey.noun)


def when(detail: Mapping[str, Any]) -> str:
    """When it happened, as far as the provider says, and how late that was seen."""
    delay = detail["detection_delay_seconds"]
    if delay is None:
        return f"seen {readable_time(detail['observed_time'])}"
    return f"{readable_time(detail['last_update_time'])}, seen {duration(delay)} later"


def before_that(detail: Mapping[str, Any]) -> str | None:
    """How long the run had its previous status, as far as known; None if it is new."""
    since = detail["previous_status_since"]
    if since is None:
        return None
    was, began = detail["previous_status"], f"since {readable_time(since)}"
    if detail["skipped_statuses"]:
        return f"{was}, {began}"  # until when, nobody saw
    until = detail["last_update_time"] or detail["observed_time"]
    seconds = (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
    return f"{was} for {duration(max(0.0, seconds))}, {began}"


def readable_time(iso: str) -> str:
    """`2026-11-23T08:00:00.000Z` as `2026-11-23 08:00:00 UTC`."""
    return f"{iso[:10]} {iso[11:19]} UTC"


def duration(seconds: float) -> str:
    """The two largest units, which is all that a person compares."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"
