"""The Slack function: Lambda hands it what waits in the webhooks' queues, a few alerts at a time."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from journey_watch import contract
from journey_watch.channels.queued.batch import deliver_batch
from journey_watch.channels.queued.delivery import QueuedDelivery
from journey_watch.channels.queued.recipients import recipients_by_queue
from journey_watch.channels.slack.composition import slack_delivery
from journey_watch.settings import bundled_watch_config

logger = Logger()


@cache
def delivery() -> QueuedDelivery:
    described = bundled_watch_config().queued
    return slack_delivery(recipients_by_queue(os.environ, contract.ENV_SLACK_QUEUES, described))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Post the batch; answers which alerts must stay in their queue."""
    return deliver_batch(event, context, lambda alert: delivery().deliver(alert))
