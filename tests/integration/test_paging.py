"""PagerDuty and the endpoint of a signed webhook are down for a while: then they have everything, once and in order."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from journey_watch import contract
from journey_watch.channels.sns.notifier import SnsNotifier
from journey_watch.contract import PAGERDUTY_HANDLER, SIGNED_WEBHOOK_HANDLER
from journey_watch.core.alerts import Alert
from journey_watch.core.condition_rules import Phase
from journey_watch.messages.forms.sns import envelope_message
from local_cloud.cloud import LocalCloud
from local_cloud.waiting import eventually
from tests.channels.pagerduty.stand_in import Incidents
from tests.channels.queued.https_stand_in import REFUSES_CONNECTIONS, HttpsStandIn, https_stand_in
from tests.docs.test_integrations import KEY
from tests.integration.synthesized import deploy
from tests.messages.alert_builders import alert, condition

pytestmark = pytest.mark.integration

CONFIG = """
name = "paging"
keep_data = false
[[watch]]
provider = "pinpoint"
application_id = "*"
[[alerts.pagerduty]]
secret = "team/pager"
min_severity = "warning"
[[alerts.webhook]]
url = "https://receiver.example/alerts"
secret = "team/hook"
"""
SCENARIO = """
[[application]]
id = "shop"
    [[application.journey]]
    id = "welcome"
"""
ROUTING_KEY = "0123456789abcdef0123456789abcdef"
NOTHING = {"SignedWebhookQueue": 0, "PagerDutyQueue": 0}
STAND_INS = Path(__file__).parent / "stand_ins"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    files = tmp_path_factory.mktemp("config")
    config, scenario = files / "paging.toml", files / "scenario.toml"
    config.write_text(CONFIG, encoding="utf-8")
    scenario.write_text(SCENARIO, encoding="utf-8")
    with LocalCloud.start(scenario=scenario) as started:
        deploy(started, config)
        secrets = started.client("secretsmanager")
        secrets.create_secret(Name="team/pager", SecretString=ROUTING_KEY)
        secrets.create_secret(Name="team/hook", SecretString=KEY)
        yield started


def lead(cloud: LocalCloud, handler: str, name: str, stand_in: HttpsStandIn) -> None:
    """Let a function find a stand-in under a name, and trust its certificate as it would a company's own."""
    functions = cloud.client("lambda")
    (function,) = [each for each in functions.list_functions()["Functions"] if each["Handler"] == handler]
    variables = {
        **function["Environment"]["Variables"],
        "SSL_CERT_FILE": str(stand_in.certificate),
        "PYTHONPATH": str(STAND_INS),
        "STAND_INS": json.dumps({name: stand_in.port}),
    }
    functions.update_function_configuration(FunctionName=function["FunctionName"], Environment={"Variables": variables})


def publish(cloud: LocalCloud, alerts: Sequence[Alert]) -> None:
    """As the poller does."""
    sns = cloud.client("sns")
    (topic_arn,) = [each["TopicArn"] for each in sns.list_topics()["Topics"] if each["TopicArn"].endswith(".fifo")]
    assert SnsNotifier(sns, topic_arn, compose=envelope_message, in_order=True).publish(alerts) == {}


def waiting(cloud: LocalCloud) -> dict[str, int]:
    """How many messages the queue of each kind holds, of whatever standing."""
    sqs = cloud.client("sqs")
    names = [f"ApproximateNumberOfMessages{which}" for which in ("", "Delayed", "NotVisible")]
    counts = {
        url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        for url in sqs.list_queues()["QueueUrls"]
    }
    return {
        kind: sum(int(count) for url, found in counts.items() if kind in url for count in found.values())
        for kind in ("SignedWebhookQueue", "PagerDutyQueue")
    }


@contextmanager
def listening(
    cloud: LocalCloud,
    directories: pytest.TempPathFactory,
    *,
    pagerduty: Sequence[int] = (),
    receiver: Sequence[int] = (),
) -> Iterator[tuple[HttpsStandIn, HttpsStandIn]]:
    """Both stand-ins, with what they answer before they take everything, found by the functions."""
    with (
        https_stand_in(
            directories.mktemp("pagerduty"), name="events.pagerduty.com", usual=202, answers=pagerduty
        ) as pager,
        https_stand_in(directories.mktemp("receiver"), name="receiver.example", usual=204, answers=receiver) as hook,
    ):
        lead(cloud, PAGERDUTY_HANDLER, "events.pagerduty.com", pager)
        lead(cloud, SIGNED_WEBHOOK_HANDLER, "receiver.example", hook)
        yield pager, hook


def test_what_the_poller_sends_under_its_own_role_arrives(
    cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with listening(cloud, tmp_path_factory) as (pagerduty, receiver):
        answer = cloud.client("lambda").invoke(
            FunctionName=cloud.outputs["PollerFunctionName"], Payload=json.dumps({contract.EVENT_TEST_ALERT: True})
        )
        sent = json.load(answer["Payload"])
        assert sent["refused"][contract.CHANNEL_IN_ORDER] is None
        eventually(lambda: [request.headers["webhook-id"] for request in receiver.requests] == [sent["id"]])
        eventually(lambda: len(pagerduty.requests) == 2)
        eventually(lambda: waiting(cloud) == NOTHING)

    assert [json.loads(request.body)["event_action"] for request in pagerduty.requests] == ["trigger", "resolve"]


def test_after_an_outage_everybody_has_everything_once_and_in_order(
    cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory
) -> None:
    opened = condition(Phase.OPENED)
    threads = [
        [
            opened,
            condition(Phase.REMINDER, opened_by=opened.thread, sequence=4),
            condition(Phase.RESOLVED, opened_by=opened.thread, sequence=5),
        ],
        *([alert(run_id=f"r{number}", sequence=sequence) for sequence in (1, 2)] for number in range(3)),
    ]
    alerts = list(chain(*threads))
    refusals = [503, REFUSES_CONNECTIONS]
    with listening(cloud, tmp_path_factory, pagerduty=refusals[:1], receiver=refusals) as (pagerduty, receiver):
        publish(cloud, alerts)
        eventually(lambda: len(pagerduty.requests) == len(alerts), timeout=180)
        eventually(lambda: len(receiver.requests) == len(alerts), timeout=180)
        eventually(lambda: waiting(cloud) == NOTHING)

    events = [json.loads(request.body) for request in pagerduty.requests]
    assert pagerduty.seen == len(events) + 1
    assert {event["routing_key"] for event in events} == {ROUTING_KEY}
    assert Incidents().take(events).open == {one.thread for one in alerts} - {opened.thread}
    for request in receiver.requests:
        Webhook(KEY).verify(request.body, request.headers)
    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert sorted(ids) == sorted(one.id for one in alerts)
    for thread in threads:
        of_thread = [one.id for one in thread]
        assert [id_ for id_ in ids if id_ in of_thread] == of_thread
