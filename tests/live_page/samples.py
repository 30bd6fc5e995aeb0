"""A deployment to look at: three lanes, one of them not in use, with something wrong in two."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.mutes import Mute
from journey_watch.core.pairs import Pair
from journey_watch.core.provider import Provider
from journey_watch.core.runs import DeliveryLease, JourneyKey, JourneyState, Lane, RecordedRun, Status
from journey_watch.core.severity import Severity
from journey_watch.live_page import (
    Change,
    LaneSnapshot,
    Links,
    PageRequest,
    UrlLinks,
    ViewerClock,
    build_view,
    render,
)
from journey_watch.live_page.last_polls import LastPoll
from journey_watch.providers.connect.words import CONNECT
from journey_watch.providers.pinpoint.words import PINPOINT
from tests.core.builders import NOON, minutes
from tests.messages.alert_builders import alert

PINPOINT_LANE: Final = Lane("pinpoint", "111122223333", "eu-west-1")
CONNECT_LANE: Final = Lane("connect", "111122223333", "eu-central-1")
UNUSED_LANE: Final = Lane("connect", "444455556666", "us-east-1")
NOW: Final = NOON
POLLED: Final = LastPoll(NOW - minutes(1), late=False)
LATE: Final = LastPoll(NOW - minutes(14), late=True)


def run(status: Status, *, began: float, ended: float | None = None) -> RecordedRun:
    """`began` and `ended` in minutes ago. A live run has had its status since it began."""
    created = NOW - minutes(began)
    changed = NOW - minutes(began if ended is None else ended)
    return RecordedRun(
        status, recorded_at=changed + timedelta(seconds=40), creation_time=created, last_update_time=changed
    )


def hourly(count: int, *, lasting: float = 38, first: float = 60) -> dict[str, RecordedRun]:
    return {
        f"hourly-{n:03}": run(Status.COMPLETED, began=first + 60 * n, ended=first + 60 * n - lasting)
        for n in range(count)
    }


def state(
    name: str | None, runs: Mapping[str, RecordedRun], *conditions: Condition, owed_since: datetime | None = None
) -> JourneyState:
    owed = {"a": DeliveryLease("TRANSITION#x", owed_since)} if owed_since else {}
    return JourneyState(
        version=3,
        baselined_at=NOW - timedelta(days=9),
        runs=runs,
        undelivered=owed,
        journey_name=name,
        conditions={condition.key: condition for condition in conditions},
    )


def condition(
    kind: ConditionKind, run_id: str | None, *, since: float, reason: str = "", severity: Severity = Severity.WARNING
) -> Condition:
    began = NOW - minutes(since)
    return Condition(kind, run_id, began, reason, opened_at=began + minutes(10), severity=severity)


WELCOME: Final = JourneyKey("4f3a51bd0e6c4f0f", "welcome")
WINBACK: Final = JourneyKey("4f3a51bd0e6c4f0f", "winback")
BIRTHDAY: Final = JourneyKey("4f3a51bd0e6c4f0f", "birthday")
CART: Final = JourneyKey("4f3a51bd0e6c4f0f", "cart")
DIGEST: Final = JourneyKey("9b1deb4d3b7d4bad", "digest")
RENEWAL: Final = JourneyKey("9b1deb4d3b7d4bad", "renewal")
SURVEY: Final = JourneyKey("9b1deb4d3b7d4bad", "survey")
BILLING: Final = JourneyKey("1f0e7c52", "billing-calls")
LOYALTY: Final = JourneyKey("1f0e7c52", "loyalty")
NAMES: Final = {
    WELCOME: "Welcome series",
    WINBACK: "Win-back: „20 % off“ <b>🎉</b>",
    BIRTHDAY: "Birthday greetings",
    CART: "Abandoned cart",
    DIGEST: "Weekly digest",
    RENEWAL: "Contract renewal",
    SURVEY: "Satisfaction survey",
    BILLING: "Billing reminders (calls)",
    LOYALTY: "Loyalty tier change",
}
CONTAINERS: Final = {"4f3a51bd0e6c4f0f": "Web shop", "9b1deb4d3b7d4bad": "Insurance", "1f0e7c52": "Contact centre"}


def change(
    before: Status | None,
    after: Status,
    *,
    ago: float,
    journey: JourneyKey,
    run_id: str = "run",
    severity: Severity = Severity.INFO,
    since: float | None = None,
    muted_by: str | None = None,
    of_journey: bool = False,
) -> Change:
    """A recorded alert, built and read the way it is in life. `ago` and `since` in minutes."""
    at = NOW - minutes(ago)
    lane, provider = (CONNECT_LANE, CONNECT) if journey in (BILLING, LOYALTY) else (PINPOINT_LANE, PINPOINT)
    envelope = alert(
        before,
        after,
        run_id=run_id,
        of_journey=of_journey,
        updated=at,
        since=None if since is None else NOW - minutes(since),
        observed_at=at + timedelta(seconds=38),
        lane=lane,
        journey=journey,
        provider=provider,
        name=NAMES[journey],
        container_name=CONTAINERS[journey.container_id],
        severity=severity,
    ).envelope
    held_back = {"muted_by": muted_by} if muted_by else {}
    return Change.from_envelope(lane, {**envelope, "detail": {**envelope["detail"], **held_back}})


def pinpoint_reading() -> LaneSnapshot:
    completed, running, scheduled = Status.COMPLETED, Status.RUNNING, Status.SCHEDULED
    runs = {
        WELCOME: {**hourly(18, first=200), "welcome-1123": run(Status.CANCELLED, began=150, ended=12)},
        WINBACK: {"winback-07": run(scheduled, began=410)},
        BIRTHDAY: {
            **{f"birthday-{n}": run(completed, began=1430 - 6 * n, ended=1400 - 6 * n) for n in range(3)},
            "birthday-1123": run(completed, began=45, ended=9),
        },
        CART: {
            **hourly(20, lasting=57, first=120),
            "cart-a": run(running, began=1260),
            "cart-b": run(running, began=22),
        },
        DIGEST: {"digest-47": run(running, began=95), "digest-46": run(completed, began=1300, ended=900)},
        RENEWAL: {"renewal-9": run(scheduled, began=30), **hourly(6, first=400, lasting=20)},
        SURVEY: {},
    }
    wrong = {
        WINBACK: [condition(ConditionKind.LATE, "winback-07", since=410)],
        CART: [condition(ConditionKind.STUCK, "cart-a", since=1260)],
    }
    cancelled = change(
        running, Status.CANCELLED, ago=12, journey=WELCOME, run_id="welcome-1123", severity=Severity.CRITICAL, since=148
    )
    return LaneSnapshot(
        PINPOINT_LANE,
        PINPOINT,
        journeys={key: state(NAMES[key], found, *wrong.get(key, ())) for key, found in runs.items()},
        changes=[
            change(running, completed, ago=9, journey=BIRTHDAY, run_id="birthday-1123", since=45),
            cancelled,
            change(scheduled, running, ago=22, journey=CART, run_id="cart-b", since=24),
            change(None, scheduled, ago=30, journey=RENEWAL, run_id="renewal-9"),
            change(scheduled, running, ago=95, journey=DIGEST, run_id="digest-47", since=140),
        ],
    )


def connect_reading() -> LaneSnapshot:
    owed_since = NOW - minutes(18)
    return LaneSnapshot(
        CONNECT_LANE,
        CONNECT,
        journeys={
            BILLING: state(NAMES[BILLING], {BILLING.journey_id: run(Status.PAUSED, began=64)}),
            LOYALTY: state(NAMES[LOYALTY], {"loyalty": run(Status.RUNNING, began=1100)}, owed_since=owed_since),
        },
        changes=[
            change(Status.RUNNING, Status.PAUSED, ago=64, journey=BILLING, since=900, severity=Severity.WARNING),
        ],
    )


def unused_reading() -> LaneSnapshot:
    return LaneSnapshot(UNUSED_LANE, CONNECT, {}, was_listed=False)


def readings() -> list[LaneSnapshot]:
    """All three lanes, each polled a minute ago."""
    return [replace(each, last_poll=POLLED) for each in (pinpoint_reading(), connect_reading(), unused_reading())]


class FixedReader:
    """Always reads the same."""

    def __init__(self, found: Sequence[LaneSnapshot], mutes: Mapping[str, Mute | None] | None = None) -> None:
        self.found = found
        self.known_mutes = mutes or {}

    def read(self, lanes: Mapping[Lane, Provider], *, since: datetime) -> Sequence[LaneSnapshot]:
        del lanes, since
        return self.found

    def mutes(self) -> Mapping[str, Mute | None]:
        return self.known_mutes


class FixedPolls:
    """Every lane had its last poll so long ago; None: nobody can tell."""

    def __init__(self, ago: timedelta | None = timedelta(minutes=1)) -> None:
        self.ago = ago

    def read(self, lanes: Collection[Lane], *, now: datetime) -> Mapping[Lane, datetime | None]:
        return {} if self.ago is None else dict.fromkeys(lanes, now - self.ago)


def page(
    shown: Sequence[LaneSnapshot],
    request: PageRequest | None = None,
    *,
    links: Links | None = None,
    pairs: Sequence[Pair] = (),
    mutes: Sequence[Mute] = (),
) -> str:
    """The page as a browser gets it from the local cloud, or with other links."""
    request = request or PageRequest()
    view = build_view(shown, request.query, NOW, pairs, {mute.id: mute for mute in mutes})
    return render(view, theme=request.theme, clock=ViewerClock(NOW, request.zone), links=links or UrlLinks())
