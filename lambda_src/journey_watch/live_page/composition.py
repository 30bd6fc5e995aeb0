"""Puts the page of live runs together, for the widget and for the local cloud."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import boto3

from journey_watch.aws import clients as aws_clients
from journey_watch.core.mutes import Mute
from journey_watch.core.provider import Provider
from journey_watch.core.runs import Lane
from journey_watch.core.watch_list import lanes_of
from journey_watch.live_page import LaneSnapshot, Links, PageRequest, ViewerClock, build_view, render
from journey_watch.live_page.lane_reader import LaneReader
from journey_watch.live_page.last_polls import LastPoll, LastPolls
from journey_watch.live_page.poll_metric import PollMetric
from journey_watch.live_page.view import look_back
from journey_watch.providers.registry import REGISTRY
from journey_watch.settings import WatchConfig, WidgetSettings, bundled_watch_config


class SnapshotSource(Protocol):
    def read(self, lanes: Mapping[Lane, Provider], *, since: datetime) -> Sequence[LaneSnapshot]:
        """All lanes, with what was recorded from `since` on. Raises StoreUnavailableError if that cannot be read."""

    def mutes(self) -> Mapping[str, Mute | None]:
        """Those that operators have set, by id: None for one that is not readable. Raises StoreUnavailableError too."""


class LivePage:
    """Reads the table, asks when lanes were last polled, and renders. Nothing is kept between two calls."""

    def __init__(
        self,
        source: SnapshotSource,
        lanes: Sequence[Lane],
        *,
        config: WatchConfig,
        last_polls: LastPolls,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._source = source
        self._lanes = {lane: REGISTRY[lane.provider].words for lane in lanes}
        self._config = config
        self._last_polls = last_polls
        self._clock = clock

    @classmethod
    def from_environment(cls) -> "LivePage":
        """Raises ConfigurationError, naming what is missing."""
        settings = WidgetSettings.from_env(os.environ, bundled_watch_config())
        session = boto3.Session(region_name=settings.region)
        lanes = lanes_of(settings.config.watch, own_account=settings.account, own_region=settings.region)
        return cls(
            LaneReader(aws_clients.dynamodb_client(session), settings.table_name),
            list(lanes),
            config=settings.config,
            last_polls=PollMetric(aws_clients.cloudwatch_client(session), settings.service),
        )

    def html(self, request: PageRequest, links: Links) -> str:
        """The page as it is now. Raises StoreUnavailableError if the table cannot be read."""
        now = self._clock()
        polls = self._last_polls.read(self._lanes, now=now)
        every = timedelta(seconds=self._config.every_seconds)
        judged = {lane: LastPoll.judged(ended, now=now, every=every) for lane, ended in polls.items()}
        snapshots = [
            replace(reading, last_poll=judged.get(reading.lane))
            for reading in self._source.read(self._lanes, since=now - look_back(request.query))
        ]
        mutes = {**self._source.mutes(), **{mute.id: mute for mute in self._config.mutes}}
        view = build_view(snapshots, request.query, now, self._config.pairs, mutes)
        return render(view, theme=request.theme, clock=ViewerClock(now, request.zone), links=links)
