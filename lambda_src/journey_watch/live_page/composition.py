"""Puts the page of live runs together, for the widget and for the local cloud."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import boto3

from journey_watch.aws import clients as aws_clients
from journey_watch.core.pairs import Pair
from journey_watch.core.provider import Provider
from journey_watch.core.runs import Lane
from journey_watch.core.watch_list import lanes_of
from journey_watch.live_page import LaneSnapshot, Links, PageRequest, ViewerClock, build_view, render
from journey_watch.live_page.lane_reader import LaneReader
from journey_watch.providers.registry import REGISTRY
from journey_watch.settings import WidgetSettings, bundled_watch_config


class SnapshotSource(Protocol):
    def read(self, lanes: Mapping[Lane, Provider], *, since: datetime) -> Sequence[LaneSnapshot]:
        """All lanes, with what was recorded from `since` on. Raises StoreUnavailableError if that cannot be read."""


class LivePage:
    """Reads the table and renders. Nothing is kept between two calls."""

    def __init__(
        self,
        source: SnapshotSource,
        lanes: Sequence[Lane],
        *,
        pairs: Sequence[Pair] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._source = source
        self._lanes = {lane: REGISTRY[lane.provider].words for lane in lanes}
        self._pairs = pairs
        self._clock = clock

    @classmethod
    def from_environment(cls) -> "LivePage":
        """Raises ConfigurationError, naming what is missing."""
        settings = WidgetSettings.from_env(os.environ, bundled_watch_config())
        client = aws_clients.dynamodb_client(boto3.Session(region_name=settings.region))
        lanes = lanes_of(settings.config.watch, own_account=settings.account, own_region=settings.region)
        return cls(LaneReader(client, settings.table_name), list(lanes), pairs=settings.config.pairs)

    def html(self, request: PageRequest, links: Links) -> str:
        """The page as it is now. Raises StoreUnavailableError if the table cannot be read."""
        now = self._clock()
        snapshots = self._source.read(self._lanes, since=now - timedelta(hours=request.query.hours))
        view = build_view(snapshots, request.query, now, self._pairs)
        return render(view, theme=request.theme, clock=ViewerClock(now, request.zone), links=links)
