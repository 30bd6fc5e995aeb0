"""What a function is told: its environment, and the resolved configuration that ships in its bundle."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import Any, Self

from journey_watch import contract
from journey_watch.core.attribution import Attribution
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.mutes import Mute
from journey_watch.core.pairs import Pair
from journey_watch.core.severity import Severity
from journey_watch.core.severity_rules import AlertRule
from journey_watch.core.watch_list import Thresholds, WatchTarget


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
                AlertRule(**{**r, "journeys": tuple(r["journeys"]), "severity": Severity(r["severity"])})
                for r in raw.pop("rules")
            )
            mutes = tuple(_mute(mute) for mute in raw.pop("mutes"))
            pairs = tuple(
                Pair(p["name"], tuple((provider, journey) for provider, journey in p["members"]))
                for p in raw.pop("pairs")
            )
            attribution = Attribution(raw.pop("attribution"))
            recipients: dict[str, Any] = {name: tuple(raw.pop(name)) for name in ("alert_recipients", "ops_recipients")}
            return cls(watch=watch, rules=rules, mutes=mutes, pairs=pairs, attribution=attribution, **recipients, **raw)
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


def _mute(raw: dict[str, Any]) -> Mute:
    times = {name: datetime.fromisoformat(raw[name]) if raw[name] else None for name in ("since", "until")}
    clock = {name: time.fromisoformat(raw[name]) if raw[name] else None for name in ("begins", "ends")}
    lists = {name: tuple(raw[name]) for name in ("journeys", "days")}
    return Mute(**{**raw, **times, **clock, **lists})


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
    chat_topic_arns: Mapping[Severity, str]
    """By the least severity each of them gets."""
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
            chat_topic_arns={Severity(severity): arn for severity, arn in chat.items()},
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
