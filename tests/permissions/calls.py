"""Which permissions an API call needs, by the Service Authorization Reference; a call that is not here is refused.

https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from infra.operations import ANY_SECRET_ENDING, Operation
from journey_watch import contract

Parameters = Mapping[str, Any]
"""As they are given to the client's method."""


@dataclass(frozen=True)
class Site:
    """Where a call arrives: resources that it names without an ARN are there."""

    account: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


Context = tuple[tuple[str, str], ...]
Needs = Callable[[Parameters, Site], Iterator[tuple[str, str] | tuple[str, str, Context]]]


def permissions(service: str, operation: str, parameters: Parameters, site: Site) -> list[Operation]:
    """What IAM asks before the call is answered. Raises KeyError for a call that nobody has looked up."""
    needs = _NEEDS.get((service, operation))
    if needs is None:
        raise KeyError(f"Look up what {service}.{operation} needs, and add it to {__name__}.")
    return [Operation(*needed) for needed in needs(parameters, site)]


def _table(site: Site, name: str) -> str:
    return name if name.startswith("arn:") else site.arn("dynamodb", f"table/{name}")


def _query(parameters: Parameters, site: Site) -> Iterator[tuple[str, str]]:
    table = _table(site, parameters["TableName"])
    # The index in place of its table, not beside it.
    yield "dynamodb:Query", f"{table}/index/{parameters['IndexName']}" if "IndexName" in parameters else table


def _of_table(action: str) -> Needs:
    return lambda parameters, site: iter([(action, _table(site, parameters["TableName"]))])


def _of_item(action: str) -> Needs:
    """Of a call on one item: the operator's policy allows it in one partition alone."""

    def needs(parameters: Parameters, site: Site) -> Iterator[tuple[str, str, Context]]:
        key = (parameters.get("Item") or parameters.get("Key") or {}).get(contract.PARTITION_KEY)
        yield action, _table(site, parameters["TableName"]), (("dynamodb:LeadingKeys", key["S"]),) if key else ()

    return needs


def _batch_get_item(parameters: Parameters, site: Site) -> Iterator[tuple[str, str]]:
    yield from (("dynamodb:BatchGetItem", _table(site, name)) for name in parameters["RequestItems"])


_OF_TRANSACTION: Final = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}


def _transact_write_items(parameters: Parameters, site: Site) -> Iterator[tuple[str, str]]:
    """It is no action itself: each of its items is judged as what it does."""
    for item in parameters["TransactItems"]:
        yield from ((_OF_TRANSACTION[kind], _table(site, what["TableName"])) for kind, what in item.items())


def _publish_batch(parameters: Parameters, _: Site) -> Iterator[tuple[str, str]]:
    """There is no action sns:PublishBatch."""
    yield "sns:Publish", parameters["TopicArn"]


def _list_subscriptions(parameters: Parameters, _: Site) -> Iterator[tuple[str, str]]:
    yield "sns:ListSubscriptionsByTopic", parameters["TopicArn"]


def _of_queue(action: str) -> Needs:
    return lambda parameters, site: iter([(action, site.arn("sqs", parameters["QueueUrl"].rpartition("/")[2]))])


def _get_secret_value(parameters: Parameters, site: Site) -> Iterator[tuple[str, str]]:
    yield (
        "secretsmanager:GetSecretValue",
        site.arn("secretsmanager", f"secret:{parameters['SecretId']}{ANY_SECRET_ENDING}"),
    )


def _put_events(parameters: Parameters, site: Site) -> Iterator[tuple[str, str, Context]]:
    for entry in parameters["Entries"]:
        bus = entry["EventBusName"]
        arn = bus if bus.startswith("arn:") else site.arn("events", f"event-bus/{bus}")
        yield "events:PutEvents", arn, (("events:source", entry["Source"]),)


def _assume_role(parameters: Parameters, _: Site) -> Iterator[tuple[str, str]]:
    yield "sts:AssumeRole", parameters["RoleArn"]


def _get_apps(_: Parameters, site: Site) -> Iterator[tuple[str, str]]:
    """The reference says `apps/*`, Pinpoint's own guide `apps`: both are asked for."""
    yield "mobiletargeting:GetApps", site.arn("mobiletargeting", "apps/*")
    yield "mobiletargeting:GetApps", site.arn("mobiletargeting", "apps")


def _get_app(parameters: Parameters, site: Site) -> Iterator[tuple[str, str]]:
    yield "mobiletargeting:GetApp", site.arn("mobiletargeting", f"apps/{parameters['ApplicationId']}")


def _list_journeys(parameters: Parameters, site: Site) -> Iterator[tuple[str, str]]:
    """The reference says the application, Pinpoint's own guide its journeys: both are asked for."""
    application = site.arn("mobiletargeting", f"apps/{parameters['ApplicationId']}")
    yield "mobiletargeting:ListJourneys", application
    yield "mobiletargeting:ListJourneys", f"{application}/journeys"


def _of_journey(action: str) -> Needs:
    def needs(parameters: Parameters, site: Site) -> Iterator[tuple[str, str]]:
        path = f"apps/{parameters['ApplicationId']}/journeys/{parameters['JourneyId']}"
        yield action, site.arn("mobiletargeting", path)

    return needs


