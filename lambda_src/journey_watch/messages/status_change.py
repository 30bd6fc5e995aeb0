"""The alert about a change of status, of a run or of a journey itself; docs/alert-envelope.schema.json describes it."""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from journey_watch.core.alerts import Alert
from journey_watch.core.durations import readable_duration
from journey_watch.core.provider import Provider
from journey_watch.core.runs import RecordedRun, Status
from journey_watch.core.searches import CallWindow
from journey_watch.core.severity import Severity
from journey_watch.core.transitions import Transition
from journey_watch.messages.content import MAX_NAME, Content, clock_of, entities_of, named
from journey_watch.messages.envelope import MAX_TEXT, SCHEMA_VERSION, AlertContext, framed, iso, stable_id
from journey_watch.messages.untrusted_text import for_chat, one_line, valid_text

MAX_COUNTER: Final = 60
"""A counter's name is cut at so many characters, and so is its value."""
MAX_COUNTERS: Final = 400
_NEXT_STEP: Final = {
    Status.SCHEDULED: "Nothing, unless you did not expect it to be scheduled.",
    Status.RUNNING: "Nothing, unless you did not expect it to run now.",
    Status.PAUSED: "If nobody paused it on purpose, resume it.",
    Status.COMPLETED: "Nothing, unless you did not expect it to end yet.",
    Status.CANCELLED: "Find out whether somebody stopped it on purpose: CloudTrail shows who changed the {noun}. "
    "What it had not sent yet will not be sent.",
    Status.FAILED: "Look at the {noun} to see why it failed. What it had not sent yet will not be sent.",
    Status.UNKNOWN: "Look at the {noun}: this version of Journey Watch does not know the status it is in.",
}
_COUNTERS: Final = {
    "ENDPOINT_ENTERED": "entered",
    "ENDPOINT_LEFT": "have left",
}
"""What Pinpoint counts of the people in a run, in a person's words."""
_WORD: Final = re.compile("[A-Z]{1,20}")
_CAME_BACK: Final = "It had ended and is live again: make sure that nobody receives its messages twice."


def status_change_alert(
    transition: Transition,
    context: AlertContext,
    *,
    severity: Severity,
    muted_by: str | None = None,
    counters: Mapping[str, str] = MappingProxyType({}),
    window: CallWindow | None = None,
    looked_for_until: datetime | None = None,
) -> Alert:
    """Build the alert about one change of status; the same change always gets the same id.

    `muted_by` is the mute that keeps it from being sent; it is recorded all the same. `counters` are what the provider
    counted of the run, as far as it said so in time. `window` has the calls that may have led to it, and
    `looked_for_until` is when it is no longer looked for who made them; None if nobody looks.
    """
    provider = context.provider
    run_id = None if transition.of_journey else transition.run.run_id
    subject = provider.journey_noun.capitalize() if transition.of_journey else provider.subject
    detail_type = f"{subject} Status Change"
    before, after = transition.previous_status, transition.run.status
    detail: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "provider": provider.name,
        **context.identity(run_id),
        **_change(transition, provider, context.observed_at),
        "severity": severity.value,
        **({"muted_by": muted_by} if muted_by else {}),
        **({"counters": _counters(counters)} if counters else {}),
        "sequence": transition.sequence,
        "console_url": context.console_url(),
        **context.traces(window, looked_for_until),
    }
    detail["summary"] = _summary(detail)
    # The empty part is for what is wrong with a run, in alerts that are not about its status.
    alert_id = stable_id([*context.ids, run_id, detail_type, "", before, after, transition.sequence])
    thread = stable_id([*context.ids, run_id])
    envelope = framed(
        alert_id,
        detail_type,
        detail,
        thread=thread,
        lane=context.lane,
        deployment=context.deployment,
        resources=context.resources(),
    )
    return Alert.from_envelope(envelope, journey=context.journey, thread=thread)


def content(detail: Mapping[str, Any]) -> Content:
    """Container, journey and run; from which status to which, when, and how long it had the one before."""
    entities = entities_of(detail)
    before, created = _before_that(detail), detail["creation_time"]
    time = clock_of(detail)
    return Content(
        about=entities[1],
        headline=f"{_before(detail) or 'new'} -> {_after(detail)}",
        entities=entities,
        facts=[
            ("When", _when(detail)),
            *([("Before that", before)] if before else []),
            *([("Created or scheduled", time(created))] if created else []),
            *([("Counted so far", _counted(detail["counters"]))] if detail.get("counters") else []),
        ],
        next_step=_next_step(detail),
    )


