"""The topic whose queues keep the order of a thread. SNS takes no people for a FIFO topic: mails have their own."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.recipients import Recipient
from journey_watch import contract


class OrderedTopic(Construct):
    """The topic, if a recipient has PagerDuty or a signed webhook."""

    def __init__(self, scope: Construct, construct_id: str, *, key: kms.IKey, recipients: Sequence[Recipient]) -> None:
        super().__init__(scope, construct_id)
        needed = any(recipient.pagerduty or recipient.signed_webhooks for recipient in recipients)
        self.topic = sns.Topic(self, "Topic", fifo=True, master_key=key, enforce_ssl=True) if needed else None

    @property
    def environment(self) -> Mapping[str, str]:
        """What the poller reads of it."""
        return {contract.ENV_ORDERED_TOPIC: self.topic.topic_arn} if self.topic else {}

    @property
    def topics(self) -> Mapping[str, sns.ITopic]:
        """By channel."""
        return {contract.CHANNEL_IN_ORDER: self.topic} if self.topic else {}

    def grant_sending(self, role: iam.Role) -> None:
        """Publishing, which covers PublishBatch."""
        if self.topic:
            role.add_to_principal_policy(iam.PolicyStatement(actions=["sns:Publish"], resources=[self.topic.topic_arn]))
