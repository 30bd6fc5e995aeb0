"""A deployment that has every channel: each gets a test alert, and each reader the changes it asked for."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from local_cloud.cloud import LocalCloud
from local_cloud.waiting import eventually
from tests.channels.slack.stand_in import BROKEN, SlackStandIn, slack_stand_in
from tests.integration.synthesized import deploy

pytestmark = pytest.mark.integration

CONFIG = """
name = "every-channel"
keep_data = false
[[watch]]
provider = "pinpoint"
application_id = "*"
[alerts]
email = [
  "you@example.com",
  { to = "everything@example.com", min_severity = "info" },
  { to = "little@example.com", min_severity = "critical" },
]
event_bus = "default"
[[alerts.slack]]
workspace_id = "T0123ABCD"
channel_id = "C0123ABCD"
[[alerts.slack]]
webhook_secret = "team/slack"
min_severity = "critical"
[alerts.teams]
team_id = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
tenant_id = "1a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
channel_id = "19%3A0a1b2c3d4e5f60718293%40thread.tacv2"
min_severity = "critical"
[[alerts.rules]]
when = "*->COMPLETED"
severity = "warning"
[ops]
email = ["oncall@example.com"]
"""
SCENARIO = """
[[application]]
id = "shop"
    [[application.journey]]
    id = "welcome"
    run = [{ id = "starts", status = "SCHEDULED" }, { id = "ends", status = "RUNNING" }]
"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    files = tmp_path_factory.mktemp("config")
    config, scenario = files / "every-channel.toml", files / "scenario.toml"
    config.write_text(CONFIG, encoding="utf-8")
    scenario.write_text(SCENARIO, encoding="utf-8")
    with LocalCloud.start(scenario=scenario) as started:
        deploy(started, config)
        yield started


@pytest.fixture(scope="module")
def slack(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlackStandIn]:
    """The webhook's other end. It fails once; the function trusts its certificate as it would a company's own."""
    with slack_stand_in(tmp_path_factory.mktemp("slack"), [BROKEN]) as (stand_in, certificate):
        cloud.client("secretsmanager").create_secret(Name="team/slack", SecretString=stand_in.url)
        functions = cloud.client("lambda")
        (function,) = [
            each
            for each in functions.list_functions()["Functions"]
            if each["Handler"].endswith("slack_handler.handler")
        ]
        variables = {**function["Environment"]["Variables"], "SSL_CERT_FILE": str(certificate)}
        functions.update_function_configuration(
            FunctionName=function["FunctionName"], Environment={"Variables": variables}
        )
        yield stand_in


def journey_watch(cloud: LocalCloud, *arguments: str) -> tuple[int, Any]:
    """Exit code and JSON of the operator's command."""
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "operator_cli", "--stack", "every-channel", "--json", *arguments],
        env=cloud.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


def bus_reader(cloud: LocalCloud) -> str:
    """The URL of a queue behind a rule of the bus."""
    sqs, events = cloud.client("sqs"), cloud.client("events")
    url: str = sqs.create_queue(QueueName="bus-reader")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="all", EventPattern=json.dumps({"source": ["journey-watch"]}))
    events.put_targets(Rule="all", Targets=[{"Id": "reader", "Arn": arn}])
    return url


def program(cloud: LocalCloud, topic: str) -> str:
    """The ARN of a queue on one of the topics for programs."""
    _, arn = cloud.open_queue(f"{topic}-reader")
    cloud.client("sns").subscribe(TopicArn=cloud.outputs[topic], Protocol="sqs", Endpoint=arn)
    return arn


def test_a_test_alert_reaches_every_channel_and_slack_though_it_refuses_once(
    cloud: LocalCloud, slack: SlackStandIn
) -> None:
    queue = bus_reader(cloud)
    programs = [program(cloud, topic) for topic in ("AlertTopicArn", "OpsTopicArn")]

    code, answer = journey_watch(cloud, "test-alert")

    channels = {"alerts", "mail", "ops", "ops-mail", "event-bus", "chat-info", "chat-critical"}
    assert (code, answer["refused"]) == (0, dict.fromkeys(channels))
    told = [each for each in cloud.inbox.deliveries() if answer["id"] in each.body]
    people = ("you@example.com", "everything@example.com", "little@example.com", "oncall@example.com")
    for end in (*people, *programs, "#every-channel-slack-C0123ABCD", "#every-channel-teams-dec44016"):
        assert sum(each.endpoint.endswith(end) for each in told) == 1
    (event,) = eventually(lambda: cloud.client("sqs").receive_message(QueueUrl=queue).get("Messages"))
    assert json.loads(event["Body"])["detail"]["id"] == answer["id"]
    eventually(lambda: answer["id"] in slack.alert_ids, timeout=60)
    assert slack.alert_ids[answer["id"]] == 1
    # The first that comes is refused, be it this alert or another test's.
    assert slack.requests == slack.alert_ids.total() + 1


