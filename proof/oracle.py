"""Judges a trial by what truly happened and what was received. It knows nothing of how the poll works."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from journey_watch.core.alerts import Alert
from journey_watch.core.runs import JourneyKey, Scope, Status
from proof.deployment import ATTRIBUTION_AFTER, CHAT, PLACES, REMIND_EVERY
from proof.recipients import places_of, severity_is_right
from proof.scenario import (
    CALLED_BEFORE,
    CALM,
    ITSELF,
    MINUTE,
    NEW,
    OLD,
    PAUSE,
    SETTLED,
    STALENESS,
    TROUBLED,
    Step,
    wall_clock,
)
from proof.world import LEARNED_GRACE, LEARNS_FROM, Received, Recorded, World

KINDS: Final = ("lost", "repeated", "out of order", "false", "wedged", "noisy", "broke")
CLOCK_SKEW: Final = timedelta(seconds=20)
"""A call that is recorded as so much later than a change may have led to it."""
SEARCH_ENDS: Final = timedelta(seconds=24 * ATTRIBUTION_AFTER, minutes=4)
"""A search ends so long after its alert at the latest."""
BLINDING: Final = frozenset(
    {"provider refuses", "provider throttles", "provider not listed", "provider slow", "table slow", "table refuses"}
)
"""Faults with which a whole lane may truly be unreadable for a while."""
_STATUS_OF: Final = {"STUCK": Status.RUNNING, "LATE": Status.SCHEDULED, "LEFT_PAUSED": Status.PAUSED}
"""The status that a run has for too long."""
_IMPOSSIBLE: Final = {("Opened", "Opened"), ("Reminder", "Opened"), ("Resolved", "Reminder"), ("Resolved", "Resolved")}
"""Phases of one condition that cannot follow each other."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must not be."""

    kind: str
    """One of KINDS."""
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def violations(world: World) -> list[Violation]:
    """Return all that is wrong with a trial that has been played."""
    rules: list[Callable[[World], Iterator[Violation]]] = [
        _broken,
        _idle_writes,
        _undelivered,
        _promptly,
        _deliveries,
        _repeats,
        _order,
        _severities,
        _stories,
        _conditions,
        _lane_is_not_blind,
        _acknowledgements,
        _answers,
        _mute_summaries,
        _durations,
    ]
    return [violation for rule in rules for violation in rule(world)]


def _broken(world: World) -> Iterator[Violation]:
    return (Violation("broke", text) for text in world.broken)


def _idle_writes(world: World) -> Iterator[Violation]:
    """Nothing happens in the last polls: none of them writes anything but what it tells."""
    return (Violation("noisy", text) for text in world.idle_writes)


def _undelivered(world: World) -> Iterator[Violation]:
    """In the end everything is delivered."""
    for scope, state in world.store.load(world.lane).states.items():
        if state.undelivered:
            yield Violation("wedged", f"{len(state.undelivered)} alerts of {scope} are undelivered in the end")


def _promptly(world: World) -> Iterator[Violation]:
    """What was committed soon after the troubles arrives before the schedule pauses: no lease holds it for long."""
    if world.scenario.ends != SETTLED:
        return
    recorded = {one.alert.id: one for one in world.recorded}
    for place in PLACES:
        for one in _first_deliveries(world.received[place]):
            if one.at > PAUSE and one.id in recorded and recorded[one.id].at < TROUBLED + 2 * MINUTE:
                summary = recorded[one.id].alert.detail["summary"]
                yield Violation("wedged", f"{one.recipient} received only after the pause at {place}: {summary}")


# Deliveries


def _deliveries(world: World) -> Iterator[Violation]:
    """Whoever must receive an alert has received it, and nobody else has."""
    recorded = {one.alert.id: one for one in world.recorded}
    expected = places_of(world.recorded)
    received: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for place in PLACES:
        for each in world.received[place]:
            received[each.id].add((place, each.recipient))
    for alert_id in received.keys() - recorded.keys():
        yield Violation("false", f"{alert_id} was received and never recorded: {received[alert_id]}")
    for alert_id, one in recorded.items():
        missing = expected[alert_id] - received[alert_id]
        if any(at >= one.at - MINUTE and not later.chat_from for at, later in world.deployments):
            missing -= {(place, name) for place, name in missing if place == CHAT}  # the chat was taken away
        if missing:
            yield Violation("lost", f"{sorted(missing)} never received: {one.alert.detail['summary']}")
        if unexpected := received[alert_id] - expected[alert_id]:
            yield Violation("false", f"{sorted(unexpected)} received what is not theirs: {one.alert.detail['summary']}")


