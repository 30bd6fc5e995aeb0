"""What AWS would refuse is refused at synth, with the key and the fix; the largest configurations pass."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from infra import limits
from infra.deployment_config import DeploymentConfig
from infra.limits import check_limits, excesses
from infra.recipients import (
    MAX_RECIPIENTS,
    EmailRecipient,
    PagerDutyService,
    Recipient,
    SignedWebhook,
    SlackChannel,
    SlackWebhook,
)
from infra.watch_entries import MAX_LANES
from journey_watch import contract
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.watch_list import WatchTarget
from journey_watch.providers.registry import REGISTRY
from tests.infra.conftest import EVERYTHING, ROOT, Synthesize, configured, telling
from tests.infra.synthesis import Json

LONG_URL: Final = f"https://hooks.example.com/{'x' * 300}"


def resource(type_: str, **properties: Any) -> Json:  # noqa: ANN401 - a template's values
    return {"Type": type_, "Properties": properties}


def function(handler: str, variables: Mapping[str, Any], role: str = "Role") -> Json:
    return resource(
        "AWS::Lambda::Function",
        Handler=handler,
        Role={"Fn::GetAtt": [role, "Arn"]},
        Environment={"Variables": variables},
    )


def subscriptions(count: int, protocol: str, **properties: Any) -> dict[str, Json]:  # noqa: ANN401 - a template's values
    one = resource("AWS::SNS::Subscription", TopicArn={"Ref": "Topic"}, Protocol=protocol, **properties)
    return {f"Subscription{number}": one for number in range(count)}


def policy(characters: int) -> Json:
    return {"Statement": [{"Action": "x" * characters}]}


def role(**properties: Any) -> Json:  # noqa: ANN401 - a template's values
    return resource("AWS::IAM::Role", **{"AssumeRolePolicyDocument": policy(1), **properties})


def alarm(**properties: Any) -> Json:  # noqa: ANN401 - a template's values
    return resource("AWS::CloudWatch::Alarm", **{"AlarmName": "a", "AlarmDescription": "d", **properties})


_ROLES: Final = [{"Ref": "Role"}]
_FILTER: Final = {"FilterPolicy": {"recipient": ["default/info"]}}
TOO_MUCH: Final[list[tuple[dict[str, Json], str]]] = [
    ({str(number): resource("AWS::SQS::Queue") for number in range(501)}, r"501, .* at most 500\. .*\[\[watch\]\]"),
    ({"F": function(contract.SLACK_HANDLER, {"A": "x" * 4090})}, r"4,098.* at most 4,096\..*webhook_secret"),
    ({"F": function(contract.PAGERDUTY_HANDLER, {"A": "x" * 4090})}, r"\[alerts.pagerduty\]"),
    ({"F": function(contract.SIGNED_WEBHOOK_HANDLER, {"A": "x" * 4090})}, r"\[alerts.webhook\]"),
    ({"F": function(contract.POLL_HANDLER, {"A": "x" * 4090})}, r"slack, teams and event_bus"),
    (subscriptions(201, "email", **_FILTER), r"filter policy: 201, .* at most 200\. .*email of \[alerts\]"),
    (subscriptions(201, "sqs", **_FILTER), r"filter policy: 201, .* at most 200\. .*webhook_secret"),
    (
        {"Topic": resource("AWS::SNS::Topic", FifoTopic=True), **subscriptions(101, "sqs")},
        r"ordered topic.*: 101, .* at most 100\. .*pagerduty and webhook",
    ),
    (subscriptions(1, "email", FilterPolicy={"recipient": ["x"] * 151}), r"too many values: 151,"),
    (
        {"Role": role(), "Policy": resource("AWS::IAM::Policy", Roles=_ROLES, PolicyDocument=policy(10_300))},
        r"policies have too many characters: 10,3\d\d, .*\[\[watch\]\]",
    ),
    (
        {"Role": role(), "Policy": resource("AWS::IAM::ManagedPolicy", Roles=_ROLES, PolicyDocument=policy(6_200))},
        r"managed policy has too many characters: 6,2\d\d,",
    ),
    (
        {
            "Role": role(),
            **{
                str(number): resource("AWS::IAM::ManagedPolicy", Roles=_ROLES, PolicyDocument=policy(1))
                for number in range(11)
            },
        },
        r"too many managed policies: 11,",
    ),
    ({"Role": role(AssumeRolePolicyDocument=policy(2_100))}, r"trust policy.*2,1\d\d,.*external_id"),
    ({"Alarm": alarm(AlarmName="x" * 256)}, r"name of the alarm .* 256,.*the secret's name"),
    ({"Alarm": alarm(AlarmDescription="x" * 1_025)}, r"description of the alarm .* 1,025,"),
    ({"Alarm": alarm(AlarmRule="x" * 10_241)}, r"rule of the alarm .* 10,241,"),
    (
        {"D": resource("AWS::CloudWatch::Dashboard", DashboardBody=json.dumps({"widgets": [{}] * 501}))},
        r"too many widgets: 501,",
    ),
    ({"Query": resource("AWS::Logs::QueryDefinition", Name="x" * 256)}, r"saved query.* 256,.*key name"),
    (
        {"Chat": resource("AWS::Chatbot::SlackChannelConfiguration", ConfigurationName="x" * 129)},
        r"name of the chat .* 129,.*webhook_secret",
    ),
]


@pytest.mark.parametrize(("resources", "expected"), TOO_MUCH)
def test_what_aws_would_refuse_is_one_sentence_with_the_key_and_the_fix(
    resources: dict[str, Json], expected: str
) -> None:
    with pytest.raises(ConfigurationError, match=expected) as refused:
        check_limits({"Resources": resources}, "journey-watch")

    assert "\n" not in str(refused.value)


def test_a_stack_name_or_a_template_that_is_too_long_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"129, .*the key name"):
        check_limits({"Resources": {}}, "x" * 129)
    with pytest.raises(ConfigurationError, match=r"template has too many bytes.*\[\[alerts.mute\]\]"):
        check_limits({"Resources": {}, "Metadata": {"x": "x" * limits.MAX_TEMPLATE_BYTES}}, "journey-watch")


def test_what_cloudformation_fills_in_counts_at_its_longest() -> None:
    """A queue's name has at most 80 characters, however long the names are that it is made of."""
    names = {"Fn::Join": [" ", [{"Fn::GetAtt": ["Queue", "QueueName"]}] * 51]}
    resources = {"Queue": resource("AWS::SQS::Queue"), "F": function(contract.SLACK_HANDLER, {"QUEUES": names})}

    (excess,) = excesses({"Resources": resources}, "x" * 128)

    assert excess.found == 51 * 81 - 1 + len('{"QUEUES":""}')