def test_each_recipient_is_mailed_what_an_attribute_that_sns_has_says_it_asked_for(cloud: LocalCloud) -> None:
    eventually(lambda: any('"JourneysPolled":1' in line for line in cloud.logs(cloud.outputs["PollerFunctionName"])))
    for run, status in (("starts", "RUNNING"), ("ends", "COMPLETED")):
        event = {"kind": "run_status", "application": "shop", "journey": "welcome", "run": run, "status": status}
        cloud.simulator.control("POST", "/events", event)

    def mailed(subject: str) -> list[tuple[str, str]]:
        """To whom, and by which severity, as SNS knew it."""
        return sorted(
            (each.endpoint, each.attributes["severity"])
            for each in cloud.inbox.deliveries(protocol="email", topic_arn=cloud.outputs["AlertMailTopicArn"])
            if subject in each.subject
        )

    eventually(lambda: mailed("-> RUNNING") and mailed("-> COMPLETED"))
    assert mailed("-> RUNNING") == [("everything@example.com", "info")]
    assert mailed("-> COMPLETED") == [("everything@example.com", "warning"), ("you@example.com", "warning")]


def test_a_mute_is_set_shown_and_ended(cloud: LocalCloud) -> None:
    eventually(lambda: '"JourneysPolled":1' in "".join(cloud.logs(cloud.outputs["PollerFunctionName"])))
    options = ("--for", "1h30m", "--reason", "a drill", "--journey", "welc*", "--yes")  # there is no other journey
    assert journey_watch(cloud, "mute", "drill", *options)[0] == 0
    code, (mute,) = journey_watch(cloud, "mutes")

    assert code == 0
    assert (mute["id"], mute["reason"], mute["journeys"]) == ("drill", "a drill", ["welcome"])
    assert [one["journey_id"] for one in mute["holds"]] == ["welcome"]
    assert mute["identity"].startswith("arn:aws:")
    assert journey_watch(cloud, "unmute", "drill") == (0, {"ended": True})
    assert journey_watch(cloud, "unmute", "drill") == (1, {"ended": False})
    assert journey_watch(cloud, "mutes") == (0, [])


@pytest.mark.usefixtures("slack")
def test_what_is_acknowledged_is_told_to_whoever_heard_of_it(cloud: LocalCloud) -> None:
    eventually(lambda: '"JourneysPolled":1' in "".join(cloud.logs(cloud.outputs["PollerFunctionName"])))
    run = {"application": "shop", "journey": "welcome", "run": "stopped", "status": "CANCELLED"}
    cloud.simulator.control("POST", "/events", {"kind": "run_starts", **run})

    def mailed(subject: str) -> dict[str, str]:
        """Alert ids, by who got them."""
        mails = cloud.inbox.deliveries(protocol="email", topic_arn=cloud.outputs["AlertMailTopicArn"])
        found = [each for each in mails if each.subject.startswith(subject)]
        return {each.endpoint: each.body.partition("Alert id ")[2].strip() for each in found}

    told = eventually(lambda: mailed("[CRITICAL] welcome: new -> CANCELLED"))
    assert set(told) == {"you@example.com", "everything@example.com", "little@example.com"}
    code, (given,) = journey_watch(cloud, "ack", "stopped", "--note", "it was me")
    assert (code, given["alert_id"]) == (0, told["you@example.com"])
    acknowledged = eventually(lambda: mailed("[ACKNOWLEDGED] welcome: acknowledged by"))
    assert set(acknowledged) == set(told)


def test_doctor_finds_nothing_until_a_schedule_is_disabled(cloud: LocalCloud) -> None:
    eventually(lambda: journey_watch(cloud, "doctor")[0] == 0)
    code, findings = journey_watch(cloud, "doctor")
    assert (code, [each for each in findings if each["level"] != "ok"]) == (0, [])

    scheduler = cloud.client("scheduler")
    (listed,) = scheduler.list_schedules()["Schedules"]
    schedule = scheduler.get_schedule(Name=listed["Name"])
    settings = ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    scheduler.update_schedule(**{name: schedule[name] for name in settings}, State="DISABLED")
    try:
        code, findings = journey_watch(cloud, "doctor")
    finally:
        scheduler.update_schedule(**{name: schedule[name] for name in settings}, State="ENABLED")

    assert code == 1
    (problem,) = [each for each in findings if each["level"] == "problem"]
    assert problem["text"].startswith("Its schedule is disabled")


def test_a_stack_that_is_not_there_is_said_so(cloud: LocalCloud) -> None:
    code, message = journey_watch(cloud, "--stack", "nothing", "status")

    assert code == 3
    assert 'There is no stack "nothing" in eu-west-1' in message
