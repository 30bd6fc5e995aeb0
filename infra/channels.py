"""Channels that not every deployment has. Adding one: its file here in infra, and its maker in `REGISTRY`.

The topics that every deployment has stand in `alert_channels.py`; they are one of these too, and made first. So is the
one in `ordered_topic.py`, which the stack makes by itself, because queues subscribe to it.
"""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.chat_channels import ChatChannels
from infra.deployment_config import DeploymentConfig
from infra.event_bus_channel import EventBusChannel


class SendingParts(Protocol):
    """What the poller must be told and allowed, and what must be watched, for alerts to go through channels."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What the poller reads of them."""
        ...

    @property
    def topics(self) -> Mapping[str, sns.ITopic]:
        """Those whose deliveries alarms watch, by channel."""
        ...

    def grant_sending(self, role: iam.Role) -> None:
        """Everything that the channel's `uses` calls."""
        ...


REGISTRY: Final[list[Callable[[Construct, DeploymentConfig, kms.Key], SendingParts]]] = [
    lambda stack, config, key: ChatChannels(stack, "Chat", key=key, recipients=config.everybody),
    lambda stack, config, _: EventBusChannel(stack, "EventBusChannel", recipients=config.everybody),
]
