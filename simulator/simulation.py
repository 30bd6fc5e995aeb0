"""A scenario being played: the world as it is now, the clock, the faults that are on, the calls that came."""

import itertools
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from simulator.active_faults import ActiveFaults
from simulator.api import Call, Scene, Session
from simulator.call_log import CallLog
from simulator.clock import ScenarioClock
from simulator.events import Event, FaultIsSwitchedOff, FaultIsSwitchedOn
from simulator.faults import Fault, Stale
from simulator.listing_faults import ListingFault
from simulator.providers import OPERATIONS
from simulator.quotas import Quotas
from simulator.scenario import Scenario, check_operation, parse_scenario
from simulator.world import NotInWorldError, Site, World
from strict_toml.schemas import duration, read_dataclass
from strict_toml.tables import Place


@dataclass(frozen=True)
class PlayedEvent:
    """An event that happened, and when (UTC); or, after events the scenario did not know, the `problem` it met."""

    event: Event
    time: datetime
    problem: str = ""


class Simulation:
    """The control of a running simulator. Safe to use from any thread.

    Durations may be given as timedelta or as in a scenario (``"5s"``), events and faults as objects or as the tables
    a scenario writes. Raises ConfigurationError for tables that are not right, NotInWorldError for events about what is
    not there.
    """

    def __init__(self, scenario: Scenario | str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.RLock()
        self._monotonic = monotonic
        self.load(scenario)

    def load(self, scenario: Scenario | str) -> None:
        """Begins anew with this scenario (an object, or its TOML), its clock stopped and nothing counted."""
        loaded = parse_scenario(scenario) if isinstance(scenario, str) else scenario
        with self._lock:
            self.scenario = loaded
            self.clock = ScenarioClock(loaded.starts_at, monotonic=self._monotonic)
            self.calls = CallLog()
            self.played: list[PlayedEvent] = []
            self.sessions: dict[str, Session] = {}
            self._pending = sorted(loaded.event, key=lambda event: event.at)
            self._history = [(timedelta(), loaded.world(self.clock.origin))]
            self._faults = ActiveFaults(loaded.seed, loaded.fault)
            self._quotas = Quotas(loaded.quotas())
            self._listings = itertools.count(loaded.seed)
            self._page_sizes = {name: loaded.page_size.get(name, _PAGE_SIZE) for name in OPERATIONS}

    @property
    def now(self) -> datetime:
        """The scenario's time (UTC)."""
        with self._lock:
            return self.clock.origin + self.clock.elapsed

    @property
    def world(self) -> World:
        """The world, with every event that is due."""
        with self._lock:
            self._catch_up()
            return self._history[-1][1]

    @property
    def pending(self) -> list[Event]:
        """The events still to come, next first."""
        with self._lock:
            self._catch_up()
            return list(self._pending)

    def start_clock(self) -> None:
        """Lets the scenario run in real time from where its clock stands."""
        with self._lock:
            self.clock.start()

    def stop_clock(self) -> None:
        """Stops the clock; nothing happens until it is started or moved."""
        with self._lock:
            self.clock.stop()
            self._catch_up()

    def advance(self, by: timedelta | str) -> None:
        """Moves the clock forward and plays what is due by then."""
        with self._lock:
            self.move_to(self.clock.elapsed + _duration(by))

    def move_to(self, elapsed: timedelta | str) -> None:
        """Moves the clock to this long after the scenario's start; ValueError when it is past that."""
        with self._lock:
            self.clock.move_to(_duration(elapsed))
            self._catch_up()

    def play_next(self) -> Event | None:
        """Moves the clock to the next event and plays it; None when there is no more."""
        with self._lock:
            self._catch_up()
            if not self._pending:
                return None
            event = self._pending.pop(0)
            self.clock.move_to(event.at)
            self._play(event)
            return event

    def play(self, *events: Event | Mapping[str, object]) -> None:
        """Plays events now, whether or not the scenario knows them: all at once, or none if one of them cannot be."""
        with self._lock:
            self._catch_up()
            read = [one if isinstance(one, Event) else read_dataclass(Event, one, Place("event")) for one in events]
            known = [replace(one, at=self.clock.elapsed) for one in read]
            world = self._history[-1][1]
            for one in known:
                world = one.apply(world, self.now)
            for one in known:
                self._play(one)

    def switch_on(self, fault: Fault | Mapping[str, object]) -> None:
        """Switches a fault on."""
        with self._lock:
            known = fault if isinstance(fault, Fault) else read_dataclass(Fault, fault, Place("fault"))
            if known.operation != "*":
                check_operation(known.operation, Place("fault", "operation"))
            self._faults.switch_on(known)

    def switch_off(self, name: str = "*") -> int:
        """Switches off the faults of this name, or all; how many that were."""
        with self._lock:
            return self._faults.switch_off(name)

    def faults(self) -> list[tuple[Fault, int]]:
        """The faults that are on, each with the number of calls it hit."""
        with self._lock:
            self._catch_up()
            return self._faults.counts()

    def receive(self, call: Call) -> tuple[Scene, list[Fault]] | None:
        """What the call is answered from, and the faults that hit it; None when its quota is used up."""
        with self._lock:
            self._catch_up()
            if not self._quotas.take(call.operation, call.caller, self._monotonic()):
                return None
            faults = self._faults.hitting(call)
            stale = max((fault.by for fault in faults if isinstance(fault, Stale)), default=timedelta())
            scene = Scene(
                world=self._world_at(self.clock.elapsed - stale),
                now=self.clock.origin + self.clock.elapsed,
                listing=next(self._listings),
                page_sizes=self._page_sizes,
                largest_page=self.scenario.max_page_size,
                faults=[fault for fault in faults if isinstance(fault, ListingFault)],
                sessions=self.sessions,
            )
            return scene, faults

    def site_of(self, access_key: str, region: str) -> Site:
        """Whose call it is, by the key and Region of its signature (empty for an unsigned one).

        A key that AssumeRole gave belongs to the role's account; one of twelve digits names its account itself.
        """
        home = Site(self.scenario.account, self.scenario.region)
        own = access_key if len(access_key) == len(home.account) and access_key.isdigit() else home.account
        session = self.sessions.get(access_key)
        return Site(session.account if session else own, region or home.region)

    def _catch_up(self) -> None:
        while self._pending and self._pending[0].at <= self.clock.elapsed:
            event = self._pending.pop(0)
            try:
                self._play(event)
            except NotInWorldError as error:  # whoever calls just now has no part in it
                self.played.append(PlayedEvent(event, self.clock.origin + event.at, str(error)))

    def _play(self, event: Event) -> None:
        when = self.clock.origin + event.at
        self._history.append((event.at, event.apply(self._history[-1][1], when)))
        self.played.append(PlayedEvent(event, when))
        if isinstance(event, FaultIsSwitchedOn):
            self._faults.switch_on(event.fault)
        elif isinstance(event, FaultIsSwitchedOff):
            self._faults.switch_off(event.name)

    def _world_at(self, elapsed: timedelta) -> World:
        return self._history[max(0, bisect_right(self._history, elapsed, key=lambda entry: entry[0]) - 1)][1]


_PAGE_SIZE = 50
"""The page where neither the caller nor the scenario says otherwise; AWS documents none."""


def _duration(value: timedelta | str) -> timedelta:
    return value if isinstance(value, timedelta) else duration(value, Place("duration"))
