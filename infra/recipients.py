"""Who gets alerts, as a configuration names them."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from journey_watch.core.routing import DEFAULT
from journey_watch.core.severity import SENT, Severity
from strict_toml.tables import Parser, Place, Table, boolean, list_of, matching, one_of

T = TypeVar("T")

WAYS: Final = ("email", "slack", "teams", "pagerduty", "webhook", "event_bus")
"""The keys by which a recipient is told, under `[alerts]` and in a `[[recipient]]` entry."""
RECIPIENT_ENTRY_KEYS: Final = ("name", *WAYS, "attribution")
MAX_RECIPIENTS: Final = 49
"""With the default one, three severities of each are what a filter policy of SNS can list for one address."""
RECIPIENT_KEYS: Final = ("to", "min_severity")
SLACK_KEYS: Final = ("workspace_id", "channel_id", "webhook_secret", "min_severity")
TEAMS_KEYS: Final = ("team_id", "tenant_id", "channel_id", "min_severity")
PAGERDUTY_KEYS: Final = ("secret", "region", "min_severity")
SIGNED_WEBHOOK_KEYS: Final = ("url", "secret", "min_severity")

PAGERDUTY_REGIONS: Final = ("us", "eu")
PAGING: Final = (Severity.WARNING, Severity.CRITICAL)
"""What an incident may be opened for: that a run began is none, and nothing would ever resolve it."""

_UUID: Final = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_EVENT_BUS_NAME: Final = r"[A-Za-z0-9._/-]{1,256}"
# Nothing either that nobody sees, or that is a byte of the command line and no text.
_LETTER: Final = r"[^@\s<>$\"\\\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufeff]"

email_address: Final = matching(
    re.compile(rf"{_LETTER}+@{_LETTER}+\.((?!\.){_LETTER})+"), "an e-mail address like ops@example.com"
)
# The patterns of AWS::Chatbot, but for Slack's own "E", "T", "C", "D" and "G" in front: a channel's name is not its id.
_workspace_id: Final = matching(re.compile(r"[ET][0-9A-Z]{1,254}"), "a Slack workspace's id like T0123ABCD")
_slack_channel_id: Final = matching(
    re.compile(r"[CDG][0-9A-Z]{1,254}"), "a Slack channel's id like C0123ABCD: the end of its link, not its name"
)
_team_id: Final = matching(re.compile(_UUID), "a team's id, the groupId of its link: 8-4-4-4-12 hexadecimal digits")
_tenant_id: Final = matching(re.compile(_UUID), "a tenant's id, the tenantId of a link: 8-4-4-4-12 hexadecimal digits")
_teams_channel_id: Final = matching(
    re.compile(r"[\w=+/.,-]*%3[aA][\w=+/.,-]*%40[\w=+/.,-]*", re.ASCII),
    "a Teams channel's id as its link has it, like 19%3A…%40thread.tacv2",
)
_secret_name: Final = matching(
    re.compile(r"[\w/+=.@-]{1,512}", re.ASCII), "the name of a secret: letters, digits and /_+=.@-"
)
_recipient_name: Final = matching(re.compile(r"[a-z][a-z0-9-]{0,30}"), "a short name: small letters, digits and -")
# Without what would be a secret in the open (a user) or is never sent (a fragment).
_https_url: Final = matching(
    re.compile(r"https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?([/?][!-\"$-;=?-~]{0,300})?", re.ASCII),
    "a URL like https://example.com/alerts, of a public address",
)
event_bus_name_or_arn: Final = matching(
    re.compile(rf"(arn:aws[a-z-]*:events:[a-z0-9-]+:\d{{12}}:event-bus/)?{_EVENT_BUS_NAME}", re.ASCII),
    "the name or the ARN of an event bus",
)


@dataclass(frozen=True, slots=True)
class EmailRecipient:
    """A person or list who gets alerts by e-mail."""

    address: str
    min_severity: Severity = Severity.WARNING
    """The quietest alert they get."""


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """A channel in which Amazon Q Developer shows cards."""

    workspace_id: str
    channel_id: str
    min_severity: Severity = Severity.INFO
    """Cards stand in one thread a run, so that following everything stays bearable."""


@dataclass(frozen=True, slots=True)
class TeamsChannel:
    """As SlackChannel, in Microsoft Teams."""

    team_id: str
    tenant_id: str
    channel_id: str
    min_severity: Severity = Severity.INFO


@dataclass(frozen=True, slots=True)
class SlackWebhook:
    """A Slack channel behind an incoming webhook."""

    secret: str
    """The name of the Secrets Manager secret that is the webhook's URL."""
    min_severity: Severity = Severity.INFO

    @property
    def described(self) -> str:
        """What the function that delivers to it must know."""
        return self.secret


