"""One alert of every kind, as a deployment would send it: what people are woken by."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from journey_watch.core.acknowledgements import Acknowledgement
from journey_watch.core.alerts import Alert
from journey_watch.core.attribution import Actor, ActorKind, RecordedCall
from journey_watch.core.condition_rules import ConditionEvent, Phase
from journey_watch.core.conditions import Condition, ConditionKind, Resolution
from journey_watch.core.mute_tally import MuteTally
from journey_watch.core.mutes import Mute, notice_key
from journey_watch.core.provider import Provider
from journey_watch.core.runs import (
    LANE_ITSELF,
    ContainerScope,
    JourneyInfo,
    JourneyKey,
    Lane,
    ObservedRun,
    RecordedRun,
    Scope,
    Status,
)
from journey_watch.core.searches import CallWindow
from journey_watch.core.severity import Severity
from journey_watch.core.transitions import Transition
from journey_watch.core.usual_durations import UsualDuration
from journey_watch.messages.acknowledged import acknowledged_alert
from journey_watch.messages.attributed import attributed_alert
from journey_watch.messages.condition import condition_alert
from journey_watch.messages.digest import digest_of
from journey_watch.messages.envelope import AlertContext, Deployment
from journey_watch.messages.mute_began import mute_began_alert
from journey_watch.messages.mute_ended import mute_ended_alert, tallied
from journey_watch.messages.self_test import self_test_alert
from journey_watch.messages.status_change import status_change_alert
from journey_watch.providers.connect.words import CONNECT
from journey_watch.providers.pinpoint.words import PINPOINT
from tests.core.builders import NOON

ACCOUNT: Final = "111122223333"
PRODUCTION: Final = Deployment(label="prod", time_zone="Europe/Berlin")
SITE: Final = "https://shop.my.connect.aws/campaigns/{id}"
NOW: Final = NOON + timedelta(seconds=41)
_SHOP: Final = JourneyInfo("Welcome series", "Shop")
_SALE: Final = JourneyInfo("black-friday", "desk")
_JOURNEY: Final = JourneyKey("5f1b2c3d4e5f60718293a4b5c6d7e8f9", "0a1b2c3d")
_CAMPAIGN: Final = JourneyKey("8e7d6c5b-4a39-4827-9165-043210fedcba", "b1ac-0f1e2d3c")
_LANES: Final = {
    PINPOINT.name: Lane(PINPOINT.name, ACCOUNT, "eu-west-1"),
    CONNECT.name: Lane(CONNECT.name, ACCOUNT, "eu-west-2"),
}


def _context(provider: Provider, scope: Scope | None = None, *, at: datetime = NOW, named: bool = True) -> AlertContext:
    of_pinpoint = provider is PINPOINT
    info = _SHOP if of_pinpoint else _SALE
    scope = scope if scope is not None else _JOURNEY if of_pinpoint else _CAMPAIGN
    site = None if of_pinpoint else SITE
    return AlertContext(
        _LANES[provider.name],
        provider,
        at,
        scope,
        info if named else JourneyInfo(),
        PRODUCTION,
        site_url=site,
    )


def _change(
    provider: Provider,
    before: Status | None,
    after: Status,
    severity: Severity,
    *,
    counters: Mapping[str, str] | None = None,
    skipped: tuple[Status, ...] = (),
    of_journey: bool = False,
    named: bool = True,
    run: str = "2c9d",
    until: datetime | None = None,
) -> Alert:
    of_pinpoint = provider is PINPOINT
    began = NOON - timedelta(hours=3, minutes=20)
    created, updated = (began - timedelta(hours=1), NOON) if of_pinpoint else (None, None)
    id_ = run if of_pinpoint else _CAMPAIGN.journey_id
    word = "Throttled" if after is Status.UNKNOWN else after.value
    observed = ObservedRun(id_, after, word, created, updated)
    known = None if before is None else RecordedRun(before, began, created, began if of_pinpoint else None)
    calls = ("UpdateJourneyState",) if of_pinpoint else ("StopCampaign",)
    ended = after is Status.CANCELLED
    return status_change_alert(
        Transition(observed, known, 7, skipped, of_journey),
        _context(provider, named=named),
        severity=severity,
        counters=counters or {},
        window=CallWindow(calls, after.value if of_pinpoint else "", NOON - timedelta(minutes=1), NOW)
        if ended
        else None,
        looked_for_until=until,
    )


def _condition(
    kind: ConditionKind,
    phase: Phase,
    *,
    provider: Provider = CONNECT,
    scope: Scope | None = None,
    reason: str = "",
    planned: bool = False,
    status_now: Status | None = None,
    resolution: Resolution | None = None,
    limit: timedelta | None = None,
    usual: Sequence[int] = (),
    for_: timedelta = timedelta(hours=2, minutes=5),
) -> Alert:
    of_run = scope is None and kind is not ConditionKind.OVERDUE
    run = "2c9d" if provider is PINPOINT else _CAMPAIGN.journey_id
    since = NOW - for_
    condition = Condition(
        kind,
        run if of_run else None,
        since,
        reason=reason,
        opened_at=NOW if phase is Phase.OPENED else since + timedelta(minutes=10),
        severity=Severity.CRITICAL if kind is ConditionKind.UNREACHABLE else Severity.WARNING,
        reminders=1 if phase is Phase.REMINDER else 0,
        opened_by="" if phase is Phase.OPENED else "f00d",
        planned=planned,
    )
    event = ConditionEvent(phase, condition, resolution, status_now, limit, UsualDuration.of(usual))
    return condition_alert(event, _context(provider, scope), sequence=4)


def _answer(explained: Alert, actor: Actor | None, *, names: bool = True) -> Alert:
    call = RecordedCall(
        "0f1e2d3c-4b5a",
        "StopCampaign",
        "",
        NOON - timedelta(seconds=3),
        source_ip="203.0.113.7",
        user_agent="Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)",
    )
    return attributed_alert(
        explained,
        _context(CONNECT, at=NOW + timedelta(minutes=6)),
        call=call if actor else None,
        actor=actor,
        names=names,
        sequence=9,
        reason="" if actor else "CloudTrail has recorded no call that matches it by id, kind and time.",
    )


def every_alert() -> Iterator[tuple[str, Alert]]:
    """Each with the words that tell it from the others."""
    yield from _changes()
    yield from _conditions()
    yield from _others()


def _changes() -> Iterator[tuple[str, Alert]]:
    counted = {"ENDPOINT_ENTERED": "11873", "ENDPOINT_LEFT": "310"}
    cancelled = _change(
        PINPOINT, Status.RUNNING, Status.CANCELLED, Severity.CRITICAL, counters=counted, until=NOW + timedelta(hours=2)
    )
    yield "a run is cancelled", cancelled
    yield "a campaign is cancelled", _change(CONNECT, Status.RUNNING, Status.CANCELLED, Severity.CRITICAL)
    yield (
        "a campaign without a name fails",
        _change(CONNECT, Status.RUNNING, Status.FAILED, Severity.CRITICAL, named=False),
    )
    yield "a campaign is paused", _change(CONNECT, Status.RUNNING, Status.PAUSED, Severity.WARNING)
    yield "a campaign goes on", _change(CONNECT, Status.PAUSED, Status.RUNNING, Severity.INFO)
    yield "a run has begun", _change(PINPOINT, None, Status.RUNNING, Severity.INFO)
    yield (
        "a run ended between two polls",
        _change(PINPOINT, Status.SCHEDULED, Status.COMPLETED, Severity.INFO, skipped=(Status.RUNNING,)),
    )
    yield "a status that nobody knows yet", _change(CONNECT, Status.RUNNING, Status.UNKNOWN, Severity.WARNING)
    yield (
        "a journey itself is closed",
        _change(PINPOINT, Status.RUNNING, Status.CANCELLED, Severity.WARNING, of_journey=True),
    )


def _conditions() -> Iterator[tuple[str, Alert]]:
    usual, limit = [2400, 2460, 2700, 2520, 3000], timedelta(hours=1, minutes=50)
    yield (
        "stuck by what is usual",
        _condition(ConditionKind.STUCK, Phase.OPENED, provider=PINPOINT, limit=limit, usual=usual),
    )
    yield "stuck by its plan", _condition(ConditionKind.STUCK, Phase.OPENED, planned=True, limit=timedelta(hours=1))
    yield "still stuck", _condition(ConditionKind.STUCK, Phase.REMINDER, provider=PINPOINT, limit=limit, usual=usual)
    yield (
        "no longer stuck",
        _condition(ConditionKind.STUCK, Phase.RESOLVED, provider=PINPOINT, status_now=Status.COMPLETED),
    )
    yield "late by its plan", _condition(ConditionKind.LATE, Phase.OPENED, planned=True)
    yield "late without a plan", _condition(ConditionKind.LATE, Phase.OPENED, provider=PINPOINT)
    yield "no longer late", _condition(ConditionKind.LATE, Phase.RESOLVED, planned=True, status_now=Status.RUNNING)
    yield "left paused", _condition(ConditionKind.LEFT_PAUSED, Phase.OPENED, for_=timedelta(days=1, hours=2))
    yield "still left paused", _condition(ConditionKind.LEFT_PAUSED, Phase.REMINDER, for_=timedelta(days=2))
    yield "no longer left paused", _condition(ConditionKind.LEFT_PAUSED, Phase.RESOLVED, status_now=Status.RUNNING)
    yield "missing", _condition(ConditionKind.MISSING, Phase.OPENED)
    yield "missing, then deleted", _condition(ConditionKind.MISSING, Phase.RESOLVED, resolution=Resolution.DELETED)
    yield "no longer missing", _condition(ConditionKind.MISSING, Phase.RESOLVED, status_now=Status.RUNNING)
    yield "overdue", _condition(ConditionKind.OVERDUE, Phase.OPENED, provider=PINPOINT)
    yield "no longer overdue", _condition(ConditionKind.OVERDUE, Phase.RESOLVED, provider=PINPOINT)
    yield "no longer watched", _condition(ConditionKind.STUCK, Phase.RESOLVED, resolution=Resolution.UNWATCHED)
    denied = (
        "ListCampaigns was refused with AccessDeniedException (HTTP 403): User: poller is not authorized to perform: "
        "connect-campaigns:ListCampaigns"
    )
    yield (
        "blind for want of a permission",
        _condition(
            ConditionKind.UNREACHABLE, Phase.OPENED, scope=LANE_ITSELF, reason=denied, for_=timedelta(minutes=15)
        ),
    )
    yield (
        "one listing cannot be read",
        _condition(
            ConditionKind.UNREACHABLE,
            Phase.OPENED,
            scope=ContainerScope(_CAMPAIGN.container_id),
            reason="ListCampaigns was refused with InternalServerException (HTTP 500): Try again",
            for_=timedelta(minutes=15),
        ),
    )
    yield (
        "one campaign cannot be read",
        _condition(
            ConditionKind.UNREACHABLE,
            Phase.OPENED,
            scope=_CAMPAIGN,
            reason="its state is left out",
            for_=timedelta(minutes=15),
        ),
    )
    yield (
        "Pinpoint has ended",
        _condition(
            ConditionKind.UNREACHABLE,
            Phase.OPENED,
            provider=PINPOINT,
            scope=LANE_ITSELF,
            reason="GetApps was refused with NotFoundException (HTTP 404): Resource not found",
            for_=timedelta(minutes=15),
        ),
    )
    yield "no longer blind", _condition(ConditionKind.UNREACHABLE, Phase.RESOLVED, scope=LANE_ITSELF)


def _others() -> Iterator[tuple[str, Alert]]:
    cancelled = _change(CONNECT, Status.RUNNING, Status.CANCELLED, Severity.CRITICAL)
    stuck = _condition(ConditionKind.STUCK, Phase.OPENED, planned=True, limit=timedelta(hours=1))
    over = _condition(ConditionKind.LATE, Phase.RESOLVED, planned=True, status_now=Status.RUNNING)
    completed = [_change(PINPOINT, Status.RUNNING, Status.COMPLETED, Severity.INFO, run=f"r{n}") for n in range(4)]
    yield (
        "a digest",
        digest_of(
            [*completed, over, stuck, cancelled], lane=_LANES[CONNECT.name], provider=CONNECT, deployment=PRODUCTION
        ),
    )
    mute = Mute(
        id="release", reason="we test the new segment", set_by="ann", since=NOON - timedelta(hours=2), until=NOON
    )
    long_mute = replace(mute, journeys=("welcome", "winback"), region="eu-west-2", until=NOON + timedelta(days=3))
    arn = f"arn:aws:iam::{ACCOUNT}:user/ann"
    for name, began, everything, configured in (
        ("a mute of everything began", replace(mute, identity=arn, until=NOON + timedelta(hours=2)), True, False),
        ("a long mute of the configuration began", replace(long_mute, set_by="the configuration"), False, True),
    ):
        context = _context(CONNECT, LANE_ITSELF)
        yield (
            name,
            mute_began_alert(
                began, context, everything=everything, configured=configured, notice_key=notice_key(began), sequence=3
            ),
        )
    yield (
        "a mute has ended",
        mute_ended_alert(
            mute.id,
            tallied(MuteTally(), [cancelled, stuck], "p"),
            _context(CONNECT, LANE_ITSELF),
            since=NOON - timedelta(hours=2),
            sequence=3,
            mute=mute,
        ),
    )
    ada = Actor(ActorKind.SITE_USER, "Ada Lovelace")
    yield "who did it", _answer(cancelled, ada)
    yield "who did it, without names", _answer(cancelled, ada, names=False)
    yield "a role did it", _answer(cancelled, Actor(ActorKind.ROLE, role="deployer", session="ann@example.com"))
    yield "a service did it", _answer(cancelled, Actor(ActorKind.SERVICE, "scheduler.amazonaws.com"))
    given = Acknowledgement.of(
        stuck,
        _LANES[CONNECT.name],
        until=NOW + timedelta(hours=4),
        set_by="ann",
        identity=f"arn:aws:iam::{ACCOUNT}:user/ann",
        note="the dialler is being restarted",
    )
    yield "somebody looks after it", acknowledged_alert(given, _context(CONNECT), sequence=9)
    yield "a test", self_test_alert(service="journey-watch", account=ACCOUNT, region="eu-west-1", sent_at=NOW)
