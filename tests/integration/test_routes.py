"""One deployment with four recipients: each is told exactly what its routes say, of forty alerts."""

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import pytest

from local_cloud.cloud import LocalCloud
from local_cloud.waiting import eventually
from tests.integration.synthesized import deploy

pytestmark = pytest.mark.integration

CONFIG = """
name = "four-recipients"
keep_data = false
[[watch]]
provider = "pinpoint"
application_id = "*"
[[watch]]
provider = "connect"
instance_id = "*"

[alerts]
email = [{ to = "everybody@example.com", min_severity = "info" }]
digest_over = 1000

[[recipient]]
name = "brand-a"
email = [{ to = "brand-a@example.com", min_severity = "info" }, "lead@example.com"]
[[recipient]]
name = "brand-b"
event_bus = "brand-b"
[[recipient]]
name = "sre"
email = [{ to = "lead@example.com", min_severity = "critical" }]
slack = [{ workspace_id = "T0123ABCD", channel_id = "C0123ABCD", min_severity = "warning" }]

[[alerts.rules]]
when = "*->PAUSED"
severity = "warning"

[[alerts.route]]
min_severity = "critical"
to = ["sre"]
continue = true
[[alerts.route]]
campaigns = ["black-*"]
types = ["MANAGED"]
to = ["brand-a"]
[[alerts.route]]
journeys = ["Black Friday: *"]
to = ["brand-a", "default"]
[[alerts.route]]
instance_id = "contact-centre"
when = "*->PAUSED"
to = ["brand-b", "sre"]
"""
CAMPAIGNS = {"c1": ("black-calls", "MANAGED"), "c2": ("black-journey", "JOURNEY"), "c3": ("survey", "MANAGED")}
JOURNEYS = {"j1": "Black Friday: welcome", "j2": "Winback", "j3": "black-out notice"}
SCENARIO = "\n".join(
    [
        '[[instance]]\nid = "contact-centre"',
        *(
            f'[[instance.campaign]]\nid = "{id_}"\nname = "{name}"\ntype = "{type_}"\nstate = "Initialized"'
            for id_, (name, type_) in CAMPAIGNS.items()
        ),
        '[[application]]\nid = "shop"\nname = "Web shop"',
        *(f'[[application.journey]]\nid = "{id_}"\nname = "{name}"' for id_, name in JOURNEYS.items()),
    ]
)
ROUNDS = 5
"""In each every run is new or changes, and every campaign moves on; then they are read, so that nothing goes unseen."""
STATES = ("Running", "Paused", "Running", "Paused", "Stopped")
RUNS: Mapping[str, tuple[str, ...]] = {"a": ("SCHEDULED", "RUNNING", "CANCELLED"), "b": ("RUNNING", "COMPLETED")}
ALERTS = len(CAMPAIGNS) * ROUNDS + len(JOURNEYS) * sum(map(len, RUNS.values())) + 10


def happenings(number: int) -> Iterator[dict[str, Any]]:
    for id_ in CAMPAIGNS:
        yield {"kind": "campaign_state", "campaign": id_, "state": STATES[number]}
    for id_ in JOURNEYS:
        for run, statuses in RUNS.items():
            for status in statuses[number : number + 1]:
                kind = "run_status" if number else "run_starts"
                yield {
                    "kind": kind,
                    "application": "shop",
                    "journey": id_,
                    "run": f"{id_}-{run}",
                    "status": status,
                }
    for extra in range(2):
        more = {"application": "shop", "journey": "j2", "run": f"more-{number}-{extra}", "status": "RUNNING"}
        yield {"kind": "run_starts", **more}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    files = tmp_path_factory.mktemp("config")
    config, scenario = files / "four-recipients.toml", files / "scenario.toml"
    config.write_text(CONFIG, encoding="utf-8")
    scenario.write_text(SCENARIO, encoding="utf-8")
    with LocalCloud.start(scenario=scenario, region="eu-west-2") as started:
        started.client("events").create_event_bus(Name="brand-b")
        deploy(started, config)
        yield started