def _repeats(world: World) -> Iterator[Violation]:
    for place in PLACES:
        counts = Counter((one.id, one.recipient) for one in world.received[place])
        for (alert_id, recipient), count in counts.items():
            if count - 1 > world.allowed_repeats[place, alert_id]:
                yield Violation("repeated", f"{recipient} got {alert_id} {count} times at {place}")
    for explained, count in Counter(one.alert.detail.get("explains") for one in world.recorded).items():
        if explained is not None and count > 1:
            yield Violation("repeated", f"{explained} was explained {count} times")


def _order(world: World) -> Iterator[Violation]:
    """No message of a thread tells what came before something that an earlier message has told."""
    recorded = {one.alert.id: one.alert for one in world.recorded}
    for place in PLACES:
        latest: dict[tuple[str, Scope, str], tuple[int, int]] = {}
        for one in _first_deliveries(world.received[place]):
            alert = recorded.get(one.id)
            if alert is None:
                continue
            thread = one.recipient, alert.journey, alert.thread
            sequence, message = latest.get(thread, (-1, -1))
            if alert.sequence < sequence and one.message != message:
                what = f"{one.recipient} received too late at {place}: {alert.detail['summary']}"
                yield Violation("out of order", what)
            if alert.sequence >= sequence:
                latest[thread] = alert.sequence, one.message


def _first_deliveries(received: Sequence[Received]) -> list[Received]:
    first = {(one.recipient, one.id): one for one in reversed(received)}
    return sorted(first.values(), key=lambda one: one.message)


def _severities(world: World) -> Iterator[Violation]:
    recorded = {one.alert.id: one.alert for one in world.recorded}
    for alert in recorded.values():
        if not severity_is_right(alert, recorded.get(alert.detail.get("explains", ""))):
            yield Violation("false", f"{alert.severity} is not the severity of: {alert.detail['summary']}")


# Runs


def _stories(world: World) -> Iterator[Violation]:
    """What is recorded of each run and journey is its true story, in one unbroken chain, up to its end."""
    told: defaultdict[tuple[str, str], dict[str, Alert]] = defaultdict(dict)
    for one in world.recorded:
        if one.alert.status is not None:
            detail = one.alert.detail
            told[detail["journey_id"], detail.get("run_id", ITSELF)][one.alert.id] = one.alert
    for journey in (*OLD, NEW):
        own = [ITSELF] if world.itself(journey, world.scenario.ends) else []
        for run_id in [*world.runs(journey, world.scenario.ends), *own]:
            alerts = sorted(told.pop((journey.journey_id, run_id), {}).values(), key=lambda alert: alert.sequence)
            links = [(alert.detail["previous_status"], alert.detail["status"]) for alert in alerts]
            yield from _story(world, journey, run_id, links)
    for journey_id, run_id in told:
        yield Violation("false", f"{journey_id}/{run_id} was told of, which there never was")


def _story(
    world: World, journey: JourneyKey, run_id: str, links: Sequence[tuple[str | None, str]]
) -> Iterator[Violation]:
    history = [step for step in world.scenario.steps if (step.journey, step.run_id) == (journey, run_id)]
    statuses = [step.status.value for step in history]
    what = f"{journey} {run_id or 'itself'} was told as {_chain(links)}; it was {statuses}"
    if begins_anew(world, journey):
        # What is not watched for a while begins anew, and what happened just before may be told again.
        if not {status for _, status in links} <= set(statuses):
            yield Violation("false", what)
        return
    lived = iter(statuses)
    if not all(status in lived for _, status in links):
        yield Violation("false", what)
    if journey in _ever(world, "deleted"):
        return  # nobody can know how it ended
    at_first_look = [step.status.value for step in history if step.at < CALM - MINUTE]
    if any(before[1] != after[0] for before, after in pairwise(links)):
        yield Violation("lost", f"{what}: the chain is broken")
    expected = at_first_look[-1] if at_first_look else None
    if links and links[0][0] != expected:
        yield Violation("lost", f"{what}: its beginning is missing")
    last = links[-1][1] if links else expected
    if last != statuses[-1]:
        yield Violation("lost", f"{what}: its end is missing")


def begins_anew(world: World, journey: JourneyKey) -> bool:
    """Return True if the journey was not watched for a while, or may have appeared while the watch list changed."""
    narrowed = any(not deployment.whole_lane for _, deployment in world.deployments)
    return journey in _ever(world, "unwatched") or (narrowed and journey in (OLD[2], NEW))


def _ever(world: World, kind: str) -> set[JourneyKey]:
    return {OLD[fault.target] for fault in world.scenario.faults if fault.kind == kind}


def _chain(links: Sequence[tuple[str | None, str]]) -> str:
    return ", ".join(f"{before}→{after}" for before, after in links) or "nothing"


# Conditions


