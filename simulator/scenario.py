"""A scenario: what is there, what will happen and when, and what goes wrong. Written in TOML, read strictly."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import simulator.call_events
import simulator.campaign_events
import simulator.listing_faults  # noqa: F401 - importing these three is what makes their kinds known
from journey_watch.core.errors import ConfigurationError
from simulator.declarations import ApplicationDeclaration, InstanceDeclaration, RoleDeclaration, unique
from simulator.events import Event, FaultIsSwitchedOn
from simulator.faults import Fault
from simulator.journey_events import JourneyAppears
from simulator.providers import OPERATIONS
from simulator.quotas import Quota
from simulator.world import NotInWorldError, Site, World
from strict_toml.schemas import read_dataclass
from strict_toml.tables import Place, Table, load, one_of, parse


@dataclass(frozen=True, kw_only=True)
class QuotaDeclaration:
    """``[[quota]]``: replaces AWS's documented quota of an operation."""

    operation: str
    per_second: float
    burst: int

    def __post_init__(self) -> None:
        self.build()

    def build(self) -> Quota:
        """The quota."""
        return Quota(self.per_second, self.burst)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A whole scenario; its fields are the top-level keys.

    `starts_at` fixes the scenario's time, for answers that are the same on every run; without it the scenario begins
    when it is loaded, and again when its clock is started. `page_size` is the default by operation; `max_page_size`
    is the most that a page holds whatever is asked for. `aws_quotas` enforces the quotas that AWS documents.
    `cloudtrail_delay` is how long after a call LookupEvents shows it.
    """

    seed: int = 0
    starts_at: datetime | None = None
    account: str = "111122223333"
    region: str = "eu-west-1"
    page_size: dict[str, int] = field(default_factory=dict)
    max_page_size: int = 200
    aws_quotas: bool = True
    cloudtrail_delay: timedelta = timedelta(minutes=5)
    quota: tuple[QuotaDeclaration, ...] = ()
    application: tuple[ApplicationDeclaration, ...] = ()
    instance: tuple[InstanceDeclaration, ...] = ()
    role: tuple[RoleDeclaration, ...] = ()
    event: tuple[Event, ...] = ()
    fault: tuple[Fault, ...] = ()

    def world(self, now: datetime) -> World:
        """The world before the first event, its times counted back from `now`."""
        home = Site(self.account, self.region)
        campaigns = [campaign for instance in self.instance for campaign in instance.build(now, home)]
        return World(
            home=home,
            applications=unique(((spec.id, spec.build(now, home)) for spec in self.application), "application"),
            instances=unique(((spec.id, spec.site(home)) for spec in self.instance), "instance"),
            campaigns=unique(((campaign.id, campaign) for campaign in campaigns), "campaign"),
            roles=unique(((spec.arn, spec.build()) for spec in self.role), "role"),
            users={(spec.id, user.id): user.build() for spec in self.instance for user in spec.user},
            record_delay=self.cloudtrail_delay,
        )

    def quotas(self) -> dict[str, Quota]:
        """The quota of each operation that has one."""
        by_aws = {name: operation.quota for name, operation in OPERATIONS.items() if operation.quota}
        return (by_aws if self.aws_quotas else {}) | {spec.operation: spec.build() for spec in self.quota}


def load_scenario(path: Path) -> Scenario:
    """The scenario in the TOML file at `path`, checked whole. Raises ConfigurationError, which names the file."""
    return _read(*load(path))


def parse_scenario(text: str, *, source: str = "scenario") -> Scenario:
    """The scenario written in TOML, its events played once over its world so that none can fail later.

    Raises ConfigurationError, whose message begins with `source`.
    """
    place = Place(source)
    return _read(parse(text, place), place)


def check_operation(name: str, place: Place) -> None:
    """Raises ConfigurationError unless the simulator serves an operation of this name."""
    one_of(tuple(OPERATIONS))(name, place)


def _read(value: object, place: Place) -> Scenario:
    scenario = read_dataclass(Scenario, value, place)
    _check(scenario, place)
    return scenario


def _check(scenario: Scenario, place: Place) -> None:
    if scenario.max_page_size < 1:
        raise place.key("max_page_size").unexpected(scenario.max_page_size, "1 or more")
    Table(scenario.page_size, place.key("page_size"), keys=tuple(OPERATIONS))
    for name, size in scenario.page_size.items():
        if size < 1:
            raise place.key("page_size").key(name).unexpected(size, "1 or more")
    for index, quota in enumerate(scenario.quota):
        check_operation(quota.operation, place.key("quota").item(index).key("operation"))
    _play(scenario, place)
    for index, fault in enumerate(scenario.fault):
        _check_fault(fault, scenario, place.key("fault").item(index))
    for index, event in enumerate(scenario.event):
        if isinstance(event, FaultIsSwitchedOn):
            _check_fault(event.fault, scenario, place.key("event").item(index).key("fault"))


def _play(scenario: Scenario, place: Place) -> None:
    try:
        world = scenario.world(datetime.now(UTC))
    except ConfigurationError as error:
        raise ConfigurationError(f"{place.file}: {error}") from error
    except OverflowError as error:
        raise ConfigurationError(f"{place.file}: a time lies beyond the years that there are ({error}).") from error
    numbered = sorted(enumerate(scenario.event), key=lambda pair: pair[1].at)
    for index, event in numbered:
        try:
            world = event.apply(world, datetime.now(UTC))
        except (NotInWorldError, OverflowError) as error:
            raise place.key("event").item(index).error(f"({event.kind}) cannot happen: {error}.") from error


def _check_fault(fault: Fault, scenario: Scenario, place: Place) -> None:
    if fault.operation != "*":
        check_operation(fault.operation, place.key("operation"))
    journeys = [spec.id for application in scenario.application for spec in application.journey]
    journeys += [event.journey for event in scenario.event if isinstance(event, JourneyAppears)]
    journeys += [spec.id for instance in scenario.instance for spec in instance.campaign]
    applications = [spec.id for spec in scenario.application]
    for key, found, known in (("application", fault.application, applications), ("journey", fault.journey, journeys)):
        one_of(("*", *known))(found, place.key(key))
