"""What is told when one message stands for many changes: a digest, or what a mute held back."""

from collections.abc import Mapping, Sequence
from typing import Any

from journey_watch.core.messages.story import Story
from journey_watch.core.messages.wording import Thing, readable_time


def summary_of_digest(detail: Mapping[str, Any], *, region: str) -> str:
    """How many there are to each status."""
    return f"{len(detail['changes'])} changes in {region}: {_counted(detail['counts'])}."


def story_of_digest(detail: Mapping[str, Any], *, lane: Thing) -> Story:
    return Story(
        about=lane,
        move=f"{len(detail['changes'])} changes: {_counted(detail['counts'])}",
        facts=[("Seen", readable_time(detail["observed_time"]))],
        next_step="Look for what they have in common: an application, a segment, somebody who stopped several at once.",
        members=detail["changes"],
    )


def summary_of_ended_mute(detail: Mapping[str, Any], *, region: str) -> str:
    """What nobody was told while it lasted."""
    held = f"it held back {detail['held_back']} alerts: {_counted(detail['counts'])}"
    return f"The mute {detail['mute']} ended in {region}; {held}."


def story_of_ended_mute(detail: Mapping[str, Any], *, lane: Thing) -> Story:
    return Story(
        about=lane,
        move=f"mute ended, {detail['held_back']} alerts held back: {_counted(detail['counts'])}",
        facts=[("Muted since", readable_time(detail["since"])), ("Seen", readable_time(detail["observed_time"]))],
        next_step="Look through them: they are not sent again.",
        members=detail["changes"],
    )


def line_of(member: Mapping[str, Any]) -> str:
    """One change among many: its own summary, the severity first."""
    return f"{member['severity'].upper()}: {member['summary']}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {status}" for status, count in counts.items())


def counts_of(details: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many changes to each status, or conditions of each kind, the most frequent first."""
    counts: dict[str, int] = {}
    for detail in details:
        name = detail.get("condition") or detail["status"]
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
