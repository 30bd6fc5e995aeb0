"""One deployment's TOML file as typed, checked data. Every wrong key, type or value is one ConfigurationError."""

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final, Self

from infra.durations import interval, seconds
from infra.mute_entries import read_mutes, time_zone
from infra.pair_entries import check_pairs, read_pair
from infra.recipients import (
    EmailRecipient,
    SlackChannel,
    SlackRecipient,
    SlackWebhook,
    TeamsChannel,
    email_address,
    email_recipients,
    event_bus_name_or_arn,
    slack_recipients,
    teams_channels,
)
from infra.rule_entries import read_rules
from infra.watch_entries import read_watch_list, served
from journey_watch.core.attribution import Attribution
from journey_watch.core.watch_list import WatchTarget
from journey_watch.settings import WatchConfig
from strict_toml.tables import Place, Table, boolean, list_of, load, matching, one_of, whole_number

KEYS: Final = (
    "name",
    "label",
    "time_zone",
    "every",
    "keep_data",
    "history_days",
    "watch",
    "pair",
    "alerts",
    "ops",
    "metrics",
)
ALERT_KEYS: Final = (
    "email",
    "slack",
    "teams",
    "event_bus",
    "alert_on_first_sight",
    "digest_over",
    "attribution",
    "attribution_after",
    "rules",
    "mute",
)
OPS_KEYS: Final = ("email",)
METRICS_KEYS: Final = ("per_journey",)

RECIPIENTS_KEY: Final = "JourneyWatch::Recipients"
"""Under which a template's metadata lists `DeploymentConfig.recipients`, for the next deployment to compare."""
CODE_KEY: Final = "JourneyWatch::Code"
"""Under which it names the code that ships with it (`bundle.shipped_code`), for the command to compare."""
MUTES_KEY: Final = "JourneyWatch::Mutes"
"""Under which it has the configuration's mutes, as `settings.mutes_to_json` writes them, for the command to list."""

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
    watching: WatchConfig = field(default_factory=WatchConfig)
    """What the poller is told."""
    unserved: tuple[WatchTarget, ...] = ()
    """Entries that are left out: they watch everything of a provider that the stack's Region does not have."""
    alert_email: tuple[EmailRecipient, ...] = ()
    slack: tuple[SlackRecipient, ...] = ()
    teams: tuple[TeamsChannel, ...] = ()
    event_bus: str | None = None
    """The name or ARN of a bus that gets every alert as an event."""
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
    def chat(self) -> tuple[SlackChannel | TeamsChannel, ...]:
        """The channels in which Amazon Q shows cards."""
        return *(reader for reader in self.slack if isinstance(reader, SlackChannel)), *self.teams

    @property
    def webhooks(self) -> tuple[SlackWebhook, ...]:
        return tuple(reader for reader in self.slack if isinstance(reader, SlackWebhook))

    @property
    def alerts_somebody(self) -> bool:
        """Whether anybody named in the file gets the alerts; whoever subscribes to the topic by hand is not known."""
        return bool(self.alert_email or self.slack or self.teams or self.event_bus)

    @property
    def recipients(self) -> frozenset[str]:
        """Everybody the file names, for alerts or as an operator, in words without spaces.

        Addresses and chat channels are as in the file; a secret stands behind `webhook:`, a bus behind `event-bus:`.
        """
        addresses = {reader.address for reader in self.alert_email} | set(self.ops_email)
        channels = {channel.channel_id for channel in self.chat}
        webhooks = {f"webhook:{webhook.secret}" for webhook in self.webhooks}
        return frozenset(
            addresses | channels | webhooks | ({f"event-bus:{self.event_bus}"} if self.event_bus else set())
        )

    @classmethod
    def from_file(cls, path: Path, *, own_account: str = "own", own_region: str = "own") -> Self:
        """Read a file. Account and Region are the stack's, if they are known: two entries may name the same place.

        Raises ConfigurationError with the file, the key, what was expected, and the nearest valid key.
        """
        root, place = load(path)
        top = Table(root, place, keys=KEYS)
        alerts = top.table("alerts", keys=ALERT_KEYS)
        ops = top.table("ops", keys=OPS_KEYS)
        metrics = top.table("metrics", keys=METRICS_KEYS)
        default = cls()
        read_watch = partial(read_watch_list, own_account=own_account, own_region=own_region)
        targets: tuple[WatchTarget, ...] = top.get("watch", read_watch, ())
        pairs = top.get("pair", list_of(read_pair), default.watching.pairs)
        check_pairs(pairs, targets, place.key("pair"))
        usual = default.watching
        every: timedelta = top.get("every", interval, default.every)
        watching = WatchConfig(
            watch=tuple(target for target in targets if served(target, own_region=own_region)),
            every_seconds=int(every.total_seconds()),
            label=top.get("label", _label, usual.label),
            time_zone=top.get("time_zone", time_zone, usual.time_zone),
            rules=alerts.get("rules", read_rules, ()),
            mutes=alerts.get("mute", read_mutes, ()),
            pairs=pairs,
            digest_over=alerts.get("digest_over", whole_number(1, 1000), usual.digest_over),
            alert_on_first_sight=alerts.get("alert_on_first_sight", boolean, usual.alert_on_first_sight),
            attribution=alerts.get("attribution", one_of(tuple(Attribution)), usual.attribution),
            attribution_after_seconds=alerts.get("attribution_after", seconds, usual.attribution_after_seconds),
            history_days=top.get("history_days", whole_number(1, 3650), usual.history_days),
            per_journey_metrics=metrics.get("per_journey", boolean, usual.per_journey_metrics),
        )
        return cls(
            name=top.get("name", _stack_name, default.name),
            keep_data=top.get("keep_data", boolean, default.keep_data),
            watching=watching,
            unserved=tuple(target for target in targets if not served(target, own_region=own_region)),
            alert_email=alerts.get("email", email_recipients, ()),
            slack=alerts.get("slack", slack_recipients, ()),
            teams=alerts.get("teams", teams_channels, ()),
            event_bus=alerts.get("event_bus", event_bus_name_or_arn, None),
            ops_email=ops.get("email", list_of(email_address), ()),
        )

    def with_recipient(self, address: object) -> Self:
        """The same deployment with one recipient more, of alerts and as an operator.

        Raises ConfigurationError if it is no address.
        """
        known = email_address(address, Place("EMAIL"))
        return replace(
            self,
            alert_email=self.alert_email
            if known in [reader.address for reader in self.alert_email]
            else (*self.alert_email, EmailRecipient(known)),
            ops_email=tuple(dict.fromkeys((*self.ops_email, known))),
        )

    def for_poller(self) -> WatchConfig:
        """What the poller is told, and who should have confirmed a subscription."""
        return replace(
            self.watching,
            alert_recipients=tuple(recipient.address for recipient in self.alert_email),
            ops_recipients=self.ops_email,
        )
