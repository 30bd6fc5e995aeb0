"""PagerDuty by its Events API v2."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import Duration

from infra.queued_channel import QueuedKind, QueuedRecipient
from infra.recipients import Recipient
from journey_watch import contract

MAX_ATTEMPTS: Final = 300
"""At five minutes an attempt, more than a day of PagerDuty being down."""
PAGERDUTY: Final = QueuedKind(
    name="pagerduty",
    construct_id="PagerDuty",
    recipients_are="PagerDuty",
    handler=contract.PAGERDUTY_HANDLER,
    variable=contract.ENV_PAGERDUTY_QUEUES,
    timeout=Duration.minutes(1),
    max_attempts=MAX_ATTEMPTS,
    in_order=True,
)


def pagerduty_readers(everybody: Sequence[Recipient]) -> list[QueuedRecipient]:
    return [
        QueuedRecipient(service.secret, {recipient.name: service.min_severity}, service.described)
        for recipient in everybody
        for service in recipient.pagerduty
    ]
