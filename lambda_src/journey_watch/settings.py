"""What a function is told: its environment, and the resolved configuration that ships in its bundle."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, time
from pathlib import Path
from typing import Any, Final, Self

from journey_watch import contract
from journey_watch.core.attribution import Attribution
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.filters import What
from journey_watch.core.mutes import Mute
from journey_watch.core.pairs import Pair
from journey_watch.core.routing import AlertRule, Route
from journey_watch.core.severity import Severity
from journey_watch.core.watch_list import Thresholds, WatchTarget

_LISTS_OF_NAMES: Final = ("operators", "recipients", "unattributed", "alert_recipients", "ops_recipients")


@dataclass(frozen=True, slots=True)
class WatchConfig:
    """The part of a deployment's TOML file that the poller needs, checked and resolved at synth."""

    watch: tuple[WatchTarget, ...] = ()
    every_seconds: int = 60
    """The poll interval of every lane."""
    label: str = ""
    """Tells this deployment from others, in every alert; may be empty."""
    time_zone: str = "UTC"
    """By whose clock people read times; an IANA name."""
    rules: tuple[AlertRule, ...] = ()
    routes: tuple[Route, ...] = ()
    operators: tuple[str, ...] = ()
    """Recipients who are told, beside the operators themselves, that the monitor is blind."""
    recipients: tuple[str, ...] = ()
    """The names of all recipients but the default one."""
    unattributed: tuple[str, ...] = ()
    """Those of them who are not told who did something."""
    mutes: tuple[Mute, ...] = ()
    """Beside those that operators set while it runs."""
    pairs: tuple[Pair, ...] = ()
    """What the live page shows together."""
    digest_over: int = 10
    """More alerts than this for one channel in one poll of a lane become a digest."""
    alert_on_first_sight: bool = False
    """True: the first look at a journey alerts what it finds instead of recording it silently."""
    attribution: Attribution = Attribution.OFF
    """Whether it is looked for who has stopped, paused, resumed, started or deleted something."""
    attribution_after_seconds: int = 300
    """How old an alert is when CloudTrail is first asked about it; each time after that later."""
    history_days: int = 90
    """How long TRANSITION items are kept."""
    per_journey_metrics: bool = False
    """True: two metrics of each journey, which CloudWatch bills for each of them."""
    alert_recipients: tuple[str, ...] = ()
    """The addresses that should have confirmed their subscription to the mail of alerts; set for the bundle."""
    ops_recipients: tuple[str, ...] = ()
    """The addresses that should have confirmed their subscription to the operators' mail."""
    queued: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    """What the functions that empty queues must know of each recipient: by variable, then by `contract.queue_id`. It
    holds names of secrets, and no secret. Set for the bundle."""

    @property
    def choices(self) -> Self:
        """The parts that name journeys: the watch list without external ids, rules, routes and mutes."""
        watch = tuple(replace(target, external_id=None) for target in self.watch)
        return type(self)(watch=watch, rules=self.rules, routes=self.routes, mutes=self.mutes)

    def to_json(self) -> str:
        """The bundled file's text; the same configuration gives the same bytes."""
        return json.dumps(asdict(self), indent=1, sort_keys=True, default=lambda time: time.isoformat())

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote. Raises ConfigurationError if it was not written by this version."""
        try:
            raw: dict[str, Any] = json.loads(text)
            watch = tuple(_watch_target(target) for target in raw.pop("watch"))
            rules = tuple(
                AlertRule(**{**_filter(rule), "what": What(**rule["what"]), "severity": Severity(rule["severity"])})
                for rule in raw.pop("rules")
            )
            routes = tuple(_route(route) for route in raw.pop("routes"))
            mutes = tuple(_mute(mute) for mute in raw.pop("mutes"))
            pairs = tuple(
                Pair(p["name"], tuple((provider, journey) for provider, journey in p["members"]))
                for p in raw.pop("pairs")
            )
            attribution = Attribution(raw.pop("attribution"))
            lists: dict[str, Any] = {name: tuple(raw.pop(name)) for name in _LISTS_OF_NAMES}
            return cls(
                watch=watch,
                rules=rules,
                routes=routes,
                mutes=mutes,
                pairs=pairs,
                attribution=attribution,
                **lists,
                **raw,
            )
        except (ValueError, TypeError, KeyError) as error:
            raise ConfigurationError(
                f"{contract.WATCH_CONFIG_FILE} in the function's bundle cannot be read ({error!r}); deploy again."
            ) from error


def mutes_to_json(mutes: Iterable[Mute]) -> str:
    """Mutes of a configuration, for whoever reads them elsewhere than in the bundle."""
    return json.dumps([asdict(mute) for mute in mutes], default=lambda time: time.isoformat())


def mutes_from_json(text: str) -> tuple[Mute, ...]:
    """Read what `mutes_to_json` wrote. Raises ConfigurationError if it was not written by this version."""
    try:
        return tuple(_mute(mute) for mute in json.loads(text))
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigurationError(
            f"The mutes of the configuration that is deployed cannot be read ({error!r}): another version wrote them. "
            "Deploy this checkout, or use the command of the one that was deployed."
        ) from error


def _filter(raw: dict[str, Any]) -> dict[str, Any]:
    """With the lists that a filter has as the core has them."""
    return {**raw, **{name: tuple(raw[name]) for name in ("journeys", "journey_types")}}


def _route(raw: dict[str, Any]) -> Route:
    what = What(**raw["what"]) if raw["what"] else None
    severity = Severity(raw["min_severity"])
    return Route(**{**_filter(raw), "to": tuple(raw["to"]), "what": what, "min_severity": severity})


def _mute(raw: dict[str, Any]) -> Mute:
    times = {name: datetime.fromisoformat(raw[name]) if raw[name] else None for name in ("since", "until")}
    clock = {name: time.fromisoformat(raw[name]) if raw[name] else None for name in ("begins", "ends")}
    return Mute(**{**_filter(raw), **times, **clock, "days": tuple(raw["days"])})


def _watch_target(raw: dict[str, Any]) -> WatchTarget:
    lists = {name: tuple(raw[name]) for name in ("journey_ids", "journey_types")}
    return WatchTarget(**{**raw, **lists, "thresholds": Thresholds(**raw["thresholds"])})


@dataclass(frozen=True, slots=True)
class Settings:
    """One deployment, as a function sees it. Read once, at start."""

    table_name: str
    alert_topic_arn: str
    alert_mail_topic_arn: str
    ops_topic_arn: str
    ops_mail_topic_arn: str
    chat_topic_arns: Mapping[tuple[str, Severity], str]
    """By the recipient whose chats it is for, and the least severity that these get."""
    account: str
    region: str
    service: str
    """The stack's name."""
    config: WatchConfig = field(repr=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str], config: WatchConfig) -> Self:
        """Read the environment. Raises ConfigurationError naming every variable that is missing or empty."""
        names = {
            "table_name": contract.ENV_STATE_TABLE,
            "alert_topic_arn": contract.ENV_ALERT_TOPIC,
            "alert_mail_topic_arn": contract.ENV_ALERT_MAIL_TOPIC,
            "ops_topic_arn": contract.ENV_OPS_TOPIC,
            "ops_mail_topic_arn": contract.ENV_OPS_MAIL_TOPIC,
            "account": contract.ENV_ACCOUNT,
            "region": contract.ENV_REGION,
            "service": contract.ENV_SERVICE,
        }
        values = _required(env, names)
        chat = json.loads(env.get(contract.ENV_CHAT_TOPICS, "{}"))
        return cls(
            config=config,
            chat_topic_arns={
                (recipient, Severity(severity)): arn
                for key, arn in chat.items()
                for recipient, _, severity in [key.rpartition("/")]
            },
            **values,
        )


@dataclass(frozen=True, slots=True)
class WidgetSettings:
    """One deployment, as the function of the dashboard's widget sees it."""

    table_name: str
    account: str
    region: str
    service: str
    """The stack's name."""
    config: WatchConfig = field(repr=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str], config: WatchConfig) -> Self:
        """Read the environment. Raises ConfigurationError naming every variable that is missing or empty."""
        names = {
            "table_name": contract.ENV_STATE_TABLE,
            "account": contract.ENV_ACCOUNT,
            "region": contract.ENV_REGION,
            "service": contract.ENV_SERVICE,
        }
        return cls(config=config, **_required(env, names))


def _required(env: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    missing = sorted(name for name in names.values() if not env.get(name))
    if missing:
        raise ConfigurationError(f"The function's environment lacks {', '.join(missing)}; deploy the stack again.")
    return {field_name: env[name] for field_name, name in names.items()}


def bundled_watch_config() -> WatchConfig:
    """The configuration beside the code. Raises ConfigurationError if the bundle has none."""
    path = Path(__file__).parent.parent / contract.WATCH_CONFIG_FILE
    try:
        return WatchConfig.from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"The function's bundle has no {contract.WATCH_CONFIG_FILE}; deploy the stack again."
        ) from error
