"""Webhooks signed by the Standard Webhooks convention."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import Duration

from infra.queued_channel import QueuedKind, QueuedRecipient
from infra.recipients import Recipient
from journey_watch import contract

MAX_ATTEMPTS: Final = 440
"""At ten minutes an attempt, more than three days of an endpoint being down."""
SIGNED_WEBHOOK: Final = QueuedKind(
    name="webhook",
    construct_id="SignedWebhook",
    recipients_are="signed webhooks",
    handler=contract.SIGNED_WEBHOOK_HANDLER,
    variable=contract.ENV_SIGNED_WEBHOOK_QUEUES,
    # An endpoint may take 15 s for each answer.
    timeout=Duration.minutes(1),
    max_attempts=MAX_ATTEMPTS,
    in_order=True,
)


def signed_webhook_readers(everybody: Sequence[Recipient]) -> list[QueuedRecipient]:
    return [
        QueuedRecipient(webhook.secret, {recipient.name: webhook.min_severity}, webhook.described)
        for recipient in everybody
        for webhook in recipient.signed_webhooks
    ]
