"""A scenario: what is there, what will happen and when, and what goes wrong. Written in TOML, read strictly."""

import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import simulator.campaign_events
import simulator.listing_faults  # noqa: F401 - importing these two is what makes their kinds known
from simulator.declarations import ApplicationDeclaration, InstanceDeclaration, RoleDeclaration
from simulator.events import Event, FaultIsSwitchedOn
from simulator.faults import Fault
from simulator.journey_events import JourneyAppears
from simulator.providers import OPERATIONS
from simulator.quotas import Quota
from simulator.strict_reader import ScenarioError, read_table, suggest, unique
from simulator.world import NotInWorldError, Site, World


@dataclass(frozen=True, kw_only=True)
class QuotaDeclaration:
    """``[[quota]]``: replaces AWS's documented quota of an operation."""

    operation: str
    per_second: float
    burst: int

    def build(self) -> Quota:
        """The quota."""
        return Quota(self.per_second, self.burst)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A whole scenario; its fields are the top-level keys.

    `starts_at` fixes the scenario's time, for answers that are the same on every run; without it the scenario begins
    when it is loaded, and again when its clock is started. `page_size` is the default by operation; `max_page_size`
    is the most that a page holds whatever is asked for. `aws_quotas` enforces the quotas that AWS documents.
    """

    seed: int = 0
    starts_at: datetime | None = None
    account: str = "111122223333"
    region: str = "eu-west-1"
    page_size: dict[str, int] = field(default_factory=dict)
    max_page_size: int = 200
    aws_quotas: bool = True
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
        )

    def quotas(self) -> dict[str, Quota]:
        """The quota of each operation that has one."""
        by_aws = {name: operation.quota for name, operation in OPERATIONS.items() if operation.quota}
        return (by_aws if self.aws_quotas else {}) | {spec.operation: spec.build() for spec in self.quota}


def load_scenario(path: Path) -> Scenario:
    """The scenario in the TOML file at `path`, checked whole. Raises ScenarioError, which names the file."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror}; name a scenario file that can be read") from error
    return parse_scenario(text, source=str(path))


def parse_scenario(text: str, *, source: str = "scenario") -> Scenario:
    """The scenario written in TOML, its events played once over its world so that none can fail later.

    Raises ScenarioError, whose message begins with `source`.
    """
    try:
        scenario = read_table(Scenario, tomllib.loads(text), where="")
        _check(scenario)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{source}: is not TOML: {error}") from error
    except ScenarioError as error:
        raise ScenarioError(f"{source}: {error}") from error
    return scenario


def check_operation(name: str, where: str) -> None:
    """Raises ScenarioError unless the simulator serves an operation of this name."""
    if name not in OPERATIONS:
        raise ScenarioError(f"{where}: {name!r} is not an operation; {suggest(name, OPERATIONS)}")


def _check(scenario: Scenario) -> None:
    if scenario.max_page_size < 1:
        raise ScenarioError(f"max_page_size: expected 1 or more, got {scenario.max_page_size}")
    for name, size in scenario.page_size.items():
        check_operation(name, "page_size")
        if size < 1:
            raise ScenarioError(f"page_size.{name}: expected 1 or more, got {size}")
    for quota in scenario.quota:
        check_operation(quota.operation, "quota.operation")
        quota.build()
    _play(scenario)
    for fault in (*scenario.fault, *(event.fault for event in scenario.event if isinstance(event, FaultIsSwitchedOn))):
        _check_fault(fault, scenario)


def _play(scenario: Scenario) -> None:
    world = scenario.world(datetime.now(UTC))
    for event in sorted(scenario.event, key=lambda event: event.at):
        try:
            world = event.apply(world, datetime.now(UTC))
        except NotInWorldError as error:
            raise ScenarioError(f"event {event.kind} at {event.at.total_seconds():g}s: {error}") from error


def _check_fault(fault: Fault, scenario: Scenario) -> None:
    if fault.operation != "*":
        check_operation(fault.operation, f"fault {fault.kind}.operation")
    journeys = [spec.id for application in scenario.application for spec in application.journey]
    journeys += [event.journey for event in scenario.event if isinstance(event, JourneyAppears)]
    journeys += [spec.id for instance in scenario.instance for spec in instance.campaign]
    applications = [spec.id for spec in scenario.application]
    for key, found, known in (("application", fault.application, applications), ("journey", fault.journey, journeys)):
        if found not in ("*", *known):
            raise ScenarioError(f"fault {fault.kind}.{key}: {found!r} is not declared; {suggest(found, known)}")