@dataclass(frozen=True, slots=True)
class PagerDutyService:
    """A PagerDuty service with an Events API v2 integration."""

    secret: str
    """The name of the Secrets Manager secret that is the integration's routing key."""
    min_severity: Severity = Severity.CRITICAL
    region: str = "us"
    """PagerDuty's service region in which the account is, `us` or `eu`."""

    @property
    def described(self) -> dict[str, str]:
        """What the function that delivers to it must know."""
        return {"secret": self.secret, "region": self.region}


@dataclass(frozen=True, slots=True)
class SignedWebhook:
    """An HTTPS endpoint that gets alerts by the Standard Webhooks convention."""

    url: str
    secret: str
    """The name of the Secrets Manager secret that holds the key, or two while it is replaced. Each endpoint has its
    own: whoever knows the key could speak in our name to any other."""
    min_severity: Severity = Severity.INFO

    @property
    def described(self) -> dict[str, str]:
        """What the function that delivers to it must know."""
        return {"secret": self.secret, "url": self.url}


SlackRecipient = SlackChannel | SlackWebhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody to whom alerts are routed, and all the ways in which they are told."""

    name: str = DEFAULT
    email: tuple[EmailRecipient, ...] = ()
    slack: tuple[SlackRecipient, ...] = ()
    teams: tuple[TeamsChannel, ...] = ()
    pagerduty: tuple[PagerDutyService, ...] = ()
    signed_webhooks: tuple[SignedWebhook, ...] = ()
    event_bus: str | None = None
    """The name or ARN of a bus that gets every alert as an event."""
    attribution: bool = True
    """False: they are not told who did something."""

    @property
    def chat(self) -> tuple[SlackChannel | TeamsChannel, ...]:
        """The channels in which Amazon Q shows cards."""
        return *(reader for reader in self.slack if isinstance(reader, SlackChannel)), *self.teams

    @property
    def webhooks(self) -> tuple[SlackWebhook, ...]:
        return tuple(reader for reader in self.slack if isinstance(reader, SlackWebhook))

    @property
    def ways(self) -> dict[str, str]:
        """How they are told, by what the configuration calls each: all of which it can have once."""
        return {
            **{channel.channel_id: "channel" for channel in self.chat},
            **{f"pagerduty:{service.secret}": "PagerDuty service" for service in self.pagerduty},
            **{f"signed-webhook:{webhook.secret}": "webhook" for webhook in self.signed_webhooks},
            **({f"event-bus:{self.event_bus}": "event bus"} if self.event_bus else {}),
        }

    @property
    def least_severities(self) -> dict[str, Severity]:
        """From which severity on each way of telling them is used, in the words of `known_as`."""
        mails = {reader.address: reader.min_severity for reader in self.email}
        chats = {channel.channel_id: channel.min_severity for channel in self.chat}
        queued = {
            **{f"webhook:{webhook.secret}": webhook.min_severity for webhook in self.webhooks},
            **{f"pagerduty:{service.secret}": service.min_severity for service in self.pagerduty},
            **{f"signed-webhook:{webhook.secret}": webhook.min_severity for webhook in self.signed_webhooks},
        }
        return mails | chats | queued | ({f"event-bus:{self.event_bus}": Severity.INFO} if self.event_bus else {})

    @property
    def known_as(self) -> frozenset[str]:
        """All of them, in words without spaces.

        Addresses and channels as they are; a secret stands behind `webhook:` (of Slack), `pagerduty:` or
        `signed-webhook:`, a bus behind `event-bus:`.
        """
        addresses = {reader.address for reader in self.email}
        webhooks = {f"webhook:{webhook.secret}" for webhook in self.webhooks}
        return frozenset(addresses | webhooks | self.ways.keys())


def read_ways(table: Table, name: str = DEFAULT) -> Recipient:
    """The recipient of this name whom the keys WAYS of a table describe."""
    return Recipient(
        name=name,
        email=table.get("email", email_recipients, ()),
        slack=table.get("slack", slack_recipients, ()),
        teams=table.get("teams", teams_channels, ()),
        pagerduty=table.get("pagerduty", pagerduty_services, ()),
        signed_webhooks=table.get("webhook", signed_webhooks, ()),
        event_bus=table.get("event_bus", event_bus_name_or_arn, None),
    )


def read_recipients(value: object, place: Place) -> tuple[Recipient, ...]:
    """All `[[recipient]]` entries. Raises ConfigurationError if two have one name, or one has nobody to tell."""
    recipients = list_of(_read_recipient)(value, place)
    if len(recipients) > MAX_RECIPIENTS:
        raise place.error(f"has {len(recipients)} entries; expected at most {MAX_RECIPIENTS}.")
    names = [recipient.name for recipient in recipients]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise place.item(index).key("name").error(f'is "{name}", as {place.item(names.index(name)).path}.name is.')
    return recipients


def check_ways(recipients: Sequence[Recipient], places: Sequence[Place]) -> None:
    """Raises ConfigurationError if two recipients have one channel, service, webhook or bus.

    It would be told twice what is for both.
    """
    seen: dict[str, Place] = {}
    for recipient, place in zip(recipients, places, strict=True):
        for way, kind in recipient.ways.items():
            if way in seen:
                raise place.error(
                    f'has the {kind} "{way.partition(":")[2] or way}", which {seen[way].path} has too; '
                    "expected it in one of them, and that one in both routes."
                )
            seen[way] = place


def _read_recipient(value: object, place: Place) -> Recipient:
    table = Table(value, place, keys=RECIPIENT_ENTRY_KEYS)
    named = read_ways(table, table.get("name", _recipient_name))
    recipient = replace(named, attribution=table.get("attribution", boolean, True))
    if recipient.name == DEFAULT:
        raise place.key("name").error(f'is "{DEFAULT}", which is what [alerts] itself describes; expected another.')
    if not recipient.known_as:
        raise place.error(f"names nobody; expected one of: {', '.join(WAYS)}.")
    return recipient


def email_recipients(value: object, place: Place) -> tuple[EmailRecipient, ...]:
    """All entries. Raises ConfigurationError if two name one address: a subscription has one severity."""
    readers = list_of(_email_recipient)(value, place)
    addresses = [reader.address for reader in readers]
    for index, address in enumerate(addresses):
        if address in addresses[:index]:
            first = place.item(addresses.index(address)).path
            raise place.item(index).error(f'names "{address}", as {first} does; expected it once.')
    return readers


def slack_recipients(value: object, place: Place) -> tuple[SlackRecipient, ...]:
    """`[alerts.slack]`, or several `[[alerts.slack]]`; each names a channel, a webhook's secret, or both."""
    recipients = tuple(reader for entry in _one_or_more(_slack_entry)(value, place) for reader in entry)
    _refuse_repeats(
        [reader.secret if isinstance(reader, SlackWebhook) else reader.channel_id for reader in recipients], place
    )
    return recipients


