"""Alerts for tests, built the way a poll builds them. The defaults are the example of the contract."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Final

from hypothesis import strategies as st

from journey_watch.core.acknowledgements import Acknowledgement
from journey_watch.core.alerts import Alert
from journey_watch.core.attribution import Actor, ActorKind, RecordedCall
from journey_watch.core.condition_rules import ConditionEvent, Phase
from journey_watch.core.conditions import Condition, ConditionKind
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
from journey_watch.core.watch_list import ALL
from journey_watch.messages.acknowledged import acknowledged_alert
from journey_watch.messages.attributed import attributed_alert
from journey_watch.messages.condition import condition_alert
from journey_watch.messages.digest import digest_of, digest_pieces
from journey_watch.messages.envelope import AlertContext
from journey_watch.messages.mute_began import mute_began_alert
from journey_watch.messages.mute_ended import mute_ended_alert, tallied
from journey_watch.messages.self_test import self_test_alert
from journey_watch.messages.status_change import status_change_alert
from journey_watch.providers.connect.words import CONNECT
from journey_watch.providers.pinpoint.words import PINPOINT
from tests.core.builders import LANE, NOON

CAMPAIGNS: Final = CONNECT
"""A provider without runs, times or spaces to hide in."""

EXAMPLE: Final = JourneyKey("A", "J")


def alert(
    before: Status | None = Status.RUNNING,
    after: Status = Status.CANCELLED,
    *,
    run_id: str = "R",
    raw_status: str | None = None,
    skipped: tuple[Status, ...] = (),
    sequence: int = 17,
    since: datetime | None = NOON - timedelta(minutes=200),
    updated: datetime | None = NOON,
    created: datetime | None = NOON - timedelta(hours=4),
    observed_at: datetime = NOON + timedelta(seconds=41, milliseconds=237),
    lane: Lane = LANE,
    journey: JourneyKey = EXAMPLE,
    provider: Provider = PINPOINT,
    name: str | None = "Welcome",
    container_name: str | None = "Shop",
    severity: Severity = Severity.CRITICAL,
    counters: Mapping[str, str] = MappingProxyType({}),
    of_journey: bool = False,
    window: CallWindow | None = None,
    looked_for_until: datetime | None = None,
) -> Alert:
    run = ObservedRun(run_id, after, after.value if raw_status is None else raw_status, created, updated)
    previous = None if before is None else RecordedRun(before, NOON - timedelta(minutes=199), created, since)
    return status_change_alert(
        Transition(run, previous, sequence, skipped, of_journey),
        AlertContext(lane, provider, observed_at, journey, JourneyInfo(name, container_name)),
        severity=severity,
        counters=counters,
        window=window,
        looked_for_until=looked_for_until,
    )


CALL: Final = RecordedCall(
    "0f1e2d3c", "StopCampaign", "", NOON - timedelta(seconds=3), source_ip="203.0.113.7", user_agent="aws-cli/2.31.0"
)
ADA: Final = Actor(ActorKind.SITE_USER, "Ada Lovelace")


def attributed(
    explained: Alert | None = None,
    *,
    call: RecordedCall | None = CALL,
    actor: Actor | None = ADA,
    names: bool = True,
    provider: Provider = CAMPAIGNS,
    reason: str = "CloudTrail has recorded no call that matches it by id, kind and time.",
) -> Alert:
    explained = explained or alert(provider=provider, run_id="J")
    return attributed_alert(
        explained,
        AlertContext(LANE, provider, NOON + timedelta(minutes=6), explained.journey),
        call=call,
        actor=actor,
        names=names,
        sequence=18,
        reason=reason,
    )


def condition(phase: Phase, *, opened_by: str = "", sequence: int = 3) -> Alert:
    """A run that is stuck, or was; `opened_by` is the id of the alert that said so first."""
    stuck = Condition(ConditionKind.STUCK, "R", NOON, opened_at=NOON, opened_by=opened_by)
    return condition_alert(ConditionEvent(phase, stuck), AlertContext(LANE, PINPOINT, NOON, EXAMPLE), sequence=sequence)


NASTY: Final = (
    "<!channel> <@U123> <https://evil.example|Reset your password>",
    "*bold* _italic_ ~gone~ `code` ```block```",
    "&lt;!here&gt; @everyone [link](https://evil.example)",
    "line\nbreak\r\nand\ttab\x00\x1b[31m\x7f\x85\u2028\u2029",
    "\u202egnp.elif\u202c \u2066isolate\u2069 \u200b\ufeff",
    "half a pair: \ud83d, a noncharacter: \uffff",
    "👨‍👩‍👧‍👦🏳️‍🌈" * 1250,
    "é" * 10_000,
    "x" * 10_000,
    "ようこそ",
    "שלום עולם",
    " \t ",
)


@cache
def hostile_text(max_size: int = 10_000) -> st.SearchStrategy[str]:
    """Whatever a JSON string can hold, half of a surrogate pair included, and what has a meaning in chat or mail."""
    anything = st.text(st.characters(exclude_categories=()), max_size=60)
    return st.one_of(
        anything,
        st.sampled_from(NASTY),
        st.tuples(anything, st.integers(1, 400)).map(lambda pair: (pair[0] * pair[1])[:max_size]),
        st.lists(st.sampled_from([*"<>!@*_~`|&[]()\\/:#\n\r\u202e\u2067", "://", "a"]), max_size=60).map("".join),
    )


# Made once: Hypothesis looks each strategy over before it draws from it, which takes longer than the drawing.
_MOMENTS: Final = st.integers(-10_000_000, 10_000_000).map(lambda seconds: NOON + timedelta(seconds=seconds))
_MAYBE_MOMENT: Final = st.none() | _MOMENTS
_IDS: Final = hostile_text(max_size=512).map(lambda text: text[:512]).filter(bool)
_NO_STARS: Final = _IDS.filter(lambda text: text != ALL)
_MAYBE_TEXT: Final = st.none() | hostile_text()
_MAYBE_ID: Final = st.none() | _NO_STARS
_MAYBE_STATUS: Final = st.none() | st.sampled_from(Status)
_LIMITS: Final = st.none() | st.integers(0, 10**9).map(lambda seconds: timedelta(seconds=seconds))
_USUAL: Final = st.lists(st.integers(0, 10**9), max_size=20).map(UsualDuration.of)
_MAYBE_WINDOW: Final = st.none() | st.builds(
    CallWindow, st.sampled_from([("StopCampaign",), ("UpdateJourneyState",)]), st.just(""), _MOMENTS, _MOMENTS
)
_COUNTERS: Final[st.SearchStrategy[dict[str, str]]] = st.just({}) | st.dictionaries(
    hostile_text(), hostile_text(), max_size=20
)


@cache
@st.composite
def alerts(draw: st.DrawFn) -> Alert:
    """Any alert about a change, of either provider, with hostile names and odd ids."""
    provider = draw(st.sampled_from([PINPOINT, CAMPAIGNS]))
    return alert(
        draw(_MAYBE_STATUS),
        draw(st.sampled_from(Status)),
        run_id=draw(_IDS),
        raw_status=draw(hostile_text()),
        skipped=draw(st.sampled_from([(), (Status.RUNNING,)])),
        sequence=draw(st.integers(1, 10**9)),
        since=draw(_MAYBE_MOMENT),
        updated=draw(_MAYBE_MOMENT),
        created=draw(_MAYBE_MOMENT),
        observed_at=draw(_MOMENTS),
        lane=draw(st.sampled_from([LANE, Lane("connect", "444455556666", "us-gov-west-1")])),
        journey=JourneyKey(draw(_IDS), draw(_IDS)),
        provider=provider,
        name=draw(_MAYBE_TEXT),
        container_name=draw(_MAYBE_TEXT),
        severity=draw(st.sampled_from(Severity)),
        counters=draw(_COUNTERS),
        of_journey=provider is PINPOINT and draw(st.booleans()),
        window=draw(_MAYBE_WINDOW),
        looked_for_until=draw(_MAYBE_MOMENT),
    )


def every_kind() -> st.SearchStrategy[Alert]:
    """Any alert of any kind."""
    test = self_test_alert(service="journey-watch", account=LANE.account, region=LANE.region, sent_at=NOON)
    told = (alerts(), condition_alerts(), digest_alerts(), mute_alerts(), acknowledged_alerts(), attributed_alerts())
    return st.one_of(*told, mute_notices(), st.just(test))


@cache
@st.composite
def condition_alerts(draw: st.DrawFn) -> Alert:
    """Any alert about a condition of a run, a journey, a listing or a lane, with hostile names and reasons."""
    provider = draw(st.sampled_from([PINPOINT, CAMPAIGNS]))
    container = draw(_NO_STARS)
    scopes: list[Scope] = [JourneyKey(container, draw(_NO_STARS)), ContainerScope(container), LANE_ITSELF]
    journey = draw(st.sampled_from(scopes))
    condition = Condition(
        draw(st.sampled_from(ConditionKind)),
        draw(_MAYBE_ID) if isinstance(journey, JourneyKey) else None,
        NOON,
        reason=draw(hostile_text()),
        opened_at=NOON,
        severity=draw(st.sampled_from([Severity.WARNING, Severity.CRITICAL])),
        reminders=draw(st.integers(0, 1000)),
        planned=draw(st.booleans()),
    )
    phase = draw(st.sampled_from(Phase))
    observed_at = NOON + timedelta(seconds=draw(st.integers(-100, 10**8)))
    info = JourneyInfo(draw(_MAYBE_TEXT), draw(_MAYBE_TEXT))
    return condition_alert(
        ConditionEvent(phase, condition, status_now=draw(_MAYBE_STATUS), limit=draw(_LIMITS), usual=draw(_USUAL)),
        AlertContext(LANE, provider, observed_at, journey, info),
        sequence=draw(st.integers(1, 10**6)),
        window=draw(_MAYBE_WINDOW),
        looked_for_until=draw(_MAYBE_MOMENT),
    )


_ACTORS: Final = st.builds(Actor, st.sampled_from(ActorKind), _MAYBE_TEXT, _MAYBE_TEXT, _MAYBE_TEXT, _MAYBE_TEXT)
_CALLS: Final = st.builds(
    RecordedCall,
    _IDS,
    st.sampled_from(["StopCampaign", "UpdateJourneyState"]),
    st.just(""),
    _MOMENTS,
    source_ip=_MAYBE_TEXT,
    user_agent=_MAYBE_TEXT,
)


@cache
@st.composite
def attributed_alerts(draw: st.DrawFn) -> Alert:
    """Any answer to who did it, with hostile names."""
    provider = draw(st.sampled_from([PINPOINT, CAMPAIGNS]))
    explained = alert(
        provider=provider,
        journey=JourneyKey(draw(_IDS), draw(_IDS)),
        name=draw(_MAYBE_TEXT),
        of_journey=provider is PINPOINT and draw(st.booleans()),
    )
    found = draw(st.booleans())
    return attributed(
        explained,
        call=draw(_CALLS) if found else None,
        actor=draw(_ACTORS) if found else None,
        names=draw(st.booleans()),
        provider=provider,
        reason=draw(hostile_text()),
    )


_MEMBERS: Final = st.lists(alerts() | condition_alerts() | attributed_alerts(), min_size=1, max_size=3)
_HELD_BACK: Final = st.lists(alerts(), min_size=1, max_size=3)


@cache
@st.composite
def digest_alerts(draw: st.DrawFn) -> Alert:
    """Any digest: the first piece, if it was split."""
    members = draw(_MEMBERS) * draw(st.integers(1, 40))
    return digest_of(next(digest_pieces(members)), lane=LANE, provider=PINPOINT)


@cache
@st.composite
def mute_alerts(draw: st.DrawFn) -> Alert:
    """Any account of what a mute held back."""
    held_back = draw(_HELD_BACK) * draw(st.integers(1, 40))
    return mute_ended_alert(
        "release",
        tallied(MuteTally(), held_back, "p"),
        AlertContext(LANE, PINPOINT, NOON + timedelta(hours=1)),
        since=NOON,
        sequence=3,
    )


@cache
@st.composite
def mute_notices(draw: st.DrawFn) -> Alert:
    """Any notice that a mute began, with hostile names and words."""
    mute = Mute(
        id=draw(hostile_text()),
        reason=draw(hostile_text()),
        set_by=draw(hostile_text()),
        identity=draw(hostile_text()),
        until=draw(_MAYBE_MOMENT),
        journeys=tuple(draw(st.lists(hostile_text(), min_size=1, max_size=8))),
        container_id=draw(hostile_text()),
        region=draw(hostile_text()),
    )
    return mute_began_alert(
        mute,
        AlertContext(LANE, PINPOINT, NOON),
        everything=draw(st.booleans()),
        configured=draw(st.booleans()),
        notice_key=notice_key(mute),
        sequence=3,
    )


@cache
@st.composite
def acknowledged_alerts(draw: st.DrawFn) -> Alert:
    """Any alert that somebody looks after something, with hostile names and words."""
    about = draw(alerts() | condition_alerts())
    given = Acknowledgement.of(
        about.routed_to(draw(st.sampled_from([("default",), ("team", "default")]))),
        LANE,
        until=NOON + timedelta(hours=1),
        set_by=draw(hostile_text()),
        identity=draw(st.sampled_from(["", "arn:aws:iam::111122223333:user/ann"])),
        note=draw(hostile_text()),
    )
    provider = draw(st.sampled_from([PINPOINT, CAMPAIGNS]))
    info = JourneyInfo(draw(_MAYBE_TEXT), draw(_MAYBE_TEXT))
    return acknowledged_alert(given, AlertContext(LANE, provider, NOON, about.journey, info), sequence=9)
