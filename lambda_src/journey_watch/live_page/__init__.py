"""The page of live runs: shown by the dashboard's custom widget, and in a browser by the local cloud."""

from journey_watch.live_page.lane_snapshot import Change, LaneSnapshot
from journey_watch.live_page.links import Links, UrlLinks, WidgetLinks
from journey_watch.live_page.page import render
from journey_watch.live_page.request import PageRequest, Query, Sort, Theme
from journey_watch.live_page.times import ViewerClock
from journey_watch.live_page.view import build_view

__all__ = [
    "Change",
    "LaneSnapshot",
    "Links",
    "PageRequest",
    "Query",
    "Sort",
    "Theme",
    "UrlLinks",
    "ViewerClock",
    "WidgetLinks",
    "build_view",
    "render",
]
