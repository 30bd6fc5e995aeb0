"""Lets a message of a queue wait longer than the queue would."""

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

logger = Logger(child=True)


class SqsQueue:
    def __init__(self, client: "SQSClient") -> None:
        self._client = client

    def postpone(self, queue_url: str, receipt: str, seconds: int) -> None:
        """Hide a message for so long, from now on. Does not raise: the queue's own time-out is as good."""
        try:
            self._client.change_message_visibility(QueueUrl=queue_url, ReceiptHandle=receipt, VisibilityTimeout=seconds)
        except Exception as error:  # noqa: BLE001 - a broken answer makes botocore's parser raise whatever it likes
            logger.warning("message comes back when the queue says", reason=str(error))