def _counters(counters: Mapping[str, str]) -> dict[str, str]:
    return {valid_text(name, MAX_COUNTER): valid_text(value, MAX_COUNTER) for name, value in counters.items()}


def _change(transition: Transition, provider: Provider, observed_at: datetime) -> dict[str, Any]:
    run, previous = transition.run, transition.previous
    # Where the provider leaves it open whether something ran, nothing is claimed.
    skipped = transition.skipped if provider.passes_through_running else ()
    delay = None if run.last_update_time is None else (observed_at - run.last_update_time).total_seconds()
    return {
        "previous_status": None if previous is None else previous.status.value,
        "previous_status_since": None if previous is None else iso(previous.last_update_time or previous.recorded_at),
        "status": run.status.value,
        **({"previous_raw_status": _own_word(previous, provider)} if transition.of_journey else {}),
        "raw_status": valid_text(run.raw_status, MAX_TEXT),
        "skipped_statuses": [status.value for status in skipped],
        "creation_time": iso(run.creation_time),
        "last_update_time": iso(run.last_update_time),
        "observed_time": iso(observed_at),
        # The provider's clock may run ahead of the poller's.
        "detection_delay_seconds": None if delay is None else round(max(0.0, delay), 1),
    }


def _own_word(previous: RecordedRun | None, provider: Provider) -> str | None:
    """The provider's word for what a journey itself was."""
    return None if previous is None else provider.journey_statuses.get(previous.status, previous.status.value)


def _before(detail: Mapping[str, Any]) -> str | None:
    """What it was, in the words that people know it by: those of the provider for a journey itself."""
    before: str | None = detail.get("previous_raw_status", detail["previous_status"])
    return before


def _after(detail: Mapping[str, Any]) -> str:
    """What it is, likewise, if the word can be one that this version knows."""
    own = "previous_raw_status" in detail and detail["status"] != Status.UNKNOWN
    return str(detail["raw_status" if own and _WORD.fullmatch(detail["raw_status"]) else "status"])


def _summary(detail: Mapping[str, Any]) -> str:
    """One sentence for a person, all names in it made harmless."""
    sentence = f"{named(entities_of(detail))} {_happened(detail)}"
    skipped = " and ".join(detail["skipped_statuses"])
    return f"{sentence}; it passed {skipped} unseen." if skipped else f"{sentence}."


def _happened(detail: Mapping[str, Any]) -> str:
    after = _after(detail)
    if detail["status"] == Status.UNKNOWN:
        after = f'{after} (the provider says "{one_line(detail["raw_status"], MAX_NAME)}")'
    before = _before(detail)
    return f"is new and {after}" if before is None else f"went from {before} to {after}"


def _counted(counters: Mapping[str, str]) -> str:
    """`11,873 entered, 310 have left`: what people ask first, then the rest by its name; harmless in every form."""
    known = [f"{_number(counters[name])} {words}" for name, words in _COUNTERS.items() if name in counters]
    others = [
        f"{_number(value)} {name.lower().replace('_', ' ')}"
        for name, value in counters.items()
        if name not in _COUNTERS
    ]
    return for_chat(", ".join([*known, *others]), MAX_COUNTERS)


def _number(value: str) -> str:
    """A whole number with its thousands apart; whatever else it is stays as it came."""
    return f"{int(value):,}" if re.fullmatch(r"[0-9]{1,15}", value) else value


def _next_step(detail: Mapping[str, Any]) -> str:
    status = Status(detail["status"])
    journey = entities_of(detail)[1]
    before = detail["previous_status"]
    came_back = before is not None and Status(before).is_terminal and not status.is_terminal
    return _CAME_BACK if came_back else _NEXT_STEP[status].format(noun=journey.noun)


def _when(detail: Mapping[str, Any]) -> str:
    """When it happened, as far as the provider says, and how late that was seen."""
    time = clock_of(detail)
    delay = detail["detection_delay_seconds"]
    if delay is None:
        return f"seen {time(detail['observed_time'])}"
    return f"{time(detail['last_update_time'])}, seen {readable_duration(delay)} later"


def _before_that(detail: Mapping[str, Any]) -> str | None:
    """How long the run had its previous status, as far as known; None if it is new."""
    since = detail["previous_status_since"]
    if since is None:
        return None
    was, until, time = _before(detail), detail["last_update_time"], clock_of(detail)
    if until is None:  # nor did the provider say since when: it is when this was first seen
        return f"{was}, seen so since {time(since)}"
    began = f"since {time(since)}"
    if detail["skipped_statuses"]:
        return f"{was}, {began}"  # until when, nobody saw
    seconds = (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
    return f"{was} for {readable_duration(max(0.0, seconds))}, {began}"
