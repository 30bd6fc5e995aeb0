"""What is wrong with a deployment, and what to do about it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from journey_watch.core.conditions import ConditionKind
from journey_watch.core.durations import readable_duration
from journey_watch.core.refusals import DENIAL_HINT, is_denial
from journey_watch.core.runs import ContainerScope, Lane
from journey_watch.polling.delivery import committed_at
from journey_watch.ports import LaneState
from operator_cli.deployment import LOOK_BACK, Deployment

OVERDUE: Final = timedelta(minutes=5)
"""Metrics take a minute or two to show; a slower schedule than this is allowed for below."""
RUNBOOK: Final = "docs/runbook.md"


class Level(StrEnum):
    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    about: str
    text: str


def examine(deployment: Deployment, *, now: datetime) -> Iterator[Finding]:
    """All findings, the good ones too."""
    yield Finding(Level.OK, "stack", f"{deployment.stack} is deployed, with {len(deployment.lanes)} lanes")
    if not deployment.lanes:
        yield Finding(Level.PROBLEM, "lanes", "Nothing is watched: add a [[watch]] entry and deploy.")
    for lane in deployment.lanes:
        state = deployment.state(lane)
        last_poll = deployment.last_poll(lane)
        yield _last_poll(last_poll, lane, now)
        yield _undelivered(state, lane, now)
        yield from _given_up(state, lane)
        unreachable = list(_unreachable(state, lane, now))
        yield from unreachable
        if not unreachable and last_poll is not None:
            yield from _nothing_read(state, lane)
    yield from _subscriptions(deployment.unconfirmed_subscriptions())
    for queue, count in deployment.dead_letters().items():
        if count:
            advice = "Find out why in the function's log, then send them again with a redrive in the SQS console."
            yield Finding(Level.PROBLEM, queue, f"{count} messages were given up. {advice}")
        else:
            yield Finding(Level.OK, queue, "empty")


def _last_poll(last: datetime | None, lane: Lane, now: datetime) -> Finding:
    if last is None:
        return Finding(
            Level.PROBLEM,
            str(lane),
            f"No poll came to its end for {readable_duration(LOOK_BACK.total_seconds())}: see the log.",
        )
    age = now - last
    text = f"Last polled {readable_duration(max(0.0, age.total_seconds()))} ago"
    if age > OVERDUE:
        return Finding(Level.NOTE, str(lane), f"{text}; if its schedule is faster than that, see the poller's log.")
    return Finding(Level.OK, str(lane), text)


def _undelivered(state: LaneState, lane: Lane, now: datetime) -> Finding:
    states = (*state.journeys.values(), *state.scopes.values())
    times = [committed_at(pending) for journey in states for pending in journey.undelivered.values()]
    if not times:
        return Finding(Level.OK, str(lane), "No alert is waiting")
    age = now - min(times)
    text = f"{len(times)} alerts are waiting, the oldest for {readable_duration(max(0.0, age.total_seconds()))}."
    if age > OVERDUE:
        return Finding(Level.PROBLEM, str(lane), f'{text} The poller\'s log says why, in lines with "not accepted".')
    return Finding(Level.OK, str(lane), text)


def _given_up(state: LaneState, lane: Lane) -> Iterator[Finding]:
    """Alerts that a channel never got, for it refused too many of one journey."""
    counts: Counter[str] = Counter()
    for remembered in state.states.values():
        counts.update(remembered.given_up)
    for channel, count in sorted(counts.items()):
        text = f"{count} alerts so far were given up for the channel {channel}, which refused more of one journey than "
        yield Finding(
            Level.NOTE, str(lane), f"{text}may wait for it. The history in the table keeps them as long as any."
        )


def _unreachable(state: LaneState, lane: Lane, now: datetime) -> Iterator[Finding]:
    """The lane itself, or a container's listing, that cannot be read. A missing permission does not end by itself."""
    for scope, remembered in sorted(state.scopes.items(), key=lambda item: str(item[0])):
        condition = remembered.conditions.get(ConditionKind.UNREACHABLE)
        if condition is None:
            continue
        about = f"{lane} {scope.container_id}" if isinstance(scope, ContainerScope) else str(lane)
        lasted = readable_duration(max(0.0, (now - condition.since).total_seconds()))
        text = f"Cannot be read, for {lasted} now: {condition.reason}"
        if is_denial(condition.reason):
            yield Finding(Level.PROBLEM, about, f"{text} {DENIAL_HINT}")
        elif condition.opened_at is not None:
            yield Finding(Level.PROBLEM, about, f"{text} {RUNBOOK} says what to do, under polls-missing.")
        else:
            yield Finding(Level.NOTE, about, f"{text} The operators are told if it lasts.")


def _nothing_read(state: LaneState, lane: Lane) -> Iterator[Finding]:
    """Polls come to their end, and there is nothing to watch."""
    if state.journeys:
        return
    if state.listed:
        text = "Nothing to watch yet: the provider lists nothing that the [[watch]] entries mean."
    else:
        text = (
            "Not in use: the provider answers that it is not there, as one that has ended or was never enabled does; "
            "it refused nothing for want of a permission. The log's last lines say it in its own words."
        )
    yield Finding(Level.NOTE, str(lane), text)


def _subscriptions(unconfirmed: list[str]) -> Iterator[Finding]:
    if not unconfirmed:
        yield Finding(Level.OK, "recipients", "All have confirmed their subscription")
    for address in unconfirmed:
        yield Finding(
            Level.PROBLEM,
            address,
            "Gets nothing: it never confirmed. Follow the link in AWS's mail; if it is older than two days, "
            "delete the subscription in the SNS console and deploy again.",
        )