def _conditions(world: World) -> Iterator[Violation]:
    """Each opens, is reminded of and resolves, and is over when the trouble is."""
    stories: defaultdict[tuple[Scope, str | None, str], list[Recorded]] = defaultdict(list)
    for one in world.recorded:
        if one.alert.condition is not None:
            stories[one.alert.journey, one.alert.detail.get("run_id"), one.alert.condition].append(one)
    for (scope, run_id, condition), unsorted in stories.items():
        recorded = sorted(unsorted, key=lambda one: one.alert.sequence)
        phases = [one.alert.detail["phase"] for one in recorded]
        what = f"{condition} of {scope}/{run_id} was told as {', '.join(phases)}"
        if phases[0] != "Opened" or _IMPOSSIBLE.intersection(pairwise(phases)):
            yield Violation("false", what)
        if condition == "MISSING" and run_id is not None and _was_there(world, scope, run_id):
            yield Violation("false", f"{what}; and it was listed whenever the listing was complete")
        if condition == "STUCK" and world.scenario.deployment.learns:
            yield from _learned(world, recorded)
        yield from _reminders_stop(world, what, recorded)
        if phases[-1] == "Resolved":
            continue
        if _is_over(world, scope, run_id, condition):
            yield Violation("lost", f"{what}; and it is over")
        yield from _reminders_come(world, what, recorded)


def _was_there(world: World, scope: Scope, run_id: str) -> bool:
    """Return True if every complete listing had the run: nothing was deleted, and it is an old one."""
    if scope not in OLD or scope in _ever(world, "deleted"):
        return False
    first = next((step.at for step in world.scenario.steps if (step.journey, step.run_id) == (scope, run_id)), None)
    return first is not None and first < CALM - STALENESS


def _is_over(world: World, scope: Scope, run_id: str | None, condition: str) -> bool:
    if not isinstance(scope, JourneyKey):
        return condition == "UNREACHABLE"  # in the end everything can be read
    if not world.exists(scope, world.scenario.ends):
        return False
    ends = world.scenario.ends
    run = world.itself(scope, ends) if run_id is None else world.runs(scope, ends).get(run_id)
    if condition == "UNREACHABLE":
        return scope not in world.scenario.dormant
    return run is not None and (condition not in _STATUS_OF or run.status is not _STATUS_OF[condition])


def _reminders_stop(world: World, what: str, recorded: Sequence[Recorded]) -> Iterator[Violation]:
    """While an acknowledgement is in force, nobody is reminded."""
    answers = [one.alert for one in world.recorded if "acknowledged" in one.alert.detail]
    for reminder in (one.alert for one in recorded if one.alert.detail["phase"] == "Reminder"):
        earlier = (each for each in answers if each.thread == reminder.thread and each.sequence < reminder.sequence)
        if any(reminder.observed_time < each.detail["until"] for each in earlier):
            yield Violation("false", f"{what}: a reminder came although it was acknowledged")


def _reminders_come(world: World, what: str, recorded: Sequence[Recorded]) -> Iterator[Violation]:
    """Whoever got the opening is reminded, unless it is acknowledged or muted."""
    latest = recorded[-1].alert
    due = _time(latest) + timedelta(seconds=REMIND_EVERY, minutes=2)
    if latest.detail["phase"] != "Opened" or due >= wall_clock(world.scenario.ends - MINUTE):
        return
    acknowledged = any(given.thread == latest.thread for given in world.acknowledged)
    muted = world.scenario.mutes or any(deployment.mute for _, deployment in world.deployments)
    if not acknowledged and not muted and _is_always_polled(world, latest.journey):
        yield Violation("lost", f"{what}: nobody was reminded")


def _is_always_polled(world: World, scope: Scope) -> bool:
    return (
        isinstance(scope, JourneyKey)
        and not begins_anew(world, scope)
        and scope not in world.scenario.dormant
        and scope not in _ever(world, "deleted")
    )


def _learned(world: World, recorded: Sequence[Recorded]) -> Iterator[Violation]:
    """What is stuck by what was learned lasts longer than completed runs did."""
    steps = world.scenario.steps
    for one in recorded:
        detail, journey = one.alert.detail, one.alert.journey
        if detail["phase"] == "Opened" and isinstance(journey, JourneyKey):
            run = journey, detail["run_id"], Status.RUNNING
            began = min(step.at for step in steps if (step.journey, step.run_id, step.status) == run)
            lasted = _completed(steps, journey, one.at)
            limit = min(lasted, default=0.0) + LEARNED_GRACE.total_seconds()
            if len(lasted) < LEARNS_FROM or one.at - began < limit:
                yield Violation("false", f"not enough was known to say: {detail['summary']}")


def _completed(steps: Sequence[Step], journey: JourneyKey, until: float) -> list[float]:
    """Return for how many seconds each completed run of a journey can have been RUNNING."""
    began: defaultdict[str, list[float]] = defaultdict(list)
    lasted: list[float] = []
    for step in steps:
        if step.journey == journey and step.at <= until:
            if step.status is Status.RUNNING:
                began[step.run_id].append(step.at)
            elif step.status is Status.COMPLETED:
                lasted += [step.at - at for at in began[step.run_id]]
    return lasted


