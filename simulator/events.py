"""What can happen in a scenario: each event is one class, its fields are the keys of an ``[[event]]`` table.

Events of one provider's things are in journey_events.py and campaign_events.py.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from simulator.faults import Fault
from simulator.world import EndOfSupport, ProviderName, World


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happens when the scenario's clock reaches `at`."""

    kinds: ClassVar[dict[str, type["Event"]]] = {}
    kind: ClassVar[str]
    at: timedelta = timedelta()

    def __init_subclass__(cls, *, kind: str | None = None) -> None:
        if kind:
            cls.kind = kind
            Event.kinds[kind] = cls

    def apply(self, world: World, now: datetime) -> World:
        """The world after the event; NotInWorldError when it names what is not there."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class ServiceEnds(Event, kind="service_ends"):
    """Support for a provider ends: its listings are empty, or everything is refused with a status.

    With `lists_applications` Pinpoint's GetApps and GetApp answer as before, and only the rest is refused.
    """

    answer: EndOfSupport
    provider: ProviderName = "pinpoint"
    lists_applications: bool = False

    def apply(self, world: World, now: datetime) -> World:
        del now
        ended = {**world.ended, self.provider: self.answer}
        return replace(world, ended=ended, lists_applications=self.lists_applications)


@dataclass(frozen=True, kw_only=True)
class ServiceAnswers(Event, kind="service_answers"):
    """A provider that had ended answers again, as before."""

    provider: ProviderName = "pinpoint"

    def apply(self, world: World, now: datetime) -> World:
        del now
        return replace(world, ended={name: answer for name, answer in world.ended.items() if name != self.provider})


@dataclass(frozen=True, kw_only=True)
class RoleTrustChanges(Event, kind="role_trust"):
    """A role can no longer be assumed, or can again."""

    role: str
    assumable: bool

    def apply(self, world: World, now: datetime) -> World:
        del now
        return world.with_role(replace(world.role(self.role), assumable=self.assumable))


@dataclass(frozen=True, kw_only=True)
class _FaultEvent(Event):
    def apply(self, world: World, now: datetime) -> World:
        del now  # a fault changes what is answered, not what is true
        return world


@dataclass(frozen=True, kw_only=True)
class FaultIsSwitchedOn(_FaultEvent, kind="fault_on"):
    """A fault begins."""

    fault: Fault


@dataclass(frozen=True, kw_only=True)
class FaultIsSwitchedOff(_FaultEvent, kind="fault_off"):
    """The faults of this name end; ``"*"`` ends all."""

    name: str
