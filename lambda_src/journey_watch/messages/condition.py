"""The alert about a condition: it opened, lasts, or is over."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from journey_watch.core.alerts import Alert
from journey_watch.core.condition_rules import ConditionEvent, Phase
from journey_watch.core.conditions import Condition, ConditionKind, Resolution
from journey_watch.core.durations import readable_duration
from journey_watch.core.provider import Provider
from journey_watch.core.refusals import DENIAL_HINT, denied_action, is_absence, is_denial
from journey_watch.core.runs import Status
from journey_watch.core.searches import CallWindow
from journey_watch.messages.content import NOTHING, Content, Entity, clock_of, entities_of, named
from journey_watch.messages.envelope import MAX_TEXT, SCHEMA_VERSION, AlertContext, framed, iso, stable_id
from journey_watch.messages.untrusted_text import one_line, valid_text

MAX_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class ConditionWords:
    """How one kind of condition is told, wherever it is: each goes on where a name ends."""

    is_so: str
    """While it lasts, with {long}, {limit} and {reason}."""
    in_short: str
    """While it lasts, where its times and its reason stand beside it."""
    is_over: str
    """How it ended, with {long}, and for a run with {now}, which is what became of it."""
    next_step: str
    """What to do about it, with {hint}."""


WORDS: Final[Mapping[ConditionKind, ConditionWords]] = {
    ConditionKind.STUCK: ConditionWords(
        is_so="has been RUNNING for {long}, {limit}",
        in_short="has been running for too long",
        is_over="is no longer stuck: {now}, after {long} of RUNNING",
        next_step="See whether it still sends; stop it if it does not.",
    ),
    ConditionKind.LATE: ConditionWords(
        is_so="has been SCHEDULED for {long} and has not started",
        in_short="should have started",
        is_over="is no longer late: {now}, after {long} of SCHEDULED",
        next_step="See what it waits for: its start time, its segment, its quiet hours. {hint}",
    ),
    ConditionKind.LEFT_PAUSED: ConditionWords(
        is_so="has been PAUSED for {long}",
        in_short="has been paused for too long",
        is_over="is no longer left paused: {now}, after {long} of PAUSED",
        next_step="Resume it, or stop it if nobody needs it any more: whoever paused it may have forgotten.",
    ),
    ConditionKind.MISSING: ConditionWords(
        is_so="is no longer listed, though it had not ended",
        in_short="is no longer listed by the provider",
        is_over="is listed again after {long}: {now}",
        next_step="Find out whether somebody deleted it. It was not reported as cancelled.",
    ),
    ConditionKind.OVERDUE: ConditionWords(
        is_so="has had no new run for too long: one was expected {long} ago",
        in_short="has no new run for too long",
        is_over="has a new run again, {long} after one was expected",
        next_step="See whether it is still active and its schedule is right.",
    ),
    ConditionKind.UNREACHABLE: ConditionWords(
        is_so="cannot be read, for {long} now: {reason}",
        in_short="cannot be read: nothing is seen there",
        is_over="can be read again, after {long}",
        next_step="Until this is over nothing is known of it, and nothing will be told. {hint}",
    ),
}
_BY_PLAN: Final[Mapping[ConditionKind, ConditionWords]] = {
    ConditionKind.LATE: replace(
        WORDS[ConditionKind.LATE],
        is_so="was to start at {planned}, {long} ago, and has not",
        is_over="is no longer late: {now}, {long} after it was to start",
    ),
    ConditionKind.STUCK: replace(
        WORDS[ConditionKind.STUCK],
        is_so="was to end at {planned}, {long} ago, and is still RUNNING",
        is_over="is no longer stuck: {now}, {long} after it was to end",
    ),
}
"""Where the provider says when it was to be."""
_STATUS_OF: Final = {
    ConditionKind.STUCK: Status.RUNNING,
    ConditionKind.LATE: Status.SCHEDULED,
    ConditionKind.LEFT_PAUSED: Status.PAUSED,
}
"""The status that a run has had for too long."""
_PLANNED: Final = {ConditionKind.LATE: "Planned start", ConditionKind.STUCK: "Planned end"}
_STILL: Final = "no longer counts as {kind}: it is {status} still or again, for no longer than it may"
"""How it ended where the run has that status: more patience is configured, a plan was moved, or it began anew."""
_RESOLUTIONS: Final = {
    Resolution.DELETED: "does not exist any more at the provider, and so no longer counts as {kind}, after {long}",
    Resolution.UNWATCHED: "is not watched any more, and so no longer counts as {kind}, after {long}",
}
_TROUBLE_HINT: Final = (
    "Each poll tries again. If it lasts, see whether AWS Health names the service; the poller's log has what it says."
)
_HEADLINE: Final = {
    Phase.OPENED: "{kind}",
    Phase.REMINDER: "still {kind}",
    Phase.RESOLVED: "no longer {kind}",
}


def condition_alert(
    event: ConditionEvent,
    context: AlertContext,
    *,
    sequence: int,
    window: CallWindow | None = None,
    looked_for_until: datetime | None = None,
) -> Alert:
    """Build the alert. `sequence` is the STATE version that it is committed with.

    The opening begins a thread of its own; reminders and the resolution stand in it, as loud as the opening was.
    `window` and `looked_for_until` are as for a change of status.
    """
    condition = event.condition
    detail_type = f"{context.provider.subject} Condition {event.phase}"
    since = iso(condition.since)
    detail: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "provider": context.provider.name,
        "lane": str(context.lane),
        **context.identity(condition.run_id),
        "condition": condition.kind.value,
        "phase": event.phase.value,
        **({"planned": True} if condition.planned else {}),
        "since": since,
        "lasted_seconds": round(max(0.0, (context.observed_at - condition.since).total_seconds()), 1),
        "reason": valid_text(condition.reason, MAX_TEXT),
        "hint": _hint(condition, context.provider),
        "reminder": condition.reminders,
        **_measure(event),
        **({"resolution": event.resolution.value} if event.resolution else {}),
        **({"status_now": event.status_now.value} if event.status_now else {}),
        "severity": condition.severity.value,
        "sequence": sequence,
        "observed_time": iso(context.observed_at),
        "console_url": context.console_url(),
        **context.traces(window, looked_for_until),
    }
    detail["summary"] = _summary({**detail, **context.deployment.detail})
    what = [condition.kind.value, since, condition.reminders]
    alert_id = stable_id([*context.ids, condition.run_id, detail_type, *what, sequence])
    thread = alert_id if event.phase is Phase.OPENED else condition.opened_by or alert_id
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


def content(detail: Mapping[str, Any], *, lane: Entity) -> Content:
    """What is wrong, since when, and what to do."""
    entities = entities_of(detail)
    kind, phase = ConditionKind(detail["condition"]), Phase(detail["phase"])
    hint = (detail.get("hint") or "").strip()
    time = clock_of(detail)
    return Content(
        about=entities[min(1, len(entities) - 1)] if entities else lane,
        headline=_HEADLINE[phase].format(kind=kind),
        entities=entities,
        facts=[
            (_PLANNED.get(kind, "Since") if detail.get("planned") else "Since", time(detail["since"])),
            ("Seen", time(detail["observed_time"])),
            *([("Usually", _usually(detail["usual"]))] if "usual" in detail else []),
        ],
        next_step=NOTHING if phase is Phase.RESOLVED else WORDS[kind].next_step.format(hint=hint).strip(),
    )


def _hint(condition: Condition, provider: Provider) -> str:
    if condition.kind is ConditionKind.LATE and condition.planned:
        return provider.late_hint
    if condition.kind is not ConditionKind.UNREACHABLE:
        return ""
    if is_denial(condition.reason):
        action = denied_action(condition.reason)
        return f"{f'The permission {action} is missing. ' if action else ''}{DENIAL_HINT}"
    return provider.refusal_hint if is_absence(condition.reason) else _TROUBLE_HINT


def _measure(event: ConditionEvent) -> dict[str, Any]:
    """How long it may last, and how long such runs usually take, as far as either is known."""
    limit = {} if event.limit is None else {"limit_seconds": round(event.limit.total_seconds())}
    if event.usual is None:
        return limit
    usual = {
        "runs": event.usual.runs,
        "median_seconds": round(event.usual.median.total_seconds()),
        "longest_seconds": round(event.usual.longest.total_seconds()),
    }
    return {**limit, "usual": usual}


def _usually(usual: Mapping[str, Any]) -> str:
    median, longest = (readable_duration(usual[f"{name}_seconds"]) for name in ("median", "longest"))
    return f"its last {usual['runs']} completed runs were RUNNING for {median} (the median), {longest} at most"


def _summary(detail: Mapping[str, Any]) -> str:
    """One sentence for a person, all names in it made harmless."""
    what = named(entities_of(detail)) or f"Lane {detail['lane']}"
    return f"{what} {_state(detail)}."


def _state(detail: Mapping[str, Any]) -> str:
    kind = ConditionKind(detail["condition"])
    long = readable_duration(detail["lasted_seconds"])
    if detail.get("resolution") in _RESOLUTIONS:
        return _RESOLUTIONS[Resolution(detail["resolution"])].format(kind=kind, long=long)
    words = _BY_PLAN.get(kind, WORDS[kind]) if detail.get("planned") else WORDS[kind]
    if detail["phase"] == Phase.RESOLVED:
        status = detail.get("status_now")
        if status is not None and status == _STATUS_OF.get(kind):
            return _STILL.format(kind=kind, status=status)
        return words.is_over.format(long=long, now=f"it is {status} now" if status else "it has ended")
    return words.is_so.format(
        long=long,
        limit=f"over its limit of {readable_duration(detail['limit_seconds'])}"
        if "limit_seconds" in detail
        else "too long",
        planned=clock_of(detail)(detail["since"]),
        reason=one_line(detail["reason"], MAX_REASON),
    )
