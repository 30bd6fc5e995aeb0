"""The event buses of a deployment: one for each recipient that has one."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Final

from journey_watch import contract
from journey_watch.aws.access import Access
from journey_watch.aws.clients import events_client
from journey_watch.channels.entry import ChannelContext, ChannelEntry
from journey_watch.channels.event_bus.notifier import EventBusNotifier
from journey_watch.messages.envelope import SOURCE
from journey_watch.ports import Channel

_client = cache(events_client)
"""All lanes share one."""


def _channels(context: ChannelContext) -> Mapping[str, Channel]:
    # An event bus cannot be written to from another Region than its own.
    return {
        contract.event_bus_channel(recipient): Channel(
            EventBusNotifier(_client(context.session, bus_arn.split(":")[3]), bus_arn), recipient=recipient
        )
        for recipient, bus_arn in _buses(context.environment).items()
    }


def _buses(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Their ARNs, by recipient."""
    buses: dict[str, str] = json.loads(environment.get(contract.ENV_EVENT_BUSES, "{}"))
    return buses


def _uses(environment: Mapping[str, str]) -> list[Access]:
    buses = tuple(_buses(environment).values())
    return [Access(("events:PutEvents",), buses, (("events:source", SOURCE),))] if buses else []


EVENT_BUS_ENTRY: Final = ChannelEntry(make=_channels, sdk_operations={"events": ("PutEvents",)}, uses=_uses)
