"""The stack as a whole: what it keeps, what it tells, that it fits beside others and breaks no rule."""

import json
from dataclasses import replace
from datetime import time
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from cdk_nag import AwsSolutionsChecks

from infra.bundle import PYTHON_VERSION, Bundle
from infra.deployment_config import CODE_KEY, MUTES_KEY, RECIPIENTS_KEY, TIME_ZONE_KEY, DeploymentConfig
from infra.journey_watch_stack import JourneyWatchStack
from infra.reader_role import ReaderRoleStack
from infra.recipients import PagerDutyService, SignedWebhook, SlackChannel, SlackWebhook, TeamsChannel
from journey_watch import contract
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.mutes import Mute
from journey_watch.core.severity import Severity
from journey_watch.core.watch_list import WatchTarget
from journey_watch.settings import Settings, WatchConfig, mutes_from_json
from tests.infra.conftest import EVERYTHING, ROOT, Synthesize, configured, telling
from tests.infra.synthesis import TOPICS, Synthesized, text

READER_ROLE = "arn:aws:iam::444455556666:role/path/Reader"
KITCHEN_SINK = replace(
    telling(
        EVERYTHING,
        slack=(SlackChannel("T1", "C1"), SlackChannel("T1", "C2", Severity.CRITICAL), SlackWebhook("team/slack")),
        teams=(
            TeamsChannel("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "19%3Aa%40b"),
        ),
        pagerduty=(PagerDutyService("team/pager"),),
        signed_webhooks=(SignedWebhook("https://receiver.example/in", "team/hook"),),
        event_bus="default",
    ),
    keep_data=False,
    watching=WatchConfig(
        watch=(
            WatchTarget("pinpoint", "listed", ("j1", "j2")),
            *(WatchTarget("pinpoint", f"{app:032x}", tuple(f"{n:032x}" for n in range(20))) for app in range(9)),
            WatchTarget("pinpoint", "*", region="eu-west-1"),
            WatchTarget("pinpoint", "*", region="us-east-1", role_arn=READER_ROLE, external_id="handshake"),
        ),
    ),
)


def test_the_environment_is_what_the_function_reads(everything: Synthesized) -> None:
    variables = everything.poller["Environment"]["Variables"]
    # Lambda itself sets the Region.
    env = {name: text(value) for name, value in variables.items()} | {contract.ENV_REGION: "eu-west-1"}

    settings = Settings.from_env(env, EVERYTHING.for_poller())

    assert settings.table_name == everything.output("StateTableName")
    assert settings.alert_topic_arn == everything.output("AlertTopicArn")
    assert settings.alert_mail_topic_arn == everything.output("AlertMailTopicArn")
    assert settings.ops_topic_arn == everything.output("OpsTopicArn")
    assert settings.ops_mail_topic_arn == everything.output("OpsMailTopicArn")
    assert settings.account == "${AWS::AccountId}"
    assert settings.service == EVERYTHING.name
    assert variables[contract.ENV_METRICS_NAMESPACE] == contract.METRICS_NAMESPACE


def test_the_template_says_whom_it_sends_to_for_the_next_deployment_to_compare(synthesize: Synthesize) -> None:
    stack = synthesize(KITCHEN_SINK.with_recipient("you@example.com"))

    assert stack.template["Metadata"][RECIPIENTS_KEY] == [
        "19%3Aa%40b",
        "C1",
        "C2",
        "event-bus:default",
        "pagerduty:team/pager",
        "signed-webhook:team/hook",
        "webhook:team/slack",
        "you@example.com",
    ]


def test_the_template_says_which_code_and_mutes_it_has_for_the_command_to_show(
    synthesize: Synthesize, stub_bundle: Bundle
) -> None:
    config = configured(mutes=(Mute(id="night", days=(0, 6), begins=time(22), ends=time(6)),))
    metadata = synthesize(config).template["Metadata"]

    assert metadata[CODE_KEY] == stub_bundle.code
    assert mutes_from_json(metadata[MUTES_KEY]) == config.watching.mutes
    assert metadata[TIME_ZONE_KEY] == config.watching.time_zone


def test_the_function_is_the_poll_handler_on_arm_with_a_log_of_limited_age(everything: Synthesized) -> None:
    function = everything.poller

    assert function["Handler"] == contract.POLL_HANDLER
    assert function["Runtime"] == f"python{PYTHON_VERSION[0]}.{PYTHON_VERSION[1]}"
    assert function["Architectures"] == ["arm64"]
    assert function["MemorySize"] == 512
    assert {each["RetentionInDays"] for each in everything.properties("AWS::Logs::LogGroup")} == {30}


def test_the_table_is_keyed_as_the_contract_says(everything: Synthesized) -> None:
    table = everything.only("AWS::DynamoDB::Table")

    assert table["KeySchema"] == [
        {"AttributeName": contract.PARTITION_KEY, "KeyType": "HASH"},
        {"AttributeName": contract.SORT_KEY, "KeyType": "RANGE"},
    ]
    (index,) = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == contract.LANE_INDEX
    assert index["KeySchema"] == [
        {"AttributeName": contract.LANE_INDEX_PARTITION_KEY, "KeyType": "HASH"},
        {"AttributeName": contract.LANE_INDEX_SORT_KEY, "KeyType": "RANGE"},
    ]
    assert index["Projection"] == {"ProjectionType": "ALL"}
    assert {each["AttributeType"] for each in table["AttributeDefinitions"]} == {"S"}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": contract.EXPIRES_AT, "Enabled": True}
    assert table["SSESpecification"]["SSEType"] == "KMS"
    assert text(table["SSESpecification"]["KMSMasterKeyId"]) == everything.arn("AWS::KMS::Key")
    assert everything.only("AWS::KMS::Key")["EnableKeyRotation"] is True


@pytest.mark.parametrize(("keep_data", "policy"), [(True, "Retain"), (False, "Delete")])
def test_keep_data_decides_whether_state_outlives_the_stack(
    synthesize: Synthesize, keep_data: bool, policy: str
) -> None:
    stack = synthesize(replace(EVERYTHING, keep_data=keep_data))

    (table_resource,), (key,) = stack.resources("AWS::DynamoDB::Table"), stack.resources("AWS::KMS::Key")
    assert table_resource["DeletionPolicy"] == table_resource["UpdateReplacePolicy"] == policy
    assert key["UpdateReplacePolicy"] == policy
    # A first deployment that fails leaves no key behind; its table is protected, so nothing could delete it.
    assert key["DeletionPolicy"] == ("RetainExceptOnCreate" if keep_data else "Delete")
    table = stack.only("AWS::DynamoDB::Table")
    assert table["DeletionProtectionEnabled"] is keep_data
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is keep_data


def test_outputs_name_what_others_build_on(everything: Synthesized) -> None:
    assert everything.template["Outputs"].keys() == {
        *TOPICS,
        "StateTableName",
        "PollerFunctionName",
        "PollerRoleArn",
        "DashboardName",
    }
    assert f"{everything.output('PollerFunctionName')[:-1]}.Arn}}" == everything.poller_arn
    assert everything.output("PollerRoleArn") == f"${{{everything.poller_role}.Arn}}"
    assert len({everything.output(topic) for topic in TOPICS}) == len(TOPICS)


def test_nothing_has_a_fixed_name_so_that_stacks_fit_beside_each_other(everything: Synthesized) -> None:
    names = {"TableName", "TopicName", "QueueName", "FunctionName", "RoleName", "LogGroupName", "Name", "AliasName"}

    for resource in everything.template["Resources"].values():
        named = names & resource["Properties"].keys()
        if resource["Type"] in ("AWS::CloudWatch::Alarm", "AWS::Logs::QueryDefinition", "AWS::Events::Rule"):
            # People read these, or a role's trust names them: they begin with the name that tells stacks apart.
            name = "AlarmName" if resource["Type"] == "AWS::CloudWatch::Alarm" else "Name"
            assert text(resource["Properties"][name]).startswith(EVERYTHING.name)
            continue
        assert resource["Type"] == "AWS::Lambda::EventInvokeConfig" or not named, (resource["Type"], named)


def test_watching_nothing_refuses_to_deploy(synthesize: Synthesize) -> None:
    with pytest.raises(ConfigurationError) as refused:
        synthesize(configured(watch=()))

    assert str(refused.value) == "Nothing would be watched. The configuration has no [[watch]] entry; add one."


def test_two_stacks_live_in_one_app(stub_bundle: Bundle, context: dict[str, Any]) -> None:
    app = cdk.App(context=context)
    for name in ("one", "two"):
        JourneyWatchStack(app, config=replace(EVERYTHING, name=name), bundle=stub_bundle)

    assert [stack.stack_name for stack in app.synth().stacks] == ["one", "two"]


@pytest.mark.parametrize("name", ["default", "example", "demo"])
@pytest.mark.parametrize("account", [None, "111122223333"])
def test_every_shipped_configuration_synthesizes(synthesize: Synthesize, name: str, account: str | None) -> None:
    region = "eu-west-1" if account else None
    config = DeploymentConfig.from_file(
        ROOT / f"config/{name}.toml", own_account=account or "own", own_region=region or "own"
    )

    assert synthesize(config, account=account, region=region).properties("AWS::Scheduler::Schedule")


@pytest.mark.parametrize("config", [EVERYTHING, KITCHEN_SINK], ids=["everything", "kitchen sink"])
def test_cdk_nag_finds_nothing(config: DeploymentConfig, stub_bundle: Bundle, context: dict[str, Any]) -> None:
    app = cdk.App(context=context)
    JourneyWatchStack(app, config=config, bundle=stub_bundle)
    if config is KITCHEN_SINK:
        ReaderRoleStack(app, config=config, role_arn=READER_ROLE)
    app.synth()

    report = AwsSolutionsChecks().validate_scope(app)

    assert [(each.rule_name, each.violating_resources) for each in report.violations] == []


@pytest.fixture(scope="module")
def rules() -> cdk.CloudFormationValidatePlugin:
    """The CDK's own: to load them takes 4 s of a core."""
    return cdk.CloudFormationValidatePlugin()


@pytest.fixture
def judged_app(context: dict[str, Any], rules: cdk.CloudFormationValidatePlugin) -> cdk.App:
    """Its synthesis fails with what the rules find."""
    app = cdk.App(context={**context, "@aws-cdk/core:validateAgainstDefaultRules": True})
    cdk.Validations.of(app).add_plugins(rules)
    return app


@pytest.mark.parametrize("config", [EVERYTHING, KITCHEN_SINK], ids=["everything", "kitchen sink"])
def test_the_cdk_finds_nothing(config: DeploymentConfig, stub_bundle: Bundle, judged_app: cdk.App) -> None:
    JourneyWatchStack(judged_app, config=config, bundle=stub_bundle)

    judged_app.synth()


def test_the_cdk_would_find_something(judged_app: cdk.App) -> None:
    stack = cdk.Stack(judged_app, "Bad")
    cdk.CfnResource(stack, "Queue", type="AWS::SQS::Queue", properties={"NoSuchProperty": 1})

    with pytest.raises(RuntimeError, match="NoSuchProperty"):
        judged_app.synth()


def test_cdk_nag_would_find_something(context: dict[str, Any]) -> None:
    """The check above can fail."""
    stack = cdk.Stack(cdk.App(context=context), "Bad")
    cdk.aws_sns.Topic(stack, "Topic")

    assert not AwsSolutionsChecks().validate_scope(stack).success


def test_cfn_lint_finds_nothing(synthesize: Synthesize, context: dict[str, Any]) -> None:
    # It ships no types. Imported above, it would take each worker a second of a core.
    from cfnlint.api import ManualArgs, lint  # type: ignore[import-untyped]  # noqa: PLC0415

    reader = ReaderRoleStack(cdk.App(context=context), config=KITCHEN_SINK, role_arn=READER_ROLE)
    templates = (
        synthesize().template,
        synthesize(KITCHEN_SINK).template,
        assertions.Template.from_stack(reader).to_json(),
    )
    # W3005: the CDK states dependencies that references imply anyway.
    options = ManualArgs(ignore_checks=["W3005"])

    assert [finding for template in templates for finding in lint(json.dumps(template), config=options)] == []


def test_the_template_is_as_it_was(everything: Synthesized, snapshot: Any) -> None:  # noqa: ANN401 - syrupy's fixture
    """Review every difference; accept it with `pytest tests/infra --snapshot-update`."""
    template = json.loads(json.dumps(everything.template))
    del template["Parameters"], template["Rules"]  # the bootstrap's, not ours
    for resource in template["Resources"].values():
        resource.pop("Metadata", None)
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Code"] = "the bundle"

    assert template == snapshot