def _durations(world: World) -> Iterator[Violation]:
    """What is learned of how long runs take is true."""
    for journey, state in world.store.load(world.lane).journeys.items():
        possible = {round(seconds) for seconds in _completed(world.scenario.steps, journey, world.scenario.ends)}
        if not possible.issuperset(state.durations):
            yield Violation("false", f"runs of {journey} took {state.durations} seconds; possible is {possible}")


def _lane_is_not_blind(world: World) -> Iterator[Violation]:
    """One journey that cannot be read, while others are dormant or fine, makes no lane blind."""
    if BLINDING.isdisjoint(fault.kind for fault in world.scenario.faults):
        for one in world.recorded:
            if one.alert.condition is not None and not isinstance(one.alert.journey, JourneyKey):
                yield Violation("false", f"nothing but single journeys was unreadable: {one.alert.detail['summary']}")


# What operators and CloudTrail say


def _acknowledgements(world: World) -> Iterator[Violation]:
    """Each is told once, while it is in force."""
    told = Counter(one.alert.detail.get("acknowledged") for one in world.recorded)
    for given in world.acknowledged:
        count = told[given.alert_id]
        if count > 1:
            yield Violation("repeated", f"that {given.what} is acknowledged was recorded {count} times")
        if count == 0 and _is_always_polled(world, given.scope):
            yield Violation("lost", f"nobody was told that this is acknowledged: {given.what}")


def _answers(world: World) -> Iterator[Violation]:
    """An alert that says that CloudTrail is asked gets one answer, and no later call explains a change."""
    answers = {one.alert.detail["explains"]: one for one in world.recorded if "explains" in one.alert.detail}
    calls = {call.id: call for call in world.calls}
    for one in world.recorded:
        alert = one.alert
        answered = answers.get(alert.id)
        if "attribution_until" not in alert.detail or not isinstance(alert.journey, JourneyKey):
            continue
        summary = alert.detail["summary"]
        if answered is None:
            if not begins_anew(world, alert.journey) and _time(alert) + SEARCH_ENDS < wall_clock(world.scenario.ends):
                yield Violation("lost", f"nobody says who did it: {summary}")
            continue
        answer = answered.alert
        changed = datetime.fromisoformat(alert.detail.get("last_update_time") or alert.observed_time)
        if answer.detail["found"]:
            call = calls[answer.detail["call"]["event_id"]]
            if wall_clock(call.at) > changed + CLOCK_SKEW or call.refused or call.journey != alert.journey:
                yield Violation("false", f"{call.id} does not explain: {summary}")
        elif alert.detail.get("last_update_time") and _was_called(world, alert, changed) and _shows(world, answered.at):
            yield Violation("lost", f"the call that did it was recorded and not found: {summary}")


def _shows(world: World, at: float) -> bool:
    """Return True if CloudTrail answers at a time."""
    silent = {"calls not shown", "calls slow"}
    return not any(fault.kind in silent and fault.is_on(at) for fault in world.scenario.faults)


def _was_called(world: World, alert: Alert, changed: datetime) -> bool:
    asks_for = {"RUNNING": "ACTIVE"}.get(alert.detail["status"], alert.detail["status"])
    earliest = changed - timedelta(seconds=CALLED_BEFORE + 1.0)
    return any(
        call.journey == alert.journey
        and call.asks_for == asks_for
        and not call.refused
        and earliest <= wall_clock(call.at) <= changed
        for call in world.calls
    )


def _mute_summaries(world: World) -> Iterator[Violation]:
    """Everything that a mute suppressed is in its summaries, and whoever would have received any of it gets one."""
    suppressed: Counter[str] = Counter()
    summed_up: Counter[str] = Counter()
    missed: defaultdict[str, set[str]] = defaultdict(set)
    reached: defaultdict[str, set[str]] = defaultdict(set)
    for one in world.recorded:
        alert = one.alert
        if alert.muted_by:
            suppressed[alert.muted_by] += 1
            missed[alert.muted_by].update(alert.recipients)
        elif "held_back" in alert.detail:
            summed_up[alert.detail["mute"]] += alert.detail["held_back"]
            reached[alert.detail["mute"]].update(alert.recipients)
    for mute in suppressed.keys() | summed_up.keys():
        if suppressed[mute] != summed_up[mute]:
            yield Violation("lost", f"{mute} suppressed {suppressed[mute]} alerts; its summaries say {summed_up[mute]}")
        if missed[mute] - reached[mute]:
            yield Violation("lost", f"{missed[mute] - reached[mute]} got no summary of {mute}")


def _time(alert: Alert) -> datetime:
    return datetime.fromisoformat(alert.observed_time)
