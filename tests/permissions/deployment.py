"""A deployment that has everything, its templates synthesized and its parts made in process."""

import functools
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk
import boto3
import moto  # noqa: F401 - see _OWN
from aws_cdk import assertions

from infra.bundle import Bundle
from infra.deployed_stack import DeployedStack
from infra.deployment_config import DeploymentConfig
from infra.journey_watch_stack import JourneyWatchStack
from infra.reader_role import ReaderRoleStack
from infra.recipients import (
    EmailRecipient,
    PagerDutyService,
    Recipient,
    SignedWebhook,
    SlackChannel,
    SlackWebhook,
    TeamsChannel,
)
from journey_watch import contract
from journey_watch.core.attribution import Attribution
from journey_watch.core.runs import JourneyKey, Lane
from journey_watch.core.severity import Severity
from journey_watch.core.watch_list import WatchTarget, lanes_of
from journey_watch.providers.connect.access import ANY_USER
from journey_watch.settings import WatchConfig
from tests.infra.conftest import ROOT
from tests.permissions.judge import SETTING_UP

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-west-2"
READER_ROLE: Final = "arn:aws:iam::444455556666:role/monitoring/JourneyWatchReader"
EXTERNAL_ID: Final = "handshake"
WEBHOOK_SECRET: Final = "team/slack"
PAGERDUTY_SECRET: Final = "team/pager"
SIGNING_SECRET: Final = "team/hook"
BUS: Final = "alerts"
_UUID: Final = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"

CONFIG: Final = DeploymentConfig(
    watching=WatchConfig(
        watch=(
            WatchTarget("pinpoint", "*"),
            WatchTarget("pinpoint", "shop", ("basket",), region="us-east-1"),
            WatchTarget("connect", "*"),
            WatchTarget("connect", "phones", ("recall",), region="us-east-1"),
            WatchTarget("pinpoint", "*", region="us-west-2", role_arn=READER_ROLE, external_id=EXTERNAL_ID),
            WatchTarget("pinpoint", "theirs", region="eu-west-1", role_arn=READER_ROLE, external_id=EXTERNAL_ID),
            WatchTarget("connect", "*", region="ca-central-1", role_arn=READER_ROLE, external_id=EXTERNAL_ID),
        ),
        attribution=Attribution.ON,
    ),
    default=Recipient(
        email=(EmailRecipient("reader@example.com"),),
        slack=(SlackChannel("T1", "C1"), SlackWebhook(WEBHOOK_SECRET)),
        teams=(TeamsChannel(_UUID, _UUID, "19%3Aone%40thread.tacv2", Severity.CRITICAL),),
        pagerduty=(PagerDutyService(PAGERDUTY_SECRET),),
        signed_webhooks=(SignedWebhook("https://receiver.example/in", SIGNING_SECRET),),
        event_bus=BUS,
    ),
    ops_email=("ops@example.com",),
)
WATCHED: Final = lanes_of(CONFIG.watch, own_account=ACCOUNT, own_region=REGION)
OF_READER: Final = {lane: targets for lane, targets in WATCHED.items() if targets[0].role_arn}
JOURNEYS: Final[Mapping[Lane, tuple[JourneyKey, ...]]] = dict(
    zip(
        WATCHED,
        [
            (JourneyKey("web", "welcome"),),
            (JourneyKey("shop", "basket"),),
            (JourneyKey("calls", "survey"),),
            (JourneyKey("phones", "recall"),),
            (JourneyKey("far", "greeting"),),
            (JourneyKey("theirs", "news"),),
            (JourneyKey("desk", "winback"),),
        ],
        strict=True,
    )
)


BEGINS: Final = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
"""A full hour: then the poller looks who never confirmed."""


def scenario(*, cloudtrail_delay: str = "5m") -> str:
    """A simulator's, with JOURNEYS where the configuration looks for them, each with a run that runs."""
    texts = [f'account = "{ACCOUNT}"\nregion = "{REGION}"\naws_quotas = false\nstarts_at = {BEGINS.isoformat()}']
    texts.append(f'cloudtrail_delay = "{cloudtrail_delay}"')
    texts.append(f'[[role]]\narn = "{READER_ROLE}"\nexternal_id = "{EXTERNAL_ID}"')
    for lane, journeys in JOURNEYS.items():
        container, journey = ("application", "journey") if lane.provider == "pinpoint" else ("instance", "campaign")
        for key in journeys:
            place = f'id = "{key.container_id}"\naccount = "{lane.account}"\nregion = "{lane.region}"'
            texts.append(f'[[{container}]]\n{place}\n[[{container}.{journey}]]\nid = "{key.journey_id}"')
            if lane.provider == "connect":
                named = 'name = "ada"\nfirst_name = "Ada"\nlast_name = "Lovelace"'
                texts.append(f'[[instance.user]]\nid = "{ANY_USER}"\n{named}')
            if lane.provider == "pinpoint":
                texts.append('[[application.journey.run]]\nid = "first"\nstatus = "RUNNING"')
    return "\n".join(texts)


