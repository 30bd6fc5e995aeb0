"""What a channel's folder offers: its entry of the registry, and what that is handed to make channels with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import boto3

from journey_watch.aws.access import Access
from journey_watch.ports import Channel
from journey_watch.settings import Settings


@dataclass(frozen=True, slots=True)
class ChannelContext:
    """A deployment, and one lane of it."""

    settings: Settings
    session: boto3.Session
    """It is of the stack's own account and Region."""
    environment: Mapping[str, str] = field(repr=False)
    """The function's: a channel that not every deployment has reads its own variables here."""
    position: int
    """The lane's among all lanes, from 0."""
    lanes: int
    """How many there are: what must be paced is shared out among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelEntry:
    """All that the rest of the project asks of a channel, or of several of one technology."""

    make: Callable[[ChannelContext], Mapping[str, Channel]]
    """Makes those that this deployment has, by the names under which alerts are owed."""
    sdk_operations: Mapping[str, tuple[str, ...]]
    """By service of the AWS SDK, the operations it calls: the bundle has the models of no others."""
    uses: Callable[[Mapping[str, str]], list[Access]]
    """What sending through them calls, by the function's environment."""
