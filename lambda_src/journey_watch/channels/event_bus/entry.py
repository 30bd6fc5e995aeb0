"""The event bus of a deployment, if it has one."""

from collections.abc import Mapping
from functools import cache

from journey_watch import contract
from journey_watch.aws.clients import events_client
from journey_watch.channels.entry import ChannelContext
from journey_watch.channels.event_bus.notifier import EventBusNotifier
from journey_watch.ports import Channel

_client = cache(events_client)
"""All lanes share one."""


def event_bus_channels(context: ChannelContext) -> Mapping[str, Channel]:
    """One channel, or none."""
    bus_arn = context.settings.event_bus_arn
    if bus_arn is None:
        return {}
    # An event bus cannot be written to from another Region than its own.
    events = _client(context.session, bus_arn.split(":")[3])
    return {contract.CHANNEL_EVENT_BUS: Channel(EventBusNotifier(events, bus_arn))}
