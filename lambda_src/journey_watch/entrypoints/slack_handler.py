"""The Slack function: Lambda hands it what waits in the webhooks' queues, a few alerts at a time."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from journey_watch.channels.slack.composition import slack_delivery
from journey_watch.channels.slack.delivery import QueuedAlert, SlackDelivery

logger = Logger()
# Slack being down is no error of this function; how long alerts wait is watched on the queues.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@cache
def delivery() -> SlackDelivery:
    return slack_delivery(os.environ)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Post the batch; answers which alerts must stay in their queue."""
    return process_partial_response(event=event, record_handler=_deliver, processor=processor, context=context)


def _deliver(record: SQSRecord) -> None:
    delivery().deliver(
        QueuedAlert(
            body=record.body,
            queue_arn=record.event_source_arn,
            queue_url=record.queue_url,
            receipt=record.receipt_handle,
            attempt=int(record.attributes.approximate_receive_count),
        )
    )