def teams_channels(value: object, place: Place) -> tuple[TeamsChannel, ...]:
    """`[alerts.teams]`, or several `[[alerts.teams]]`."""
    channels = _one_or_more(_teams_entry)(value, place)
    _refuse_repeats([channel.channel_id for channel in channels], place)
    return channels


def pagerduty_services(value: object, place: Place) -> tuple[PagerDutyService, ...]:
    """`[alerts.pagerduty]`, or several `[[alerts.pagerduty]]`."""
    services = _one_or_more(pagerduty_service)(value, place)
    _refuse_repeats([service.secret for service in services], place)
    return services


def signed_webhooks(value: object, place: Place) -> tuple[SignedWebhook, ...]:
    """`[alerts.webhook]`, or several `[[alerts.webhook]]`."""
    webhooks = _one_or_more(signed_webhook)(value, place)
    _refuse_repeats([webhook.url for webhook in webhooks], place)
    _refuse_repeats([webhook.secret for webhook in webhooks], place)
    return webhooks


def pagerduty_service(value: object, place: Place) -> PagerDutyService:
    entry = Table(value, place, keys=PAGERDUTY_KEYS)
    return PagerDutyService(
        entry.get("secret", _secret_name),
        Severity(entry.get("min_severity", one_of(PAGING), Severity.CRITICAL.value)),
        entry.get("region", one_of(PAGERDUTY_REGIONS), "us"),
    )