def _list_campaigns(_: Parameters, __: Site) -> Iterator[tuple[str, str]]:
    """It takes no resource."""
    yield "connect-campaigns:ListCampaigns", "*"


def _campaign_states(parameters: Parameters, site: Site) -> Iterator[tuple[str, str]]:
    """`campaign/*`, for no id is in the path, and each of them: the reference says no more than `campaign`."""
    yield "connect-campaigns:GetCampaignStateBatch", site.arn("connect-campaigns", "campaign/*")
    for id_ in parameters["campaignIds"]:
        yield "connect-campaigns:GetCampaignStateBatch", site.arn("connect-campaigns", f"campaign/{id_}")


def _lookup_events(_: Parameters, __: Site) -> Iterator[tuple[str, str]]:
    """It takes no resource."""
    yield "cloudtrail:LookupEvents", "*"


def _describe_user(parameters: Parameters, site: Site) -> Iterator[tuple[str, str]]:
    yield (
        "connect:DescribeUser",
        site.arn("connect", f"instance/{parameters['InstanceId']}/agent/{parameters['UserId']}"),
    )


def _of_stack(action: str) -> Needs:
    """A stack's ARN ends in an id of its own."""
    return lambda parameters, site: iter([(action, site.arn("cloudformation", f"stack/{parameters['StackName']}/id"))])


def _get_schedule(parameters: Parameters, site: Site) -> Iterator[tuple[str, str]]:
    group = parameters.get("GroupName", "default")
    yield "scheduler:GetSchedule", site.arn("scheduler", f"schedule/{group}/{parameters['Name']}")


def _of_metrics(action: str) -> Needs:
    """It takes no resource."""
    return lambda _, __: iter([(action, "*")])


def _describe_alarms(_: Parameters, site: Site) -> Iterator[tuple[str, str]]:
    """Any of the account may be shown, whatever prefix is asked for."""
    yield "cloudwatch:DescribeAlarms", site.arn("cloudwatch", "alarm:any")


def _filter_log_events(parameters: Parameters, site: Site) -> Iterator[tuple[str, str]]:
    """The reference says the group, AWS's refusals its streams: both are asked for."""
    group = site.arn("logs", f"log-group:{parameters['logGroupName']}")
    yield "logs:FilterLogEvents", group
    yield "logs:FilterLogEvents", f"{group}:log-stream:"


def _nothing(_: Parameters, __: Site) -> Iterator[tuple[str, str]]:
    """Everybody may ask who they are."""
    return iter(())


def _invoke(parameters: Parameters, site: Site) -> Iterator[tuple[str, str]]:
    yield "lambda:InvokeFunction", site.arn("lambda", f"function:{parameters['FunctionName']}")


_NEEDS: Final[Mapping[tuple[str, str], Needs]] = {
    ("dynamodb", "BatchGetItem"): _batch_get_item,
    ("dynamodb", "Query"): _query,
    ("dynamodb", "TransactWriteItems"): _transact_write_items,
    ("dynamodb", "DeleteItem"): _of_item("dynamodb:DeleteItem"),
    ("dynamodb", "PutItem"): _of_item("dynamodb:PutItem"),
    ("dynamodb", "UpdateItem"): _of_table("dynamodb:UpdateItem"),
    ("sns", "ListSubscriptionsByTopic"): _list_subscriptions,
    ("sns", "PublishBatch"): _publish_batch,
    ("sqs", "ChangeMessageVisibility"): _of_queue("sqs:ChangeMessageVisibility"),
    ("sqs", "GetQueueAttributes"): _of_queue("sqs:GetQueueAttributes"),
    ("secretsmanager", "GetSecretValue"): _get_secret_value,
    ("events", "PutEvents"): _put_events,
    ("sts", "AssumeRole"): _assume_role,
    ("sts", "GetCallerIdentity"): _nothing,
    ("pinpoint", "GetApps"): _get_apps,
    ("pinpoint", "GetApp"): _get_app,
    ("pinpoint", "ListJourneys"): _list_journeys,
    ("pinpoint", "GetJourneyRuns"): _of_journey("mobiletargeting:GetJourneyRuns"),
    ("pinpoint", "GetJourneyRunExecutionMetrics"): _of_journey("mobiletargeting:GetJourneyRunExecutionMetrics"),
    ("connectcampaignsv2", "ListCampaigns"): _list_campaigns,
    ("connectcampaignsv2", "GetCampaignStateBatch"): _campaign_states,
    ("cloudtrail", "LookupEvents"): _lookup_events,
    ("connect", "DescribeUser"): _describe_user,
    ("cloudformation", "DescribeStacks"): _of_stack("cloudformation:DescribeStacks"),
    ("cloudformation", "GetTemplate"): _of_stack("cloudformation:GetTemplate"),
    ("cloudformation", "ListStackResources"): _of_stack("cloudformation:ListStackResources"),
    ("cloudwatch", "DescribeAlarms"): _describe_alarms,
    ("cloudwatch", "GetMetricData"): _of_metrics("cloudwatch:GetMetricData"),
    ("cloudwatch", "GetMetricStatistics"): _of_metrics("cloudwatch:GetMetricStatistics"),
    ("lambda", "Invoke"): _invoke,
    ("logs", "FilterLogEvents"): _filter_log_events,
    ("scheduler", "GetSchedule"): _get_schedule,
}
"""By service, as botocore calls it, and operation."""
