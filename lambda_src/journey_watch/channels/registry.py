"""The channels there are. Adding one is adding its folder, and its entry here."""

from typing import Final

from journey_watch.channels.entry import ChannelContext, ChannelEntry
from journey_watch.channels.event_bus.entry import EVENT_BUS_ENTRY
from journey_watch.channels.sns.entry import SNS_ENTRY
from journey_watch.ports import Channel

REGISTRY: Final[list[ChannelEntry]] = [SNS_ENTRY, EVENT_BUS_ENTRY]


def channels_of(context: ChannelContext) -> dict[str, Channel]:
    """All channels of a lane, by name, in the order in which they are sent through."""
    return {name: channel for entry in REGISTRY for name, channel in entry.make(context).items()}
