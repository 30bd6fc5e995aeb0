"""One deployment's TOML file as typed, checked data. Every wrong key, type or value is one ConfigurationError."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final, Self

from infra.adopted_table import KEYS as DEPLOYMENT_KEYS
from infra.adopted_table import AdoptedTable, read_adopted_table
from infra.durations import interval, seconds
from infra.mute_entries import read_mutes
from infra.pair_entries import check_pairs, read_pair
from infra.recipients import (
    WAYS,
    EmailRecipient,
    PagerDutyService,
    Recipient,
    SignedWebhook,
    SlackWebhook,
    check_ways,
    email_address,
    read_recipients,
    read_ways,
)
from infra.references import refuse_references
from infra.route_entries import read_names, read_routes
from infra.rule_entries import read_rules
from infra.time_zones import time_zone
from infra.watch_entries import read_watch_list, served
from journey_watch import contract
from journey_watch.core.attribution import Attribution
from journey_watch.core.severity import Severity
from journey_watch.core.watch_list import WatchTarget
from journey_watch.settings import WatchConfig
from strict_toml.tables import Place, Table, boolean, list_of, load, matching, one_of, parse, whole_number

KEYS: Final = (
    "name",
    "label",
    "time_zone",
    "every",
    "keep_data",
    "deployment",
    "history_days",
    "watch",
    "pair",
    "recipient",
    "alerts",
    "ops",
    "metrics",
)
ALERT_KEYS: Final = (
    *WAYS,
    "alert_on_first_sight",
    "digest_over",
    "attribution",
    "attribution_after",
    "rules",
    "route",
    "mute",
)
OPS_KEYS: Final = ("email", "to")
METRICS_KEYS: Final = ("per_journey",)

RECIPIENTS_KEY: Final = "JourneyWatch::Recipients"
"""Under which a template's metadata lists `DeploymentConfig.recipients`, for the next deployment to compare."""
CODE_KEY: Final = "JourneyWatch::Code"
"""Under which it names the code that ships with it (`bundle.shipped_code`), for the command to compare."""
MUTES_KEY: Final = "JourneyWatch::Mutes"
"""Under which it has the configuration's mutes, as `settings.mutes_to_json` writes them, for the command to list."""
CHOICES_KEY: Final = "JourneyWatch::Choices"
"""Under which it has the watch list, rules, routes and mutes, as `WatchConfig.to_json` writes them."""
TIME_ZONE_KEY: Final = "JourneyWatch::TimeZone"
"""Under which it has the configuration's `time_zone`, in which the command reads and shows times."""

