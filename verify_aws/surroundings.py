"""Where the verification runs: an account of AWS, or the local cloud that stands in for one."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config

from infra.deployment_config import DeploymentConfig
from journey_watch.aws.clients import OWN_CONFIG
from verify_aws.waiting import Patience

CHECKOUT: Final = Path(__file__).resolve().parent.parent
CONFIG_FILE: Final = CHECKOUT / "config" / "verify.toml"

CLIENTS: Final = OWN_CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 5}, read_timeout=60))
"""CloudFormation and IAM answer in their own time, and throttle those who ask in a row."""


class Gap(StrEnum):
    """All that the local cloud cannot show, in the words of the report. On AWS there is no gap."""

    CONDITIONS = "Permissions that hold by way of one service only: the local cloud judges no condition."
    ALARM_HISTORY = "Whether the alarm's action succeeded: the local cloud keeps no actions in its history."
    ALL_CLEAR = "Whether the all-clear arrives: the local cloud tells EventBridge nothing of alarms."
    QUERY_LANGUAGE = "Whether queries are understood: the local cloud starts one whatever it says."
    SAVED_QUERIES = "Whether saved queries stand in the console: the local cloud does not keep them."
    EXPRESSIONS = "Searches and sums in graphs: the local cloud evaluates no expression."


class CannotRunError(Exception):
    """Nothing was looked at; the message says what to do."""


class DeploymentFailedError(Exception):
    """The stack was not deployed; the message is the end of what the CDK said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """An account and Region, and how to deploy into it."""

    session: boto3.Session
    """Every client that it makes repeats calls a fixed number of times and does not wait for ever."""
    account: str
    deploy: Callable[[], None]
    """Deploys CONFIG_FILE. Raises DeploymentFailedError."""
    patience: Patience
    interval: timedelta
    """In which each lane is polled once."""
    pause: timedelta
    """Between two looks at the same thing."""
    look_again: Callable[[], object] = lambda: None
    """Called before each look at metrics: the local cloud does not read them from the log by itself."""
    while_destroying: Callable[[], AbstractContextManager[object]] = nullcontext
    """Entered while the stack is deleted: there a poll may still be under way when its role loses its policies."""
    is_local: bool = False

    @property
    def config(self) -> DeploymentConfig:
        """What CONFIG_FILE says, in this account and Region."""
        region = self.session.region_name
        return DeploymentConfig.from_file(CONFIG_FILE, own_account=self.account, own_region=region)

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes it at run time
        return self.session.client(service)  # type: ignore[call-overload]

    @property
    def gaps(self) -> frozenset[Gap]:
        """What cannot be checked here."""
        return frozenset(Gap) if self.is_local else frozenset()
