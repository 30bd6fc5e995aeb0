"""One invocation of a function that Lambda feeds from queues, a few alerts at a time."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from journey_watch.channels.queued.delivery import QueuedAlert


def deliver_batch(
    event: dict[str, Any], context: LambdaContext, deliver: Callable[[QueuedAlert], None]
) -> PartialItemFailureResponse:
    """Deliver each alert by itself; answers which must stay in their queue."""

    def deliver_record(record: SQSRecord) -> None:
        deliver(
            QueuedAlert(
                body=record.body,
                queue_arn=record.event_source_arn,
                queue_url=record.queue_url,
                receipt=record.receipt_handle,
                attempt=int(record.attributes.approximate_receive_count),
            )
        )

    return process_partial_response(
        event=event,
        record_handler=deliver_record,
        # Slack being down is no error of its function; how long alerts wait is watched on the queues.
        processor=BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False),
        context=context,
    )
