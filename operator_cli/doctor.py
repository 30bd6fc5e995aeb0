"""What is wrong with a deployment, and what to do about it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from journey_watch.contract import POLLS_MISSING_INTERVALS
from journey_watch.core.conditions import ConditionKind
from journey_watch.core.durations import readable_duration
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.filters import Filter, Subject
from journey_watch.core.refusals import DENIAL_HINT, is_denial
from journey_watch.core.runs import ContainerScope, Lane
from journey_watch.core.watch_list import WatchTarget, account_of_role
from journey_watch.polling.delivery import committed_at
from journey_watch.ports import LaneState
from operator_cli.deployment import Deployment, Schedule
from operator_cli.mutes import KnownMute, Remembered, Standing, held_by, known_mutes, named, remembered
from operator_cli.words import counted
from strict_toml.tables import quoted

OVERDUE: Final = timedelta(minutes=5)
"""An alert that waits for longer is no matter of one poll any more."""
QUEUE_PATIENCE: Final = timedelta(minutes=15)
"""As the alarm `queue-too-old` has it: a storm at one message a second, or a short outage."""
RUNBOOK: Final = "docs/runbook.md"
_DEPLOYED: Final = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "IMPORT_COMPLETE")
_ROLLED_BACK: Final = ("UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
_WHICH_CODE: Final = "Deploy this checkout, or use the command of the one that was deployed."


class Level(StrEnum):
    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    about: str
    text: str


def examine(deployment: Deployment, *, code: str, now: datetime) -> Iterator[Finding]:
    """All findings, the good ones too. `code` is what this command's checkout ships."""
    schedules = deployment.schedules
    running = {schedule.lane: schedule for schedule in schedules.values() if schedule}
    yield _stack(deployment, len(running))
    yield _code(deployment.code, code)
    if not schedules:
        yield Finding(Level.PROBLEM, "lanes", "Nothing is watched: add a [[watch]] entry and deploy.")
    yield from _schedules(schedules)
    states = {lane: deployment.state(lane) for lane in running}
    polls = _last_polls(deployment, running, now)
    yield from _polls(deployment, running, polls, now)
    for lane, state in states.items():
        yield _undelivered(state, lane, now)
        yield from _given_up(state, lane)
        unreachable = list(_unreachable(state, lane, now))
        yield from unreachable
        if not unreachable and str(lane) in polls:
            yield from _nothing_read(state, lane)
    yield from _subscriptions(deployment)
    yield from _alarms(deployment, now)
    yield from _queues(deployment)
    yield from _mutes(deployment, states, now)
    yield from unmatched(deployment, states)


def _stack(deployment: Deployment, lanes: int) -> Finding:
    status = deployment.status
    if status in _DEPLOYED:
        return Finding(Level.OK, "stack", f"{deployment.stack} is deployed, with {counted(lanes, 'lane')}")
    if status in _ROLLED_BACK:
        return Finding(
            Level.NOTE,
            "stack",
            f"The last deployment failed and was rolled back ({status}): what runs is the one before. "
            "CloudFormation → the stack → Events says why.",
        )
    if status.endswith("_IN_PROGRESS"):
        return Finding(Level.NOTE, "stack", f"{deployment.stack} is being changed ({status}): look again afterwards.")
    return Finding(
        Level.PROBLEM,
        "stack",
        f"The last deployment failed ({status}), and parts may be missing. CloudFormation → the stack → Events says "
        "why; mend that and deploy again.",
    )


def _code(deployed: str | None, own: str) -> Finding:
    if deployed == own:
        return Finding(Level.OK, "code", f"What is deployed is the code of this checkout ({own})")
    if not deployed:
        return Finding(
            Level.NOTE, "code", f"The deployment does not say of which code it is: it is older. {_WHICH_CODE}"
        )
    return Finding(
        Level.NOTE,
        "code",
        f"The code {deployed} is deployed, and this checkout has {own}: what this command makes of it may be "
        f"wrong. {_WHICH_CODE}",
    )


def _schedules(schedules: Mapping[str, Schedule | None]) -> Iterator[Finding]:
    for name, schedule in schedules.items():
        if schedule is None:
            yield Finding(
                Level.PROBLEM,
                name,
                "The schedule was deleted: its lane is not polled. Deploying the same again does not make it anew: "
                "take the lane's [[watch]] entries out, deploy, put them back, and deploy.",
            )
        elif not schedule.enabled:
            yield Finding(
                Level.PROBLEM,
                str(schedule.lane),
                "Its schedule is disabled: it is not polled, and nobody is told of its runs. EventBridge Scheduler → "
                f"Schedules → {name} → Enable; what has changed meanwhile is told then.",
            )


def _patience(schedule: Schedule) -> timedelta:
    return max(OVERDUE, POLLS_MISSING_INTERVALS * schedule.every)


def _last_polls(deployment: Deployment, running: Mapping[Lane, Schedule], now: datetime) -> Mapping[str, datetime]:
    """By lane, when its last poll came to its end, of those lanes that are polled."""
    if not running:
        return {}
    polls = deployment.last_polls(now - max(map(_patience, running.values())))
    return {
        str(lane): polls[str(lane)]
        for lane, schedule in running.items()
        if str(lane) in polls and now - polls[str(lane)] <= _patience(schedule)
    }


