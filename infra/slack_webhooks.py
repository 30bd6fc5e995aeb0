"""Slack by incoming webhooks: the alerts for programs, a queue for each webhook, one small function.

The queue keeps what Slack does not take, for as long as Slack does not take it.
"""

from collections.abc import Collection, Mapping
from typing import Final

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.audiences import audience_policy
from infra.bundle import Bundle
from infra.function import add_function
from infra.nag import acknowledge
from journey_watch import contract
from journey_watch.core.severity import Severity

TIMEOUT: Final = Duration.minutes(1)
BATCH_SIZE: Final = 5
"""At two seconds an alert, and with a first one that times out, far less than the function's time-out."""
CONCURRENCY: Final = 2
"""The least that Lambda takes; nothing is reserved, which a new account may not be able to."""
MAX_ATTEMPTS: Final = 200
"""At ten minutes an attempt, more than a day of Slack being down."""
KEPT: Final = Duration.days(14)
"""The most that SQS keeps: dead letters wait for somebody to send them again."""


class SlackWebhooks(Construct):
    """Everything between the topics for programs and the webhooks.

    `readers` are `DeploymentConfig.webhook_readers`, `operators` the recipients who are told of a blind monitor too.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bundle: Bundle,
        alert_topic: sns.ITopic,
        ops_topic: sns.ITopic,
        readers: Mapping[str, Mapping[str, Severity]],
        operators: Collection[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = self._queue("DeadLetters", dead_letters=None)
        acknowledge(self.dead_letters, "SQS3", reason="It is itself the dead-letter queue.")
        self.queues: dict[str, sqs.Queue] = {}
        """By the name of the webhook's secret."""
        for secret, least in readers.items():
            # An id may not have a slash; no secret's name has a colon.
            queue = self._queue(f"Queue:{secret.replace('/', ':')}", dead_letters=self.dead_letters)
            self.queues[secret] = queue
            self._subscribe(queue, alert_topic, least)
            if as_operator := {name: severity for name, severity in least.items() if name in operators}:
                # Alarms come without the attribute: this function could not word them.
                self._subscribe(queue, ops_topic, as_operator)
        stack = Stack.of(self)
        made = add_function(
            self,
            bundle=bundle,
            handler=contract.SLACK_HANDLER,
            description="Hands alerts to Slack's incoming webhooks",
            role_description="Journey Watch: hands alerts from its queues to Slack",
            # It waits most of its time; less memory would only make its start slow.
            memory_mb=256,
            timeout=TIMEOUT,
            environment={
                contract.ENV_WEBHOOK_SECRETS: stack.to_json_string(
                    {queue.queue_arn: secret for secret, queue in self.queues.items()}
                ),
            },
        )
        self.function, self.role, self.log_group = made.function, made.role, made.log_group
        self._grant_emptying_queues()
        self._grant_reading_webhooks()
        self._empty_queues()

    def _queue(self, construct_id: str, *, dead_letters: sqs.IQueue | None) -> sqs.Queue:
        return sqs.Queue(
            self,
            construct_id,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=KEPT,
            # What Lambda asks for. It is the wait after a crash only: the function sets its own after what it caught.
            visibility_timeout=Duration.seconds(6 * TIMEOUT.to_seconds()),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=MAX_ATTEMPTS)
            if dead_letters
            else None,
        )

    @staticmethod
    def _subscribe(queue: sqs.Queue, topic: sns.ITopic, least: Mapping[str, Severity]) -> None:
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

    def _grant_reading_webhooks(self) -> None:
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
                batch_size=BATCH_SIZE,
                max_concurrency=CONCURRENCY,
                report_batch_item_failures=True,
            )
