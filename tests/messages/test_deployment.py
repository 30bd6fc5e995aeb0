"""What every alert says of the deployment that sends it."""

from journey_watch.core.alerts import Alert
from journey_watch.core.runs import JourneyInfo, ObservedRun, Status
from journey_watch.core.severity import Severity
from journey_watch.core.transitions import Transition
from journey_watch.messages.digest import digest_of
from journey_watch.messages.envelope import AlertContext, Deployment
from journey_watch.messages.forms.amazon_q import chat_card
from journey_watch.messages.forms.email import email_subject, email_text
from journey_watch.messages.forms.slack import slack_message
from journey_watch.messages.self_test import self_test_alert
from journey_watch.messages.status_change import status_change_alert
from journey_watch.providers.pinpoint.words import PINPOINT
from tests.core.builders import LANE, NOON
from tests.messages.alert_builders import EXAMPLE

PROD = Deployment(label="prod", time_zone="Europe/Berlin")


def every_kind() -> list[Alert]:
    context = AlertContext(LANE, PINPOINT, NOON, EXAMPLE, JourneyInfo("Welcome", "Shop"), PROD)
    run = ObservedRun("R", Status.CANCELLED, "CANCELLED", NOON, NOON)
    changed = status_change_alert(Transition(run, None, 1), context, severity=Severity.CRITICAL)
    test = self_test_alert(service="s", account=LANE.account, region=LANE.region, sent_at=NOON, deployment=PROD)
    return [changed, digest_of([changed], lane=LANE, provider=PINPOINT, deployment=PROD), test]


def test_every_form_of_every_alert_says_which_deployment_it_is_of() -> None:
    for alert in every_kind():
        assert alert.detail["label"] == "prod"
        assert email_subject(alert).startswith("[CRITICAL] [prod] ")
        assert "Where: prod, account 111122223333, eu-west-1" in email_text(alert)
        assert chat_card(alert)["content"]["title"].startswith("🔴 CRITICAL (prod): ")
        assert slack_message(alert.envelope, now=NOON)["blocks"][0]["text"]["text"].startswith("🔴 CRITICAL (prod): ")


def test_every_form_tells_times_by_the_deployments_clock() -> None:
    for alert in every_kind():
        assert alert.detail["observed_time"] == "2026-11-23T12:00:00.000Z"
        assert "2026-11-23 13:00:00 +01:00 (12:00:00 UTC)" in email_text(alert)
        assert "2026-11-23 13:00:00 +01:00 (12:00:00 UTC)" in str(slack_message(alert.envelope, now=NOON))