def recipients(make: Any) -> tuple[Recipient, ...]:  # noqa: ANN401 - from a number to the ways of a Recipient
    return tuple(
        Recipient(name=f"team-{number:02}-of-many", **make(f"{number:02}"), email=(EmailRecipient("all@example.com"),))
        for number in range(MAX_RECIPIENTS)
    )


REGIONS: Final = [(provider, region) for provider in sorted(REGISTRY) for region in sorted(REGISTRY[provider].regions)]
LARGEST: Final[dict[str, DeploymentConfig]] = {
    "33 recipients with a Slack webhook and 12 more": telling(
        replace(EVERYTHING, others=recipients(lambda number: {"slack": (SlackWebhook(f"team/{number}/slack"),)})[:33]),
        slack=tuple(SlackWebhook(f"ours/{number:02}/slack") for number in range(12)),
    ),
    "45 signed webhooks with long URLs": telling(
        EVERYTHING,
        signed_webhooks=tuple(SignedWebhook(f"{LONG_URL}{number:02}", f"team/{number:02}") for number in range(45)),
    ),
    "45 services of PagerDuty": telling(
        EVERYTHING, pagerduty=tuple(PagerDutyService(f"team/{number:02}/pager") for number in range(45))
    ),
    "as many recipients as there may be, with one address in all of them": replace(
        EVERYTHING, others=recipients(lambda _: {})
    ),
    "200 addresses": telling(
        EVERYTHING, email=tuple(EmailRecipient(f"reader{number}@example.com") for number in range(200))
    ),
    "20 chats of as many recipients": replace(
        EVERYTHING, others=recipients(lambda number: {"slack": (SlackChannel("T1", f"C{number}"),)})[:20]
    ),
    "as many lanes as there may be, in other accounts": configured(
        watch=tuple(
            WatchTarget(
                provider,
                "*",
                region=region,
                role_arn=f"arn:aws:iam::{account}:role/monitoring/JourneyWatchReader",
                external_id="handshake",
            )
            for account in ("222233334444", "333344445555", "444455556666")
            for provider, region in REGIONS
        )[:MAX_LANES]
    ),
}


@pytest.mark.parametrize("config", LARGEST.values(), ids=LARGEST)
def test_the_largest_configuration_of_each_kind_is_within_all_limits(
    synthesize: Synthesize, config: DeploymentConfig
) -> None:
    stack = synthesize(config)

    assert list(map(str, excesses(stack.template, config.name))) == []


def test_one_address_too_many_is_refused_before_aws_is_asked(tmp_path: Path) -> None:
    """The app itself, as the CDK starts it."""
    addresses = [f"reader{number}@example.com" for number in range(limits.MAX_FILTER_POLICIES + 1)]
    file, code_directory = tmp_path / "large.toml", tmp_path / "code"
    code_directory.mkdir()
    (code_directory / "stub.py").touch()
    file.write_text(
        f'[[watch]]\nprovider = "pinpoint"\napplication_id = "*"\n[alerts]\nemail = {json.dumps(addresses)}\n',
        encoding="utf-8",
    )
    context = {**json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"], "config": str(file)}
    code = (
        "import runpy, infra.bundle as bundle\n"
        f"bundle.build_bundle = lambda _: bundle.Bundle(bundle.Path({str(code_directory)!r}), 'stub')\n"
        "runpy.run_path('app.py', run_name='__main__')"
    )

    done = subprocess.run(  # noqa: S603 - all of it is written above
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "CDK_CONTEXT_JSON": json.dumps(context), "CDK_OUTDIR": str(tmp_path / "out")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "error: AWS would refuse this deployment. A topic has too many subscriptions" in done.stderr
    assert "Traceback" not in done.stderr
