"""Configurations of a trial: who gets which alerts through which channels, and what is watched."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from journey_watch.core.attribution import Attribution
from journey_watch.core.filters import What
from journey_watch.core.mutes import Mute
from journey_watch.core.routing import DEFAULT, Route
from journey_watch.core.severity import Severity
from journey_watch.core.watch_list import ALL, AUTO, Thresholds, WatchTarget
from journey_watch.ports import Channel, Notifier
from journey_watch.settings import WatchConfig

MAIL: Final = "mail"
QUEUE: Final = "queue"
CHAT: Final = "chat"
OPERATORS: Final = "operators"
PLACES: Final = (MAIL, QUEUE, CHAT, OPERATORS)
"""Where alerts arrive. The chat's channel has another name with another severity, and is the same place."""

TEAM: Final = "team"
NIGHT: Final = "night"
"""Recipients beside the default one; only the team has a chat."""

REMIND_EVERY: Final = 600
STUCK_AFTER: Final = 240
ATTRIBUTION_AFTER: Final = 45
"""All in seconds: short, because a trial lasts 39 minutes."""
THRESHOLDS: Final = Thresholds(
    stuck_after=STUCK_AFTER,
    late_after=420,
    paused_after=300,
    unreachable_after=120,
    remind_every=REMIND_EVERY,
    catch_up_after=90,
)

_ROUTES: Final[tuple[tuple[Route, ...], ...]] = (
    (),
    (Route(to=(TEAM,), journeys=("a",)),),
    (Route(to=(DEFAULT, TEAM), what=What(after="CANCELLED")),),
    (Route(to=(NIGHT,), what=What(condition="STUCK")), Route(to=(TEAM, DEFAULT), container_id="app-1")),
    (
        Route(to=(TEAM,), journeys=("b", "new"), goes_on=True, attribution=False),
        Route(to=(NIGHT,), min_severity=Severity.WARNING),
    ),
)


@dataclass(frozen=True, slots=True)
class Deployment:
    """One configuration, in force from when it is deployed."""

    routes: tuple[Route, ...] = ()
    chat_from: Severity | None = Severity.INFO
    """The least severity that the team's chat gets; None if the team has no chat."""
    operators: tuple[str, ...] = ()
    """Recipients who get the operators' alerts as well."""
    unattributed: tuple[str, ...] = ()
    """Recipients who are not told who made a change."""
    whole_lane: bool = True
    """False: only `app-1` is watched."""
    by_id: tuple[str, str] | None = None
    """Container and id of a journey that is also watched by its id."""
    learns: bool = False
    """True: what is stuck is learned from the runs that completed."""
    mute: Mute | None = None
    digest_over: int = 10

    @classmethod
    def random(cls, random: Random) -> "Deployment":
        """One of many, without a mute."""
        return cls(
            routes=random.choice(_ROUTES),
            chat_from=random.choice((Severity.INFO, Severity.INFO, Severity.WARNING, None)),
            operators=random.choice(((), (TEAM,))),
            unattributed=random.choice(((), (), (NIGHT,))),
            digest_over=random.choice((1, 3, 10)),
        )

    @property
    def targets(self) -> list[WatchTarget]:
        thresholds = replace(THRESHOLDS, stuck_after=AUTO) if self.learns else THRESHOLDS
        targets = [WatchTarget("pinpoint", ALL if self.whole_lane else "app-1", thresholds=thresholds)]
        if self.by_id is not None and self.whole_lane:
            container, journey = self.by_id
            targets.append(WatchTarget("pinpoint", container, (journey,), thresholds=thresholds))
        return targets

    @property
    def config(self) -> WatchConfig:
        return WatchConfig(
            watch=tuple(self.targets),
            routes=self.routes,
            operators=self.operators,
            recipients=(TEAM, NIGHT),
            unattributed=self.unattributed,
            mutes=(self.mute,) if self.mute else (),
            digest_over=self.digest_over,
            attribution=Attribution.ON,
            attribution_after_seconds=ATTRIBUTION_AFTER,
        )

    def channels(self, notifier: Callable[[str], Notifier], *, at_once: int) -> dict[str, Channel]:
        """The channels, each with the notifier of its place."""
        channels = {
            MAIL: Channel(notifier(MAIL), at_once=at_once, max_single=12),
            QUEUE: Channel(notifier(QUEUE), for_operators=None, at_once=at_once, one_by_one=True),
            OPERATORS: Channel(notifier(OPERATORS), for_operators=True, at_once=at_once, max_single=12),
        }
        if self.chat_from is not None:
            former = tuple(_chat(severity) for severity in Severity if severity is not self.chat_from)
            chat = Channel(notifier(CHAT), self.chat_from, TEAM, at_once=at_once, max_single=12, formerly=(*former,))
            channels[_chat(self.chat_from)] = chat
        return channels


def _chat(severity: Severity) -> str:
    return f"{CHAT}-{severity}"