def _polls(
    deployment: Deployment, running: Mapping[Lane, Schedule], polls: Mapping[str, datetime], now: datetime
) -> Iterator[Finding]:
    missing = {
        lane: _patience(schedule) for lane, schedule in running.items() if schedule.enabled and str(lane) not in polls
    }
    failures = deployment.last_failures(now - max(missing.values())) if missing else {}
    for lane in running:
        if str(lane) in polls:
            yield Finding(Level.OK, str(lane), f"Last polled {_lasting(now - polls[str(lane)])} ago")
        elif lane in missing:
            why = failures.get(str(lane))
            yield Finding(
                Level.PROBLEM,
                str(lane),
                f"No poll came to its end in the last {_lasting(missing[lane])}: nobody is told of its runs. "
                + (f"The last that failed says: {why}. " if why else "")
                + f"{RUNBOOK} says what to do, under polls-missing.",
            )


def _undelivered(state: LaneState, lane: Lane, now: datetime) -> Finding:
    states = (*state.journeys.values(), *state.scopes.values())
    owed = [(committed_at(pending), key) for journey in states for key, pending in journey.undelivered.items()]
    if not owed:
        return Finding(Level.OK, str(lane), "No alert is waiting")
    age = now - min(at for at, _ in owed)
    channels = sorted({key.rpartition("@")[2] for _, key in owed})
    text = (
        f"{counted(len(owed), 'alert')} {'is' if len(owed) == 1 else 'are'} waiting for {_list(channels)}"
        f"{'' if len(owed) == 1 else ', the oldest'} for {_lasting(age)}"
    )
    if age > OVERDUE:
        return Finding(
            Level.PROBLEM,
            str(lane),
            f'{text}. The poller\'s log says why, in lines with "not accepted"; {RUNBOOK} what to do, under '
            "alerts-undelivered.",
        )
    return Finding(Level.OK, str(lane), text)


def _given_up(state: LaneState, lane: Lane) -> Iterator[Finding]:
    """Alerts that a channel never got, for it refused too many of one journey."""
    counts: Counter[str] = Counter()
    for of_it in state.states.values():
        counts.update(of_it.given_up)
    for channel, count in sorted(counts.items()):
        yield Finding(
            Level.NOTE,
            str(lane),
            f"{counted(count, 'alert')} so far {'was' if count == 1 else 'were'} given up for the channel {channel}, "
            "which refused more of one journey than may wait for it. They are not sent any more: the history in the "
            "table keeps them as long as any.",
        )


def _unreachable(state: LaneState, lane: Lane, now: datetime) -> Iterator[Finding]:
    """The lane itself, or a container's listing, that cannot be read. A missing permission does not end by itself."""
    for scope, of_it in sorted(state.scopes.items(), key=lambda item: str(item[0])):
        condition = of_it.conditions.get(ConditionKind.UNREACHABLE)
        if condition is None:
            continue
        about = f"{lane} {scope.container_id}" if isinstance(scope, ContainerScope) else str(lane)
        text = f"Cannot be read, for {_lasting(now - condition.since)} now: {condition.reason.removesuffix('.')}."
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
        text = (
            "Nothing to watch yet: the provider lists nothing that the [[watch]] entries mean. If there should be "
            "something, look whether they name the right Region, container and patterns."
        )
    else:
        text = (
            "Not in use: the provider answers that it is not there, as one that has ended or was never enabled does; "
            "it refused nothing for want of a permission. The log's last lines say it in its own words. If it should "
            "be in use, enable it; if not, its [[watch]] entries can be taken out."
        )
    yield Finding(Level.NOTE, str(lane), text)


def _subscriptions(deployment: Deployment) -> Iterator[Finding]:
    unheard = deployment.unheard()
    if not unheard:
        yield Finding(Level.OK, "recipients", "All who are mailed have confirmed their subscription")
    for each in unheard:
        topic = each.topic_arn.rpartition(":")[2]
        if each.pending:
            text = (
                "Gets nothing: nobody has followed the link in AWS's mail. SNS → Topics → "
                f"{topic} → Subscriptions → the address → Request confirmation sends it again. "
                "AWS deletes what is not confirmed within two days."
            )
        else:
            policy = deployment.mail_filters[each.topic_arn][each.address]
            text = (
                "Gets nothing: it has no subscription any more. AWS deletes one that is not confirmed within two days, "
                "and whoever unsubscribes takes it away; deploying again does not bring it back. SNS → Topics → "
                f"{topic} → Create subscription → Email{f', with the filter policy {policy}' if policy else ''}; then "
                "the link in AWS's mail has to be followed."
            )
        yield Finding(Level.PROBLEM, each.address, text)


def _alarms(deployment: Deployment, now: datetime) -> Iterator[Finding]:
    alarms = deployment.ringing_alarms()
    if not alarms:
        yield Finding(Level.OK, "alarms", "None is in ALARM")
    for alarm in alarms:
        yield Finding(
            Level.PROBLEM, alarm.name, f"In ALARM for {_lasting(now - alarm.since)}. {alarm.description}".rstrip()
        )


