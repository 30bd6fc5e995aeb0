"""A test alert as the poller is asked for it."""

from collections.abc import Sequence
from typing import Any, Final

import pytest

from journey_watch.core.alerts import Alert
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.severity import Severity
from journey_watch.messages.forms.amazon_q import chat_card
from journey_watch.messages.forms.email import email_subject, email_text
from journey_watch.messages.self_test import self_test_alert
from journey_watch.polling.self_test import run_self_test
from journey_watch.ports import Channel
from tests.core.builders import NOON
from tests.entrypoints.conftest import LANE, Deployment

SENDER: Final[dict[str, Any]] = {"service": "journey-watch", "account": "111122223333", "region": "eu-west-1"}


class Refusing:
    def publish(self, alerts: Sequence[Alert]) -> dict[str, str]:
        return {one.id: "no" for one in alerts}


class Accepting:
    def publish(self, _: object) -> dict[str, str]:
        return {}


def test_it_reaches_subscribers_and_polls_nothing(deployment: Deployment) -> None:
    answer = deployment.invoke({"test_alert": True})

    envelopes = deployment.received()  # one queue here hears alerts and ops
    assert {each["id"] for each in envelopes} == {answer["id"]}
    assert len(envelopes) == 2
    for envelope in envelopes:
        assert envelope["detail-type"] == "Journey Watch Test"
        assert envelope["detail"]["test"] is True
    assert deployment.invoke({"lane": LANE})["AlertsDelivered"] == 0


@pytest.mark.parametrize("event", [{"test_alert": False}, {"test_alert": "true"}, ["test_alert"]])
def test_nothing_else_asks_for_one(deployment: Deployment, event: object) -> None:
    with pytest.raises(ConfigurationError, match="provider/account/region"):
        deployment.invoke(event)


def test_each_channel_answers_for_itself_whatever_its_severity() -> None:
    channels = {"good": Channel(Accepting(), Severity.CRITICAL), "bad": Channel(Refusing())}

    report = run_self_test(channels, **SENDER, now=NOON)

    assert report.to_json() == {"id": report.alert.id, "refused": {"good": None, "bad": "no"}}


def test_every_form_says_that_it_is_a_test() -> None:
    alert = self_test_alert(**SENDER, sent_at=NOON)

    assert "TEST" in email_subject(alert)
    assert "TEST" in email_text(alert).split("\n")[0]
    assert "TEST" in chat_card(alert)["content"]["title"]


def test_each_has_an_id_of_its_own() -> None:
    ids = {self_test_alert(**SENDER, sent_at=NOON.replace(second=second)).id for second in range(5)}

    assert len(ids) == 5