# What CloudFormation takes as a stack's name.
_stack_name: Final = matching(re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}"), "a stack name: letters, digits and -")
# It stands in subjects and titles, between brackets.
_label: Final = matching(
    re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,19}"), "a short label: up to 20 letters, digits, spaces and ._-"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentConfig:
    """Everything a file in `config/` says."""

    name: str = "journey-watch"
    """The stack's name; it tells deployments in one account and Region apart."""
    keep_data: bool = True
    """True: the state outlives the stack and accidents. False: all of it goes with the stack."""
    adopted_table: AdoptedTable | None = None
    """A table that is used instead of one of the stack's own."""
    watching: WatchConfig = field(default_factory=WatchConfig)
    """What the poller is told."""
    unserved: tuple[WatchTarget, ...] = ()
    """Entries that are left out: they watch everything of a provider that the stack's Region does not have."""
    default: Recipient = field(default_factory=Recipient)
    """Whoever `[alerts]` itself names: they are told what no route is about."""
    others: tuple[Recipient, ...] = ()
    """The `[[recipient]]` entries."""
    ops_email: tuple[str, ...] = ()
    """Those who look after the monitor itself."""

    @property
    def watch(self) -> tuple[WatchTarget, ...]:
        """Everything that is watched."""
        return self.watching.watch

    @property
    def every(self) -> timedelta:
        """How often each lane is polled: whole minutes, up to an hour."""
        return timedelta(seconds=self.watching.every_seconds)

    @property
    def everybody(self) -> tuple[Recipient, ...]:
        """All to whom alerts are routed, the default one first."""
        return self.default, *self.others

    @property
    def operators(self) -> tuple[Recipient, ...]:
        """Those of the others who are told as operators too."""
        return tuple(recipient for recipient in self.others if recipient.name in self.watching.operators)

    @property
    def ops_addresses(self) -> tuple[str, ...]:
        """Who gets the operators' mail."""
        of_others = (reader.address for recipient in self.operators for reader in recipient.email)
        return tuple(dict.fromkeys((*self.ops_email, *of_others)))

    @property
    def mail_readers(self) -> dict[str, dict[str, Severity]]:
        """Who gets alerts by e-mail: by address, as which recipients, and from which severity on as each."""
        readers: dict[str, dict[str, Severity]] = {}
        for recipient in self.everybody:
            for reader in recipient.email:
                readers.setdefault(reader.address, {})[recipient.name] = reader.min_severity
        return readers

    @property
    def webhook_readers(self) -> dict[str, dict[str, Severity]]:
        """As mail_readers, by the name of each webhook's secret."""
        readers: dict[str, dict[str, Severity]] = {}
        for recipient in self.everybody:
            for webhook in recipient.webhooks:
                readers.setdefault(webhook.secret, {})[recipient.name] = webhook.min_severity
        return readers

    @property
    def alerts_somebody(self) -> bool:
        """Whether anybody named in the file gets the alerts; whoever subscribes to the topic by hand is not known."""
        return any(recipient.known_as for recipient in self.everybody)

    @property
    def recipients(self) -> frozenset[str]:
        """Everybody the file names, for alerts or as an operator, in words without spaces."""
        return frozenset(self.ops_email).union(*(recipient.known_as for recipient in self.everybody))

    @classmethod
    def from_file(cls, path: Path, *, own_account: str = "own", own_region: str = "own") -> Self:
        """Read a file. Account and Region are the stack's, if they are known: two entries may name the same place.

        Raises ConfigurationError with the file, the key, what was expected, and the nearest valid key.
        """
        root, place = load(path)
        return cls._read(root, place, own_account=own_account, own_region=own_region)

    @classmethod
    def from_toml(cls, text: str, place: Place) -> Self:
        """Read a text as if it were that file. Raises ConfigurationError as `from_file` does."""
        return cls._read(parse(text, place), place, own_account="own", own_region="own")

    @classmethod
    def _read(cls, root: object, place: Place, *, own_account: str, own_region: str) -> Self:
        refuse_references(root, place)
        top = Table(root, place, keys=KEYS)
        alerts = top.table("alerts", keys=ALERT_KEYS)
        ops = top.table("ops", keys=OPS_KEYS)
        metrics = top.table("metrics", keys=METRICS_KEYS)
        default = cls()
        read_watch = partial(read_watch_list, own_account=own_account, own_region=own_region)
        targets: tuple[WatchTarget, ...] = top.get("watch", read_watch, ())
        pairs = top.get("pair", list_of(read_pair), default.watching.pairs)
        check_pairs(pairs, targets, place.key("pair"))
        others: tuple[Recipient, ...] = top.get("recipient", read_recipients, ())
        names = tuple(recipient.name for recipient in others)
        watched = {target.provider for target in targets}
        usual = default.watching
        every: timedelta = top.get("every", interval, default.every)
        zone: str = top.get("time_zone", time_zone, usual.time_zone)
        watching = WatchConfig(
            watch=tuple(target for target in targets if served(target, own_region=own_region)),
            every_seconds=int(every.total_seconds()),
            label=top.get("label", _label, usual.label),
            time_zone=zone,
            rules=alerts.get("rules", partial(read_rules, watched=watched), ()),
            routes=alerts.get("route", partial(read_routes, watched=watched, recipients=names), ()),
            operators=ops.get("to", partial(read_names, recipients=names), ()),
            recipients=names,
            unattributed=tuple(recipient.name for recipient in others if not recipient.attribution),
            mutes=alerts.get("mute", partial(read_mutes, usual_zone=zone), ()),
            pairs=pairs,
            digest_over=alerts.get("digest_over", whole_number(1, 1000), usual.digest_over),
            alert_on_first_sight=alerts.get("alert_on_first_sight", boolean, usual.alert_on_first_sight),
            attribution=alerts.get("attribution", one_of(tuple(Attribution)), usual.attribution),
            attribution_after_seconds=alerts.get("attribution_after", seconds, usual.attribution_after_seconds),
            history_days=top.get("history_days", whole_number(1, 3650), usual.history_days),
            per_journey_metrics=metrics.get("per_journey", boolean, usual.per_journey_metrics),
        )
        named = read_ways(alerts)
        places = [place.key("alerts"), *(place.key("recipient").item(index) for index in range(len(others)))]
        check_ways((named, *others), places)
        told = {name for route in watching.routes for name in route.to}.union(watching.operators)
        for recipient, where in zip(others, places[1:], strict=True):
            if recipient.name not in told:
                routes = "the to of an [[alerts.route]], or of [ops]"
                raise where.error(f'is never told anything; expected "{recipient.name}" in {routes}.')
        return cls(
            name=top.get("name", _stack_name, default.name),
            keep_data=top.get("keep_data", boolean, default.keep_data),
            adopted_table=read_adopted_table(top.table("deployment", keys=DEPLOYMENT_KEYS)),
            watching=watching,
            unserved=tuple(target for target in targets if not served(target, own_region=own_region)),
            default=named,
            others=others,
            ops_email=ops.get("email", list_of(email_address), ()),
        )

    def with_recipient(self, address: object) -> Self:
        """The same deployment with one recipient more, of alerts and as an operator.

        Raises ConfigurationError if it is no address.
        """
        refuse_references(address, Place("EMAIL"))
        known = email_address(address, Place("EMAIL"))
        email = self.default.email
        if known not in [reader.address for reader in email]:
            email = (*email, EmailRecipient(known))
        return replace(
            self,
            default=replace(self.default, email=email),
            ops_email=tuple(dict.fromkeys((*self.ops_email, known))),
        )

    @property
    def _queued(self) -> Mapping[str, Sequence[SlackWebhook | PagerDutyService | SignedWebhook]]:
        """Those who get alerts through a queue, by the variable of the function that empties it."""
        everybody = self.everybody
        return {
            contract.ENV_SLACK_QUEUES: [each for recipient in everybody for each in recipient.webhooks],
            contract.ENV_PAGERDUTY_QUEUES: [each for recipient in everybody for each in recipient.pagerduty],
            contract.ENV_SIGNED_WEBHOOK_QUEUES: [each for recipient in everybody for each in recipient.signed_webhooks],
        }

    def for_poller(self) -> WatchConfig:
        """Return what ships in the bundle: what to watch, who should confirm subscriptions, and queues' recipients."""
        return replace(
            self.watching,
            alert_recipients=tuple(self.mail_readers),
            ops_recipients=self.ops_addresses,
            queued={
                variable: {contract.queue_id(each.secret): each.described for each in recipients}
                for variable, recipients in self._queued.items()
                if recipients
            },
        )
