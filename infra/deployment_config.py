"""One deployment's TOML file as typed, checked data. Every wrong key, type or value is one ConfigurationError."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final, Self

from infra.providers import PROVIDERS
from infra.toml_table import Place, Table, boolean, list_of, load, matching, nearest, one_of, text, whole_number
from infra.watch_entries import read_watch_list
from journey_watch import contract
from journey_watch.core.policy import ANY, NEW, AlertRule
from journey_watch.core.runs import Status
from journey_watch.core.severity import Severity
from journey_watch.core.watch_list import WatchTarget
from journey_watch.settings import WatchConfig

KEYS: Final = ("name", "every", "keep_data", "history_days", "watch", "alerts", "ops")
ALERT_KEYS: Final = ("email", "alert_on_first_sight", "rules")
READER_KEYS: Final = ("to", "min_severity")
RULE_KEYS: Final = ("when", "journeys", "application_id", "provider", "severity")
OPS_KEYS: Final = ("email",)

_SLOWEST: Final = timedelta(hours=1)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

# What CloudFormation takes as a stack's name.
_stack_name: Final = matching(re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}"), "a stack name: letters, digits and -")
_address: Final = matching(
    re.compile(r"[^@\s<>$\"\\]+@[^@\s<>$\"\\]+\.[^@\s<>$\"\\.]+"), "an e-mail address like ops@example.com"
)
# The wildcards of `fnmatch`, as rules use them.
_id_pattern: Final = matching(
    re.compile(r"[A-Za-z0-9_*?\[\]!-]+"), "an id (letters, digits, - and _), with * and ? as wildcards"
)


@dataclass(frozen=True, slots=True)
class EmailReader:
    """A person or list who gets alerts by e-mail."""

    address: str
    min_severity: Severity = Severity.WARNING
    """The quietest alert they get."""

    @property
    def severities(self) -> tuple[str, ...]:
        """The severities they get, from quiet to loud."""
        return contract.SEVERITIES[contract.SEVERITIES.index(self.min_severity) :]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentConfig:
    """Everything a file in `config/` says."""

    name: str = "journey-watch"
    """The stack's name; it tells deployments in one account and Region apart."""
    every: timedelta = timedelta(minutes=1)
    """How often each lane is polled: whole minutes, up to an hour."""
    keep_data: bool = True
    """True: the state outlives the stack and accidents. False: all of it goes with the stack."""
    history_days: int = 90
    """How long recorded changes can be looked up."""
    watch: tuple[WatchTarget, ...] = ()
    alert_email: tuple[EmailReader, ...] = ()
    alert_on_first_sight: bool = False
    """True: the first look at a journey alerts what it finds instead of recording it silently."""
    rules: tuple[AlertRule, ...] = ()
    ops_email: tuple[str, ...] = ()
    """Those who look after the monitor itself."""

    @classmethod
    def from_file(cls, path: Path, *, own_account: str = "own", own_region: str = "own") -> Self:
        """Read a file. Account and Region are the stack's, if they are known: two entries may name the same place.

        Raises ConfigurationError with the file, the key, what was expected, and the nearest valid key.
        """
        root, place = load(path)
        top = Table(root, place, keys=KEYS)
        alerts = top.table("alerts", keys=ALERT_KEYS)
        ops = top.table("ops", keys=OPS_KEYS)
        default = cls()
        return cls(
            name=top.get("name", _stack_name, default.name),
            every=top.get("every", _interval, default.every),
            keep_data=top.get("keep_data", boolean, default.keep_data),
            history_days=top.get("history_days", whole_number(1, 3650), default.history_days),
            watch=top.get("watch", partial(read_watch_list, own_account=own_account, own_region=own_region), ()),
            alert_email=alerts.get("email", list_of(_email_reader), ()),
            alert_on_first_sight=alerts.get("alert_on_first_sight", boolean, default.alert_on_first_sight),
            rules=alerts.get("rules", list_of(_rule), ()),
            ops_email=ops.get("email", list_of(_address), ()),
        )

    def with_reader(self, address: object) -> Self:
        """The same deployment with one reader more, on both topics. Raises ConfigurationError if it is no address."""
        known = _address(address, Place("-c email"))
        return replace(
            self,
            alert_email=self.alert_email
            if known in [reader.address for reader in self.alert_email]
            else (*self.alert_email, EmailReader(known)),
            ops_email=tuple(dict.fromkeys((*self.ops_email, known))),
        )

    def for_poller(self) -> WatchConfig:
        """What the poller needs of it."""
        return WatchConfig(
            watch=self.watch,
            rules=self.rules,
            alert_on_first_sight=self.alert_on_first_sight,
            history_days=self.history_days,
        )


def _interval(value: object, place: Place) -> timedelta:
    match = re.fullmatch(r"(\d{1,4})([smhd])", value) if isinstance(value, str) else None
    interval = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta()
    if timedelta() < interval <= _SLOWEST and not interval % timedelta(minutes=1):
        return interval
    raise place.unexpected(value, 'whole minutes from "1m" to "1h"')


def _email_reader(value: object, place: Place) -> EmailReader:
    if isinstance(value, str):
        return EmailReader(_address(value, place))
    reader = Table(value, place, keys=READER_KEYS)
    return EmailReader(
        reader.get("to", _address),
        Severity(reader.get("min_severity", one_of(contract.SEVERITIES), Severity.WARNING.value)),
    )


def _rule(value: object, place: Place) -> AlertRule:
    rule = Table(value, place, keys=RULE_KEYS)
    before, after = rule.get("when", _change)
    return AlertRule(
        before=before,
        after=after,
        severity=Severity(rule.get("severity", one_of(tuple(Severity)))),
        journeys=rule.get("journeys", list_of(_id_pattern, at_least=1), (ANY,)),
        container_id=rule.get("application_id", _id_pattern, ANY),
        provider=rule.get("provider", one_of((*PROVIDERS, ANY)), ANY),
    )


def _change(value: object, place: Place) -> tuple[str, str]:
    sides = [side.strip() for side in text(value, place).split("->")]
    if len(sides) != 2:  # noqa: PLR2004 - before and after
        raise place.unexpected(value, 'two statuses like "RUNNING->CANCELLED"')
    for side, allowed in zip(sides, ((*Status, NEW, ANY), (*Status, ANY)), strict=True):
        if side not in allowed:
            raise place.error(f'has "{side}"{nearest(side, allowed)}. Expected one of: {", ".join(allowed)}.')
    return sides[0], sides[1]
