"""Which story an envelope tells."""

from collections.abc import Mapping
from typing import Any

from journey_watch.core.messages.about_change import story_of_change
from journey_watch.core.messages.about_condition import story_of_condition
from journey_watch.core.messages.about_many import story_of_digest, story_of_ended_mute
from journey_watch.core.messages.story import Story
from journey_watch.core.messages.test_message import story_of_test
from journey_watch.core.messages.wording import Thing


def story_of(envelope: Mapping[str, Any]) -> Story:
    """The story of any envelope that this project has made. Raises KeyError for another."""
    detail = envelope["detail"]
    lane = Thing("lane", f"{detail['provider']}/{envelope['account']}/{envelope['region']}", None)
    if "test" in detail:
        return story_of_test(detail)
    if "condition" in detail:
        return story_of_condition(detail, lane=lane)
    if "held_back" in detail:
        return story_of_ended_mute(detail, lane=lane)
    if "changes" in detail:
        return story_of_digest(detail, lane=lane)
    return story_of_change(detail)