def expected(detail: Mapping[str, Any]) -> set[str]:
    """Who is to be told, read from the configuration by other eyes than the product's."""
    levels = ["info", "warning", "critical"]
    loud = levels.index(detail["severity"])
    config = tomllib.loads(CONFIG)
    names: list[str] = []
    known = {detail.get(key) for key in ("journey_id", "journey_name", "campaign_id", "campaign_name")} - {None}
    for route in config["alerts"]["route"]:
        wanted = route.get("campaigns", route.get("journeys", ["*"]))
        if (
            loud >= levels.index(route.get("min_severity", "info"))
            and any(fnmatchcase(str(one), pattern) for one in known for pattern in wanted)
            and ("types" not in route or CAMPAIGNS.get(detail.get("campaign_id", ""), ("", ""))[1] in route["types"])
            and ("instance_id" not in route or detail.get("instance_id") == route["instance_id"])
            and ("when" not in route or detail["status"] == "PAUSED")
        ):
            names += route["to"]
            if not route.get("continue"):
                break
    if not names:
        names = ["default"]
    told = {"everybody@example.com"} if "default" in names else set()
    if "brand-a" in names:
        told |= {"brand-a@example.com"} | ({"lead@example.com"} if loud >= 1 else set())
    told |= {"bus"} if "brand-b" in names else set()
    if "sre" in names:
        told |= {"#sre"} if loud >= 1 else set()
        told |= {"lead@example.com"} if loud >= 2 else set()
    return told


def told_by_alert(cloud: LocalCloud, events: Callable[[], list[str]]) -> dict[str, list[str]]:
    """By alert id, who has got it."""
    heard: dict[str, list[str]] = {}
    for delivery in cloud.inbox.deliveries():
        if delivery.protocol == "email":
            heard.setdefault(delivery.body.partition("Alert id ")[2].strip(), []).append(delivery.endpoint)
        elif delivery.protocol == "https":
            heard.setdefault(json.loads(delivery.body)["id"], []).append("#sre")
    for alert_id in events():
        heard.setdefault(alert_id, []).append("bus")
    return heard


def bus_reader(cloud: LocalCloud) -> Callable[[], list[str]]:
    """The ids of the alerts that came by the bus, all of them each time."""
    sqs, bus = cloud.client("sqs"), cloud.client("events")
    url = sqs.create_queue(QueueName="bus-reader")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus.put_rule(Name="all", EventBusName="brand-b", EventPattern=json.dumps({"source": ["journey-watch"]}))
    bus.put_targets(Rule="all", EventBusName="brand-b", Targets=[{"Id": "reader", "Arn": arn}])
    got: list[str] = []

    def read() -> list[str]:
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                got.append(json.loads(message["Body"])["detail"]["id"])
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return got

    return read


def test_each_recipient_is_told_exactly_what_its_routes_say_of_forty_alerts(cloud: LocalCloud) -> None:
    events = bus_reader(cloud)
    _, arn = cloud.open_queue("everything")
    cloud.client("sns").subscribe(TopicArn=cloud.outputs["AlertTopicArn"], Protocol="sqs", Endpoint=arn)

    def polled() -> bool:
        """Both lanes have had their first look."""
        lines = [line for line in cloud.logs(cloud.outputs["PollerFunctionName"]) if '"JourneysPolled":3' in line]
        return all(any(f'"lane":"{provider}/' in line for line in lines) for provider in ("pinpoint", "connect"))

    eventually(polled)

    def envelopes() -> dict[str, Mapping[str, Any]]:
        bodies = [json.loads(one.body) for one in cloud.inbox.deliveries(protocol="sqs")]
        return {body["id"]: body["detail"] for body in bodies}

    def all_told(count: int) -> bool:
        return len(envelopes()) >= count

    awaited = 0
    for number in range(ROUNDS):
        for event in happenings(number):
            cloud.simulator.control("POST", "/events", event)
            awaited += 1
        eventually(partial(all_told, awaited), timeout=60)
    assert len(envelopes()) == ALERTS == 40
    wanted = {alert_id: sorted(expected(detail)) for alert_id, detail in envelopes().items()}
    eventually(lambda: sum(map(len, told_by_alert(cloud, events).values())) >= sum(map(len, wanted.values())))
    assert {alert_id: sorted(told) for alert_id, told in told_by_alert(cloud, events).items()} == {
        alert_id: told for alert_id, told in wanted.items() if told
    }
    assert {who for told in wanted.values() for who in told} == {
        "everybody@example.com",
        "brand-a@example.com",
        "lead@example.com",
        "bus",
        "#sre",
    }
