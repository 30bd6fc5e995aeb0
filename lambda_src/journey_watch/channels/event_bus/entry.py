"""The event bus of a deployment, if it has one."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from journey_watch import contract
from journey_watch.aws.access import Access
from journey_watch.aws.clients import events_client
from journey_watch.channels.entry import ChannelContext, ChannelEntry
from journey_watch.channels.event_bus.notifier import EventBusNotifier
from journey_watch.ports import Channel

_client = cache(events_client)
"""All lanes share one."""


def _channels(context: ChannelContext) -> Mapping[str, Channel]:
    bus_arn = context.environment.get(contract.ENV_EVENT_BUS)
    if not bus_arn:
        return {}
    # An event bus cannot be written to from another Region than its own.
    events = _client(context.session, bus_arn.split(":")[3])
    return {contract.CHANNEL_EVENT_BUS: Channel(EventBusNotifier(events, bus_arn))}


def _uses(environment: Mapping[str, str]) -> list[Access]:
    bus_arn = environment.get(contract.ENV_EVENT_BUS)
    return [Access(("events:PutEvents",), (bus_arn,))] if bus_arn else []


EVENT_BUS_ENTRY: Final = ChannelEntry(make=_channels, sdk_operations={"events": ("PutEvents",)}, uses=_uses)