def deployed(template: Mapping[str, Any], *, account: str = ACCOUNT, **parameters: str) -> DeployedStack:
    """The template with names as CloudFormation would give them."""
    resources: Mapping[str, Any] = template["Resources"]
    forms = {
        "AWS::SNS::Topic": f"arn:aws:sns:{REGION}:{account}:{{name}}",
        "AWS::SQS::Queue": f"https://sqs.{REGION}.amazonaws.com/{account}/{{name}}",
    }
    physical_ids = {
        id_: forms.get(each["Type"], "{name}").format(name=f"{CONFIG.name}-{id_}{'.fifo' if _is_fifo(each) else ''}")
        for id_, each in resources.items()
    }
    named = {
        id_: each["Properties"]["RoleName"]
        for id_, each in resources.items()
        if "RoleName" in each.get("Properties", {})
    }
    return DeployedStack(
        template=template,
        physical_ids=physical_ids | named,
        partition="aws",
        region=REGION,
        account=account,
        parameters=parameters,
    )


def _is_fifo(resource: Mapping[str, Any]) -> bool:
    """A topic or queue that keeps an order; its name ends so."""
    properties = resource.get("Properties", {})
    return bool(properties.get("FifoTopic") or properties.get("FifoQueue"))


def synthesized(config: DeploymentConfig = CONFIG) -> DeployedStack:
    """The stack of a configuration; its bundle is empty."""
    with TemporaryDirectory() as directory:
        Path(directory, "stub.py").touch()
        made = JourneyWatchStack(
            cdk.App(context=json.loads((ROOT / "cdk.json").read_text())["context"]),
            config=config,
            bundle=Bundle(Path(directory), "stub"),
            env=cdk.Environment(account=ACCOUNT, region=REGION),
        )
        return deployed(assertions.Template.from_stack(made).to_json())


def reader_of(stack: DeployedStack) -> DeployedStack:
    """The stack of the role in the other account, which the stack's poller assumes."""
    made = ReaderRoleStack(cdk.App(), config=CONFIG, role_arn=READER_ROLE)
    poller = str(stack.properties(str(stack.function(contract.POLL_HANDLER)))["Role"]["Fn::GetAtt"][0])
    template = assertions.Template.from_stack(made).to_json()
    return deployed(template, account=READER_ROLE.split(":")[4], PollerRoleArn=stack.arn(poller))


_OWN: Final = boto3.Session(SETTING_UP, "made-up", region_name=REGION)
"""Made while nobody sits in judgement and no fault is on; and after moto was imported, which answers it."""


@functools.cache
def setting_up(service: str) -> Any:  # noqa: ANN401 - boto3 makes it at run time
    """A client for what the test itself does: made once, for what moto answers lasts no longer than a story."""
    return _OWN.client(service)  # type: ignore[call-overload]


def make_parts(stack: DeployedStack) -> None:
    """Under moto: what the functions use, as the template names and shapes it."""
    dynamodb, sns, sqs = setting_up("dynamodb"), setting_up("sns"), setting_up("sqs")
    for table in stack.ids("AWS::DynamoDB::Table"):
        shape = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")
        properties = {key: stack.properties(table)[key] for key in shape}
        dynamodb.create_table(TableName=stack.physical_ids[table], **properties)
    for topic in stack.ids("AWS::SNS::Topic"):
        kind = {"FifoTopic": "true"} if _is_fifo(stack.template["Resources"][topic]) else {}
        made = sns.create_topic(Name=stack.physical_ids[topic].rpartition(":")[2], Attributes=kind)["TopicArn"]
        assert made == stack.arn(topic)
    for queue in stack.ids("AWS::SQS::Queue"):
        in_order: Mapping[QueueAttributeNameType, str]
        in_order = {"FifoQueue": "true"} if _is_fifo(stack.template["Resources"][queue]) else {}
        made = sqs.create_queue(QueueName=stack.physical_ids[queue].rpartition("/")[2], Attributes=in_order)["QueueUrl"]
        assert made == stack.physical_ids[queue]
    setting_up("events").create_event_bus(Name=BUS)
