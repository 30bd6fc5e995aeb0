"""An alert says what it is about by its kind, and not by the keys that happen to be in it."""

from datetime import timedelta

import pytest
from hypothesis import given

from journey_watch.core.alerts import Alert, AlertKind, PendingDelivery, channel_of
from journey_watch.core.conditions import ConditionKind
from journey_watch.core.runs import LANE_ITSELF, Status
from tests.messages.alert_builders import alert, alerts, condition_alerts, digest_alerts, every_kind, mute_alerts


@given(alerts())
def test_a_change_has_a_status_and_no_condition(one: Alert) -> None:
    assert one.kind.is_change
    assert one.status is Status(one.detail["status"])
    assert one.condition is None


@given(condition_alerts())
def test_a_condition_has_no_status_and_unreachable_is_for_operators(one: Alert) -> None:
    assert one.kind is AlertKind.CONDITION
    assert one.status is None
    assert one.is_for_operators == (one.condition is ConditionKind.UNREACHABLE)


@given(digest_alerts() | mute_alerts())
def test_what_tells_many_is_about_none_of_them(one: Alert) -> None:
    assert one.kind in (AlertKind.DIGEST, AlertKind.MUTE_ENDED)
    assert (one.status, one.condition, one.detection_delay, one.journey) == (None, None, None, LANE_ITSELF)


@given(every_kind())
def test_every_alert_that_is_made_has_a_kind(one: Alert) -> None:
    assert one.kind in AlertKind


@pytest.mark.parametrize(
    "detail_type",
    ["", "Digest", "Journey Run", "Journey Run Condition", "Journey Run Condition Over", "Campaign digest"],
)
def test_the_detail_type_of_somebody_else_is_none(detail_type: str) -> None:
    with pytest.raises(ValueError, match="is the detail-type of no alert"):
        AlertKind.of({"detail-type": detail_type})


def test_how_old_a_change_was_is_known_if_the_provider_says() -> None:
    assert alert(updated=None).detection_delay is None
    assert alert().detection_delay == timedelta(seconds=41.2)


def test_a_pending_delivery_names_its_channel() -> None:
    assert channel_of(PendingDelivery(alert(), "chat-info").key) == "chat-info"
