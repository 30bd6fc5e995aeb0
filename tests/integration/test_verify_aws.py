"""`make verify-aws LOCAL=1`: it comes to its end here, says exactly what it cannot check, and finds what is broken."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local_cloud.toolchain import ACCOUNT, CHECKOUT
from local_cloud.waiting import eventually
from operator_cli.deploy import USUAL_QUALIFIER
from verify_aws import alerts, leftovers, metrics, polls, roles, temporary_recipients
from verify_aws.findings import Finding, Verdict
from verify_aws.on_aws import surroundings_on_aws
from verify_aws.on_this_machine import PATIENCE, surroundings_on_this_machine
from verify_aws.surroundings import CannotRunError, Surroundings
from verify_aws.temporary_recipients import TemporaryRecipients
from verify_aws.verification import Step, Verification
from verify_aws.waiting import Waiting

pytestmark = pytest.mark.integration

NOT_CHECKED = [
    "roles: Permissions that hold by way of one service only: the local cloud judges no condition.",
    "test alert: E-mail, Slack, Teams and webhooks: none is configured, so that nobody is disturbed.",
    "alarm: Whether the alarm's action succeeded: the local cloud keeps no actions in its history.",
    "alarm: Whether the all-clear arrives: the local cloud tells EventBridge nothing of alarms.",
    "saved queries: Whether queries are understood: the local cloud starts one whatever it says.",
    "saved queries: Whether saved queries stand in the console: the local cloud does not keep them.",
    "dashboard: Searches and sums in graphs: the local cloud evaluates no expression.",
]
"""All that is left open here, but for the index of tags, which MiniStack keeps a table in that is gone."""


STEPS = [
    *("account", "deploy", "answers", "roles", "polls", "test alert"),
    *("AlertTopic", "AlertMailTopic", "OpsTopic", "OpsMailTopic", "event bus"),
    *("mute", "alarm", "saved queries", "dashboard", "widget", "metrics", "log", "dead letters"),
    *("destroy", "left behind"),
]


@dataclass
class Deployed:
    """A stack in a local cloud, to be looked at by single steps."""

    surroundings: Surroundings
    verification: Verification

    def failures(self, find: Step) -> list[str]:
        return failures(find(self.verification))

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes it at run time
        return self.surroundings.client(service)


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    with surroundings_on_this_machine() as surroundings:
        waiting = Waiting(progress=lambda _: None, pause=surroundings.pause)
        surroundings.deploy()
        recipients = TemporaryRecipients(surroundings, "none")
        yield Deployed(surroundings, Verification(surroundings, waiting, surroundings.config, recipients))


def failures(findings: Iterable[Finding]) -> list[str]:
    return [each.text for each in findings if each.verdict is Verdict.FAILED]


def test_it_comes_to_its_end_here_and_says_what_it_could_not_check(tmp_path: Path) -> None:
    report = tmp_path / "report.json"

    done = subprocess.run(  # noqa: S603 - the command itself
        [sys.executable, "-m", "verify_aws", "--local", "--json", str(report)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(report.read_text(encoding="utf-8"))
    about = [each["about"] for each in found["findings"]]
    assert list(dict.fromkeys(about)) == STEPS
    *open_, tags = [f"{each['about']}: {each['text']}" for each in found["findings"] if each["verdict"] != "ok"]
    assert open_ == NOT_CHECKED
    assert tags.startswith("left behind: The index of tags still names 1 ")
    assert found["counts"] == {"ok": len(about) - len(open_) - 1, "not checked": len(open_) + 1}
    assert ACCOUNT not in report.read_text(encoding="utf-8")
    assert "No log group, no queue and no table of the stack is left." in done.stdout


def test_a_grant_that_is_gone_is_named(deployed: Deployed) -> None:
    iam = deployed.client("iam")
    (poller,) = [name for name in deployed.verification.of_type("AWS::IAM::Role") if "PollerRole" in name]
    (name,) = iam.list_role_policies(RoleName=poller)["PolicyNames"]
    document = iam.get_role_policy(RoleName=poller, PolicyName=name)["PolicyDocument"]
    less = [each for each in document["Statement"] if "sns:Publish" not in str(each["Action"])]
    iam.put_role_policy(RoleName=poller, PolicyName=name, PolicyDocument=json.dumps({**document, "Statement": less}))
    try:
        failures = deployed.failures(roles.find)
    finally:
        iam.put_role_policy(RoleName=poller, PolicyName=name, PolicyDocument=json.dumps(document))

    assert failures
    assert all("PollerRole" in text and "sns:Publish" in text for text in failures)


def test_a_dead_letter_is_found(deployed: Deployed) -> None:
    sqs = deployed.client("sqs")
    (url,) = deployed.verification.of_type("AWS::SQS::Queue")
    sqs.send_message(QueueUrl=url, MessageBody="given up")
    try:
        (failure,) = deployed.failures(polls.find_trouble)
    finally:
        sqs.purge_queue(QueueUrl=url)

    assert failure.startswith("What was given up lies in SchedulesDeadLetters")


def test_a_metric_that_nobody_counted_is_found(deployed: Deployed) -> None:
    dimensions = [{"Name": "service", "Value": "journey-watch-verify"}, {"Name": "application", "Value": "A"}]
    deployed.client("cloudwatch").put_metric_data(
        Namespace="JourneyWatch", MetricData=[{"MetricName": "RunsRunning", "Dimensions": dimensions, "Value": 1}]
    )

    assert deployed.failures(metrics.find) == [
        "RunsRunning by application of all lanes is listed and billed, and the cost model does not know it."
    ]


def test_a_stack_goes_and_what_is_left_of_it_is_listed(deployed: Deployed) -> None:
    kept = {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Retain", "Properties": {"LogGroupName": "short-kept"}}
    resources = {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {}}}, "Kept": kept}
    deployed.client("cloudformation").create_stack(StackName="short", TemplateBody=json.dumps({"Resources": resources}))
    eventually(lambda: _status(deployed, "short") == "CREATE_COMPLETE")

    at_once = replace(deployed.surroundings, patience=replace(PATIENCE, delivery=timedelta(0)))

    findings = list(leftovers.remove(at_once, deployed.verification.waiting, "short"))

    assert (findings[0].verdict, findings[0].text) == (Verdict.OK, "The stack short is deleted.")
    assert "goes by itself on" in findings[1].text
    assert failures(findings) == [
        "The log group short-kept is still there. Remove it with: aws logs delete-log-group --log-group-name short-kept"
    ]


def test_a_filter_that_lets_the_wrong_through_is_found(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        temporary_recipients, "FILTERS", {**temporary_recipients.FILTERS, temporary_recipients.INFO: None}
    )
    recipients = TemporaryRecipients(deployed.surroundings, "journey-watch-verify-planted")
    try:
        found = list(alerts.find(replace(deployed.verification, recipients=recipients)))
    finally:
        assert recipients.remove() == []

    assert [f"{each.about}: {each.text}" for each in found if each.verdict is Verdict.FAILED] == [
        f"{topic}: A filter policy for info alerts let a critical one pass."
        for topic in ("AlertTopic", "AlertMailTopic", "OpsTopic", "OpsMailTopic")
    ]


def test_an_account_is_deployed_to_by_the_cdk_under_the_callers_credentials(deployed: Deployed) -> None:
    on_aws = surroundings_on_aws(deployed.surroundings.session, qualifier=USUAL_QUALIFIER)

    on_aws.deploy()  # there is nothing to change, which the CDK finds out there

    assert on_aws.account == deployed.surroundings.account
    assert on_aws.gaps == frozenset()


def test_an_account_without_the_cdks_bootstrap_is_not_deployed_to(deployed: Deployed) -> None:
    with pytest.raises(CannotRunError, match="which is an administrator"):
        surroundings_on_aws(deployed.surroundings.session, qualifier="another")


def _status(deployed: Deployed, stack: str) -> str:
    (described,) = deployed.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return str(described["StackStatus"])
