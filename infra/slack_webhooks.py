"""Slack by incoming webhooks."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import Duration

from infra.queued_channel import QueuedKind, QueuedRecipient
from journey_watch import contract
from journey_watch.core.severity import Severity

MAX_ATTEMPTS: Final = 200
"""At ten minutes an attempt, more than a day of Slack being down."""
SLACK: Final = QueuedKind(
    name="slack",
    construct_id="Slack",
    recipients_are="Slack's incoming webhooks",
    handler=contract.SLACK_HANDLER,
    variable=contract.ENV_SLACK_QUEUES,
    timeout=Duration.minutes(1),
    max_attempts=MAX_ATTEMPTS,
)


def slack_readers(readers: Mapping[str, Mapping[str, Severity]]) -> list[QueuedRecipient]:
    """`readers` are `DeploymentConfig.webhook_readers`."""
    return [QueuedRecipient(secret, least, secret) for secret, least in readers.items()]
