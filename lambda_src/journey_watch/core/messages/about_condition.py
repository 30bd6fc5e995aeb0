"""What is told about a condition: it opened, lasts, or is over."""

from collections.abc import Mapping
from typing import Any, Final

from journey_watch.core.conditions import ConditionKind
from journey_watch.core.messages.story import Story
from journey_watch.core.messages.untrusted_text import one_line
from journey_watch.core.messages.wording import Thing, duration, named, readable_time, things_of

_IS: Final = {
    ConditionKind.STUCK: "has been RUNNING for {long}",
    ConditionKind.LATE: "has been SCHEDULED for {long} and has not started",
    ConditionKind.MISSING: "is no longer listed, though it had not ended",
    ConditionKind.OVERDUE: "has had no new run for too long: one was expected {long} ago",
    ConditionKind.UNREACHABLE: "cannot be read, for {long} now: {reason}",
}
_WAS: Final = {
    ConditionKind.STUCK: "is no longer stuck",
    ConditionKind.LATE: "is no longer late",
    ConditionKind.MISSING: "is no longer missing",
    ConditionKind.OVERDUE: "has a new run again",
    ConditionKind.UNREACHABLE: "can be read again",
}
_NEXT_STEP: Final = {
    ConditionKind.STUCK: "See in the console whether it still sends; stop it if it does not.",
    ConditionKind.LATE: "See in the console what it waits for: its start time, its segment, its quiet hours.",
    ConditionKind.MISSING: "See in the console whether somebody deleted it. It was not reported as cancelled.",
    ConditionKind.OVERDUE: "See in the console whether it is still active and its schedule is right.",
    ConditionKind.UNREACHABLE: "Until this is over nothing is known of it, and nothing will be told. {hint}",
}
_NOTHING: Final = "Nothing."
LONGEST_REASON: Final = 500


def summary_of_condition(detail: Mapping[str, Any], *, region: str) -> str:
    """One sentence for a person, all names in it made harmless."""
    what = named(things_of(detail)) or f"Lane {detail['lane']}"
    return f"{what} {_state(detail)} in {region}."


def story_of_condition(detail: Mapping[str, Any], *, lane: Thing) -> Story:
    """What is wrong, since when, and what to do."""
    things = things_of(detail)
    kind = ConditionKind(detail["condition"])
    over = detail["phase"] == "Resolved"
    move = {"Opened": kind.value, "Reminder": f"still {kind}", "Resolved": f"no longer {kind}"}[detail["phase"]]
    return Story(
        about=things[min(1, len(things) - 1)] if things else lane,
        move=move,
        things=things,
        facts=[
            ("Since", readable_time(detail["since"])),
            ("Seen", readable_time(detail["observed_time"])),
        ],
        next_step=_NOTHING if over else _NEXT_STEP[kind].format(hint=detail.get("hint") or "").strip(),
    )


def _state(detail: Mapping[str, Any]) -> str:
    kind = ConditionKind(detail["condition"])
    if detail["phase"] == "Resolved":
        return _WAS[kind]
    return _IS[kind].format(long=duration(detail["lasted_seconds"]), reason=one_line(detail["reason"], LONGEST_REASON))