def signed_webhook(value: object, place: Place) -> SignedWebhook:
    entry = Table(value, place, keys=SIGNED_WEBHOOK_KEYS)
    return SignedWebhook(
        entry.get("url", _https_url), entry.get("secret", _secret_name), _min_severity(entry, Severity.INFO)
    )


def _email_recipient(value: object, place: Place) -> EmailRecipient:
    """An address, or a table of one and a severity."""
    if isinstance(value, str):
        return EmailRecipient(email_address(value, place))
    reader = Table(value, place, keys=RECIPIENT_KEYS)
    return EmailRecipient(reader.get("to", email_address), _min_severity(reader, Severity.WARNING))


def _slack_entry(value: object, place: Place) -> tuple[SlackRecipient, ...]:
    entry = Table(value, place, keys=SLACK_KEYS)
    severity = _min_severity(entry, Severity.INFO)
    workspace_id = entry.get("workspace_id", _workspace_id, None)
    channel_id = entry.get("channel_id", _slack_channel_id, None)
    secret = entry.get("webhook_secret", _secret_name, None)
    if (workspace_id is None) != (channel_id is None):
        raise place.error("has only one of workspace_id and channel_id; expected both.")
    channel = (SlackChannel(workspace_id, channel_id, severity),) if workspace_id and channel_id else ()
    webhook = (SlackWebhook(secret, severity),) if secret else ()
    if not channel and not webhook:
        raise place.error("names nobody; expected workspace_id and channel_id, or webhook_secret.")
    return *channel, *webhook


def _teams_entry(value: object, place: Place) -> TeamsChannel:
    entry = Table(value, place, keys=TEAMS_KEYS)
    return TeamsChannel(
        team_id=entry.get("team_id", _team_id),
        tenant_id=entry.get("tenant_id", _tenant_id),
        channel_id=entry.get("channel_id", _teams_channel_id),
        min_severity=_min_severity(entry, Severity.INFO),
    )


def _one_or_more(read: Parser[T]) -> Parser[tuple[T, ...]]:
    """A list of tables, or a single one."""

    def read_either(value: object, place: Place) -> tuple[T, ...]:
        return (read(value, place),) if isinstance(value, dict) else list_of(read)(value, place)

    return read_either


def _refuse_repeats(ids: Sequence[str], place: Place) -> None:
    """Once is all that a channel can be configured, whatever the severities."""
    for found, count in Counter(ids).items():
        if count > 1:
            raise place.error(f'names "{found}" {count} times; expected it once.')


def _min_severity(table: Table, default: Severity) -> Severity:
    return Severity(table.get("min_severity", one_of(SENT), default.value))