def _queues(deployment: Deployment) -> Iterator[Finding]:
    ages = deployment.queue_ages()
    for queue, age in ages.items():
        if age > QUEUE_PATIENCE:
            yield Finding(
                Level.PROBLEM,
                queue,
                f"Its oldest message has been waiting for {_lasting(age)}: what lies in it was not passed on. The log "
                f"of the function that empties it says why; {RUNBOOK} what to do, under queue-too-old.",
            )
        else:
            yield Finding(Level.OK, queue, f"Its oldest message has been waiting for {_lasting(age)}")
    for queue, count in deployment.dead_letters().items():
        if not count:
            yield Finding(Level.OK, queue, "empty")
            continue
        given_up = f"{counted(count, 'message')} {'was' if count == 1 else 'were'} given up."
        if queue.startswith("Schedules"):
            text = (
                f"{given_up} Each asked for a poll that is past, so nothing needs to be sent again; they are gone in "
                f"an hour. Their attributes say why it was not started; {RUNBOOK} what to do, under dead-letters."
            )
        else:
            text = (
                f"{given_up} These alerts did not reach whom they are for. Mend what the function's log names, then "
                f"have SQS send them again: SQS → Queues → {queue} → Start DLQ redrive."
            )
        yield Finding(Level.PROBLEM, queue, text)


def _mutes(deployment: Deployment, states: Mapping[Lane, LaneState], now: datetime) -> Iterator[Finding]:
    journeys = remembered(states)
    of_operators = deployment.mutes()
    try:
        mutes = known_mutes(of_operators, deployment.configured_mutes, now)
    except ConfigurationError as error:
        yield Finding(Level.NOTE, "mutes", str(error))
        mutes = known_mutes(of_operators, (), now)
    for each in mutes:
        about = f"mute {each.id}"
        if each.mute is None:
            yield Finding(
                Level.NOTE,
                about,
                "This version cannot read it, and a poller of this version does not keep quiet for it. "
                + (
                    "It stands in the configuration: see that its time zone is one of today's, and deploy."
                    if each.configured
                    else f"{_WHICH_CODE} journey-watch unmute {each.id} ends it."
                ),
            )
        elif each.standing is Standing.IN_FORCE:
            held = held_by(each.mute, journeys)
            yield Finding(
                Level.NOTE,
                about,
                f"In force{_until(each, now)}: nobody is told of {named(held)}. "
                + (
                    "It stands in the configuration." if each.configured else f"journey-watch unmute {each.id} ends it."
                ),
            )
        elif each.standing is Standing.ENDED and each.mute.until is not None:
            yield Finding(Level.OK, about, f"Ended {_lasting(now - each.mute.until)} ago")


def unmatched(deployment: Deployment, states: Mapping[Lane, LaneState]) -> Iterator[Finding]:
    """Report each watch entry, rule, route and mute that matches nothing the monitor knows.

    Judged by the stored state, which has no types: an entry is not reported for its `types`.
    """
    journeys = remembered(states)
    try:
        config = deployment.choices
    except ConfigurationError as error:
        yield Finding(Level.NOTE, "configuration", str(error))
        return
    if config is None or not journeys:
        return  # an older deployment does not say, and before the first poll nothing is known
    known = f"none of the {len(journeys):,} journeys and campaigns that are known"
    for number, target in enumerate(config.watch):
        if not any(_selects(target, each) for each in journeys):
            yield Finding(
                Level.NOTE,
                f"watch[{number}]",
                f"The entry for {quoted(', '.join(target.journey_ids))} matches {known}. If it should match one, "
                "compare it with the name as the provider shows it: case and every character count, only * and ? are "
                "wildcards.",
            )
    filters: list[tuple[str, Filter]] = [
        *((f"alerts.rules[{number}]", rule) for number, rule in enumerate(config.rules)),
        *((f"alerts.route[{number}]", route) for number, route in enumerate(config.routes)),
        *((f"mute {mute.id}", mute) for mute in config.mutes),
        *((f"mute {mute_id}", mute) for mute_id, mute in deployment.mutes().items() if mute),
    ]
    for about, each in filters:
        untyped = replace(each, journey_types=())
        if not any(untyped.covers(Subject(one.lane, one.key, one.name)) for one in journeys):
            yield Finding(
                Level.NOTE,
                about,
                f"It names {quoted(', '.join(each.journeys))} and matches {known}: it has no effect so far.",
            )


def _selects(target: WatchTarget, journey: Remembered) -> bool:
    lane = journey.lane
    account = account_of_role(target.role_arn) if target.role_arn else lane.account
    same = (target.provider, account, target.region or lane.region) == (lane.provider, lane.account, lane.region)
    return same and target.selects(journey.key, name=journey.name, journey_type=None)


def _until(known: KnownMute, now: datetime) -> str:
    if known.mute is None or known.mute.until is None:
        return ""
    return f" for {_lasting(known.mute.until - now)} more"


def _lasting(time: timedelta) -> str:
    return readable_duration(max(0.0, time.total_seconds()))


def _list(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
