"""Takes the stack away, and says what is left of it and what that costs."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from operator_cli.aws_errors import AWS_ERRORS
from verify_aws.findings import Finding, failed, not_checked, ok
from verify_aws.surroundings import Surroundings
from verify_aws.waiting import Waiting

ABOUT = "left behind"
DELETE = "aws cloudformation delete-stack --stack-name"
STACK_TAG = "aws:cloudformation:stack-name"


def stack_id(surroundings: Surroundings, stack: str) -> str | None:
    """The ARN of the stack of this name; None if there is none."""
    found = _describe(surroundings, stack)
    return None if found is None else str(found["StackId"])


def remove(surroundings: Surroundings, waiting: Waiting, stack: str) -> Iterator[Finding]:
    """Delete the stack and list what is left. Tells of a deletion that fails, and never raises what boto3 raises."""
    try:
        identity = stack_id(surroundings, stack)
        if identity is None:
            yield ok("destroy", "No stack was made, so there is none to destroy.")
            return
        keys = _keys(surroundings, identity)
        surroundings.client("cloudformation").delete_stack(StackName=stack)
        status = waiting.until(
            "the stack to be deleted",
            lambda: (_describe(surroundings, identity) or {"StackStatus": "DELETE_COMPLETE"})["StackStatus"],
            lambda status: status != "DELETE_IN_PROGRESS",
            limit=surroundings.patience.deletion,
        )
        if status == "DELETE_COMPLETE":
            yield ok("destroy", f"The stack {stack} is deleted.")
        else:
            yield failed(
                "destroy",
                f"The stack is {status}. Look at its events, then: {DELETE} {stack}",
            )
        yield from _left(surroundings, waiting, stack, keys)
    except AWS_ERRORS as error:
        yield failed(
            "destroy",
            f"The stack could not be seen to its end ({error}). Remove it with: {DELETE} {stack}",
        )


def _left(surroundings: Surroundings, waiting: Waiting, stack: str, keys: list[str]) -> Iterator[Finding]:
    kms = surroundings.client("kms")
    for key in keys:
        described = kms.describe_key(KeyId=key)["KeyMetadata"]
        if described["KeyState"] == "PendingDeletion":
            when = described["DeletionDate"]
            yield ok(ABOUT, f"The key {key} goes by itself on {when:%Y-%m-%d}; until then it costs nothing.")
        else:
            yield failed(
                ABOUT,
                f"The key {key} is {described['KeyState']} and costs $1 a month. Remove it with: "
                f"aws kms schedule-key-deletion --key-id {key} --pending-window-in-days 7",
            )
    left = waiting.until(
        "deleted things not to be listed any more",
        lambda: [*_log_groups(surroundings, stack), *_queues(surroundings, stack), *_tables(surroundings, stack)],
        lambda found: not found,
        limit=surroundings.patience.delivery,
    )
    for what, removal in left:
        yield failed(ABOUT, f"{what} is still there. Remove it with: {removal}")
    if not left:
        yield ok(ABOUT, "No log group, no queue and no table of the stack is left.")
    if tagged := _tagged(surroundings, stack, keys):
        yield not_checked(
            ABOUT,
            f"The index of tags still names {len(tagged)} of the stack's resources, as it may for a while. "
            "Look again tomorrow: aws resourcegroupstaggingapi get-resources --tag-filters "
            f"Key={STACK_TAG},Values={stack}",
            resources=tagged,
        )
    yield ok(
        ABOUT,
        "What outlives every stack: the functions' code and the template in the CDK's own bucket (a few MB, below a "
        "cent a month; `npx cdk gc --unstable=gc` clears it), and the metrics' names in the console for 15 months, "
        "which costs nothing.",
    )


def _describe(surroundings: Surroundings, name: str) -> dict[str, Any] | None:
    try:
        (stack,) = surroundings.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "ValidationError":
            return None
        raise
    found: dict[str, Any] = stack
    return found


def _keys(surroundings: Surroundings, identity: str) -> list[str]:
    pages = surroundings.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=identity)
    resources = [each for page in pages for each in page["StackResourceSummaries"]]
    return [each["PhysicalResourceId"] for each in resources if each["ResourceType"] == "AWS::KMS::Key"]


def _log_groups(surroundings: Surroundings, stack: str) -> Iterator[tuple[str, str]]:
    pages = surroundings.client("logs").get_paginator("describe_log_groups")
    for prefix in (stack, f"/aws/lambda/{stack}"):
        for page in pages.paginate(logGroupNamePrefix=prefix):
            for group in page["logGroups"]:
                name = group["logGroupName"]
                yield f"The log group {name}", f"aws logs delete-log-group --log-group-name {name}"


def _queues(surroundings: Surroundings, stack: str) -> Iterator[tuple[str, str]]:
    for url in surroundings.client("sqs").list_queues(QueueNamePrefix=stack).get("QueueUrls", []):
        yield f"The queue {url}", f"aws sqs delete-queue --queue-url {url}"


def _tables(surroundings: Surroundings, stack: str) -> Iterator[tuple[str, str]]:
    for page in surroundings.client("dynamodb").get_paginator("list_tables").paginate():
        for name in page["TableNames"]:
            if name.startswith(f"{stack}-"):
                yield f"The table {name}", f"aws dynamodb delete-table --table-name {name}"


def _tagged(surroundings: Surroundings, stack: str, keys: list[str]) -> list[str]:
    """What the index of tags lists, but for the keys, which are known to be there for some days."""
    pages = surroundings.client("resourcegroupstaggingapi").get_paginator("get_resources")
    arns = [
        each["ResourceARN"]
        for page in pages.paginate(TagFilters=[{"Key": STACK_TAG, "Values": [stack]}])
        for each in page["ResourceTagMappingList"]
    ]
    return [arn for arn in arns if not any(key in arn for key in keys)]
