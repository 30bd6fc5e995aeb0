"""What needs a queue to be told: a queue for each recipient, and one small function for a kind of them.

The queue keeps what its recipient does not take, for as long as it is not taken.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, cast

from aws_cdk import ArnFormat, Aws, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.audiences import audience_policy
from infra.bundle import Bundle
from infra.deployed_stack import QUEUED_KEY
from infra.function import add_function
from infra.nag import acknowledge
from journey_watch import contract
from journey_watch.core.severity import Severity

if TYPE_CHECKING:
    from aws_cdk import CfnResource

BATCH_SIZE: Final = 5
CONCURRENCY: Final = 2
"""The least that Lambda takes; nothing is reserved, which a new account may not be able to."""
KEPT: Final = Duration.days(14)
"""The most that SQS keeps: dead letters wait for somebody to send them again."""

QUEUE_PATIENCE: Final = timedelta(minutes=15)
"""So long may an alert wait before operators hear of it: a storm at one message a second, or a short outage."""


@dataclass(frozen=True, slots=True)
class QueuedRecipient:
    """One of those who get alerts through a queue."""

    secret: str
    """The name of the Secrets Manager secret by which it is reached; no two of a kind have the same."""
    least: Mapping[str, Severity]
    """As which recipients of the configuration it is told, and from which severity on as each."""
    described: object
    """What the function must know of it, as JSON. The bundle has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedKind:
    """What sets one kind of them apart from others."""

    name: str
    """In the names of alarms, one word."""
    construct_id: str
    recipients_are: str
    """Whom the function hands alerts to."""
    handler: str
    variable: str
    """Of the function's environment: the queues, by which the bundle's `queued` finds `described`."""
    timeout: Duration
    """Enough for a batch of alerts of which each takes as long as it may."""
    max_attempts: int
    """After so many an alert is a dead letter."""
    in_order: bool = False
    """Whether an alert waits for the earlier ones of its thread. Each is then told by itself, and never in a digest."""

    @property
    def batch_size(self) -> int:
        """One, if order matters: what waits behind another alert is not even asked for, and counts no attempt."""
        return 1 if self.in_order else BATCH_SIZE


class QueuedChannel(Construct):
    """Everything between topics and the recipients of one kind.

    `hears` are the topics, each with those recipients of the configuration who hear it; None for all of them.
    """

    def __init__(
        self,
        scope: Construct,
        kind: QueuedKind,
        recipients: Sequence[QueuedRecipient],
        *,
        bundle: Bundle,
        hears: Sequence[tuple[sns.ITopic, Collection[str] | None]],
    ) -> None:
        super().__init__(scope, kind.construct_id)
        self.kind = kind
        self.dead_letters = self._queue("DeadLetters", dead_letters=None)
        acknowledge(self.dead_letters, "SQS3", reason="It is itself the dead-letter queue.")
        self.queues: dict[str, sqs.Queue] = {}
        """By the name of the recipient's secret."""
        for recipient in recipients:
            # An id may not have a slash; no secret's name has a colon.
            queue = self._queue(f"Queue:{recipient.secret.replace('/', ':')}", dead_letters=self.dead_letters)
            self.queues[recipient.secret] = queue
            for topic, audience in hears:
                least = {name: one for name, one in recipient.least.items() if audience is None or name in audience}
                if least:
                    self._subscribe(queue, topic, least)
        made = add_function(
            self,
            bundle=bundle,
            handler=kind.handler,
            description=f"Hands alerts to {kind.recipients_are}",
            role_description=f"Journey Watch: hands alerts from its queues to {kind.recipients_are}",
            # It waits most of its time; less memory would only make its start slow.
            memory_mb=256,
            timeout=kind.timeout,
            environment={kind.variable: self._queues_by_id()},
        )
        # Nothing but tests and make verify-aws reads it: the function has it in its bundle.
        described = {contract.queue_id(recipient.secret): recipient.described for recipient in recipients}
        resource = made.function.node.default_child
        cast("CfnResource", resource).add_metadata(QUEUED_KEY, described)
        self.function, self.role, self.log_group = made.function, made.role, made.log_group
        self._grant_emptying_queues()
        self._grant_reading_secrets()
        self._empty_queues()

    def _queue(self, construct_id: str, *, dead_letters: sqs.IQueue | None) -> sqs.Queue:
        return sqs.Queue(
            self,
            construct_id,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            fifo=self.kind.in_order or None,
            enforce_ssl=True,
            retention_period=KEPT,
            # What Lambda asks for. It is the wait after a crash only: the function sets its own after what it caught.
            visibility_timeout=Duration.seconds(6 * self.kind.timeout.to_seconds()),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=self.kind.max_attempts)
            if dead_letters
            else None,
        )

    def _queues_by_id(self) -> str:
        """The queues as `channels/queued/recipients.py` reads them: without what all their ARNs begin with."""
        queues = (f"{contract.queue_id(secret)}={queue.queue_name}" for secret, queue in self.queues.items())
        return " ".join((f"arn:{Aws.PARTITION}:sqs:{Aws.REGION}:{Aws.ACCOUNT_ID}:", *queues))

    @staticmethod
    def _subscribe(queue: sqs.Queue, topic: sns.ITopic, least: Mapping[str, Severity]) -> None:
        # Alarms come without the attribute: the functions could not word them.
        policy = audience_policy(least)
        topic.add_subscription(subscriptions.SqsSubscription(queue, raw_message_delivery=True, filter_policy=policy))

    def _grant_emptying_queues(self) -> None:
        """What Lambda calls as the function's role, and what the function itself does: let an alert wait longer."""
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=[
                    "sqs:ChangeMessageVisibility",
                    "sqs:DeleteMessage",
                    "sqs:GetQueueAttributes",
                    "sqs:ReceiveMessage",
                ],
                resources=[queue.queue_arn for queue in self.queues.values()],
            )
        )

    def _grant_reading_secrets(self) -> None:
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["secretsmanager:GetSecretValue"],
                resources=[
                    # Secrets Manager ends each ARN in a hyphen and six characters of its own.
                    Stack.of(self).format_arn(
                        service="secretsmanager",
                        resource="secret",
                        resource_name=f"{secret}-??????",
                        arn_format=ArnFormat.COLON_RESOURCE_NAME,
                    )
                    for secret in self.queues
                ],
            )
        )

    def _empty_queues(self) -> None:
        for queue in self.queues.values():
            # SqsEventSource would grant GetQueueUrl too, which nothing calls.
            self.function.add_event_source_mapping(
                f"From:{queue.node.id}",
                event_source_arn=queue.queue_arn,
                batch_size=self.kind.batch_size,
                max_concurrency=CONCURRENCY,
                report_batch_item_failures=True,
            )
