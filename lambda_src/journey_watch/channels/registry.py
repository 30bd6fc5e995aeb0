"""The channels there are. Adding one is adding its folder, and what makes it here."""

from collections.abc import Callable, Mapping
from typing import Final

from journey_watch.channels.entry import ChannelContext
from journey_watch.channels.event_bus.entry import event_bus_channels
from journey_watch.channels.sns.entry import sns_channels
from journey_watch.ports import Channel

REGISTRY: Final[list[Callable[[ChannelContext], Mapping[str, Channel]]]] = [sns_channels, event_bus_channels]
"""Each gives the channels that a lane of this deployment sends through, by the names under which alerts are owed."""


def channels_of(context: ChannelContext) -> dict[str, Channel]:
    """All channels of a lane, by name, in the order in which they are sent through."""
    return {name: channel for make in REGISTRY for name, channel in make(context).items()}
