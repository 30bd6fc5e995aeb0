"""Acknowledgements that operators set are reported once, in order, and never at the expense of anything else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from journey_watch.core.acknowledgements import Acknowledgement
from journey_watch.core.alerts import Alert, AlertKind
from journey_watch.core.commit_plan import CommitLimits
from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.errors import PollFailedError, SourceError
from journey_watch.core.runs import LANE_ITSELF, JourneyState, Scope, Status
from journey_watch.core.severity import Severity
from journey_watch.core.transitions import StateChange
from journey_watch.store.memory import MemoryRunStore
from tests.core.builders import LANE
from tests.polling.scripted import WELCOME, WINBACK, PollHarness

REFUSED = SourceError("404 Not Found", code="NotFoundException", absent=True)


def acknowledging(harness: PollHarness, thread: str, scope: Scope = WELCOME, *, hours: int = 9) -> Acknowledgement:
    return Acknowledgement(
        alert_id=thread,
        thread=thread,
        lane=LANE,
        scope=scope,
        what="Run r1 has been RUNNING for 5 h.",
        severity=Severity.WARNING,
        recipients=("default",),
        for_operators=scope == LANE_ITSELF,
        until=harness.clock.time + timedelta(hours=hours),
        set_by="ann",
    )


def acknowledged(harness: PollHarness) -> list[Alert]:
    return [alert for alert in harness.channel.accepted if alert.kind is AlertKind.ACKNOWLEDGED]


def once(action: Callable[[], None]) -> Callable[[str], None]:
    """Do it before the first commit."""
    left = [action]

    def before(name: str) -> None:
        if name == "commit" and left:
            left.pop()()

    return before


def test_acknowledgement_is_not_committed_after_a_lost_race(harness: PollHarness) -> None:
    """It was computed from a state that is not stored: committed, it would hide that the lane became UNREACHABLE."""
    harness.source.failures = {WELCOME: REFUSED, WINBACK: REFUSED}
    with pytest.raises(PollFailedError):
        harness.poll()
    harness.source.failures.clear()
    harness.commit_limits = CommitLimits(max_events=1)  # the second commit would find the version that it expects
    given = [acknowledging(harness, thread, LANE_ITSELF) for thread in ("one", "two")]
    harness.store.set_acknowledgements(*given)
    now = harness.clock.time
    opened = Condition(ConditionKind.UNREACHABLE, None, now, opened_at=now, opened_by="opening")

    def another_invocation_opens_it() -> None:
        state = harness.store.load(LANE).scopes[LANE_ITSELF]
        theirs: JourneyState = replace(state, version=state.version + 1, conditions={opened.key: opened})
        MemoryRunStore.commit(harness.store, LANE, StateChange(LANE_ITSELF, state.version, theirs), (), (), now)

    harness.store.before = once(another_invocation_opens_it)
    harness.poll_a_minute_later()
    assert harness.store.load(LANE).scopes[LANE_ITSELF].conditions == {opened.key: opened}
    harness.poll_a_minute_later()
    assert [alert.detail.get("phase", "acknowledged") for alert in harness.operators.accepted] == [
        "Resolved",
        "acknowledged",
        "acknowledged",
    ]


def test_digest_never_overtakes_an_acknowledgement_of_its_thread(harness: PollHarness) -> None:
    harness.config = replace(harness.config, digest_over=1)
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    (cancelled,) = harness.channel.accepted
    harness.channel.accepted.clear()
    until = harness.clock.time + timedelta(hours=9)
    harness.store.set_acknowledgements(Acknowledgement.of(cancelled, LANE, until=until, set_by="ann"))
    harness.channel.refuse = lambda _: True
    harness.poll_a_minute_later()
    harness.channel.refuse = lambda _: False
    harness.clock.advance(minutes=20)
    for run in ("r1", "r2", "r3"):
        harness.source.set(WELCOME, run, Status.RUNNING)
    harness.poll()
    of_thread = [alert for alert in harness.channel.accepted if alert.thread == cancelled.thread]
    assert [alert.kind for alert in of_thread] == [AlertKind.ACKNOWLEDGED, AlertKind.STATUS_CHANGE]
    (digest,) = [alert for alert in harness.channel.accepted if alert.kind is AlertKind.DIGEST]
    assert {member["run_id"] for member in digest.detail["changes"]} == {"r2", "r3"}


def test_acknowledgement_survives_that_its_journey_is_not_watched_for_a_while(harness: PollHarness) -> None:
    harness.store.set_acknowledgements(acknowledging(harness, "thread"))
    harness.poll()
    assert len(acknowledged(harness)) == 1
    harness.source.excluded = {WELCOME}
    harness.poll_a_minute_later()
    assert harness.store.load(LANE).journeys[WELCOME].baselined_at is None
    harness.source.excluded = set()
    for _ in range(3):
        harness.poll_a_minute_later()
    assert len(acknowledged(harness)) == 1


def test_earlier_acknowledgements_survive_a_new_one(harness: PollHarness) -> None:
    first, second = acknowledging(harness, "first"), acknowledging(harness, "second", hours=5)
    harness.store.set_acknowledgements(first)
    harness.poll()
    harness.store.set_acknowledgements(second)
    harness.poll_a_minute_later()
    assert harness.store.load(LANE).journeys[WELCOME].acknowledged == {"first": first.until, "second": second.until}
    harness.store.set_acknowledgements(first, second)
    harness.poll_a_minute_later()
    assert [alert.thread for alert in acknowledged(harness)] == ["first", "second"]
