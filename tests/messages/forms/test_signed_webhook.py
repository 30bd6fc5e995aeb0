"""The body of a signed webhook: the envelope, whole, under a type by which receivers choose."""

import json
import re

import pytest
from hypothesis import given

from journey_watch.core.alerts import Alert
from journey_watch.messages.forms.signed_webhook import event_type, webhook_message
from tests.messages.alert_builders import alert, every_kind


@given(every_kind())
def test_it_has_what_the_convention_asks_for_and_the_whole_envelope(an_alert: Alert) -> None:
    message = webhook_message(an_alert.envelope)
    body = json.loads(message.body)

    assert message.id == an_alert.id
    assert message.body.isascii()
    assert re.fullmatch(r"journey_watch(\.[a-z_]+){1,2}", body["type"])
    assert body["timestamp"] == an_alert.observed_time
    assert body["data"] == an_alert.envelope


def test_the_type_says_what_kind_of_news_it_is() -> None:
    assert event_type(alert().envelope) == "journey_watch.status_change"
    assert event_type(alert(of_journey=True).envelope) == "journey_watch.journey_status_change"
    opened = {"detail-type": "Pinpoint Journey Run Condition Opened", "detail": {"phase": "Opened"}}
    assert event_type(opened) == "journey_watch.condition.opened"


@pytest.mark.parametrize("alert_id", ["", "a.b", "a\nb", "x" * 65, "é"])
def test_an_id_that_could_not_stand_in_a_header_is_refused(alert_id: str) -> None:
    with pytest.raises(ValueError, match="is no id"):
        webhook_message({**alert().envelope, "id": alert_id})
