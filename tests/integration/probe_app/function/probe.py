"""Records each call in the table, then does what the event asks for: sleep, or fail."""

import json
import os
import time
from typing import Any

import botocore.session

DYNAMODB: Any = botocore.session.get_session().create_client("dynamodb")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own class
    remaining = context.get_remaining_time_in_millis()
    DYNAMODB.put_item(
        TableName=os.environ["TABLE_NAME"],
        Item={
            "pk": {"S": event.get("lane", "by hand")},
            "sk": {"S": context.aws_request_id},
            "at": {"N": str(time.time())},
            "remaining": {"N": str(remaining)},
        },
    )
    print(_embedded_metric("Calls", 1))  # noqa: T201 - how a function logs
    time.sleep(event.get("sleep", 0))
    if event.get("fail"):
        raise RuntimeError("as asked")
    return {"botocore": botocore.__file__, "remaining": remaining, "after": context.get_remaining_time_in_millis()}


def _embedded_metric(name: str, value: float) -> str:
    directive = {"Namespace": "Probe", "Dimensions": [["service"]], "Metrics": [{"Name": name, "Unit": "Count"}]}
    metadata = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": metadata, "service": "probe", name: value})
