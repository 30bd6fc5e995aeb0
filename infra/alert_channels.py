"""Where alerts go: those about journeys, and those about Journey Watch itself, each to people and to programs.

That makes four topics, because a topic has one form: journey_watch/messages/forms/sns.py says why.
"""

from collections.abc import Iterable, Mapping, Sequence

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.audiences import audience_policy
from journey_watch import contract
from journey_watch.core.severity import Severity


class AlertChannels(Construct):
    """The topics, encrypted, closed to plain HTTP, with their e-mail recipients.

    A subscription's logical id comes from its topic and its address alone. Were it to change, CloudFormation would
    subscribe the address again, which SNS answers with the subscription that is there, and then delete that. So
    there is one for each address, whoever it belongs to.

    `mail_readers` are `DeploymentConfig.mail_readers`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        key: kms.Key,
        mail_readers: Mapping[str, Mapping[str, Severity]],
        ops_email: Iterable[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self.alert_topic = self._topic("Alerts", "Journey Watch alerts as JSON")
        self.alert_mail_topic = self._topic("AlertMail", "Journey Watch")
        for address, least in mail_readers.items():
            self.alert_mail_topic.add_subscription(
                subscriptions.EmailSubscription(address, filter_policy=audience_policy(least))
            )
        self.ops_topic = self._topic("Ops", "Journey Watch ops as JSON")
        self.ops_mail_topic = self._topic("OpsMail", "Journey Watch ops")
        for address in ops_email:
            self.ops_mail_topic.add_subscription(subscriptions.EmailSubscription(address))
        self._open_ops_topics_to_alarms()

    @property
    def ops_topics(self) -> Sequence[sns.Topic]:
        """Where alarms are told."""
        return self.ops_mail_topic, self.ops_topic

    @property
    def topics(self) -> dict[str, sns.Topic]:
        """All of them, by channel."""
        return {
            contract.CHANNEL_MAIL: self.alert_mail_topic,
            contract.CHANNEL_ALERTS: self.alert_topic,
            contract.CHANNEL_OPS_MAIL: self.ops_mail_topic,
            contract.CHANNEL_OPS: self.ops_topic,
        }

    @property
    def environment(self) -> Mapping[str, str]:
        """What the poller reads of them."""
        return {
            contract.ENV_ALERT_TOPIC: self.alert_topic.topic_arn,
            contract.ENV_ALERT_MAIL_TOPIC: self.alert_mail_topic.topic_arn,
            contract.ENV_OPS_TOPIC: self.ops_topic.topic_arn,
            contract.ENV_OPS_MAIL_TOPIC: self.ops_mail_topic.topic_arn,
        }

    def grant_sending(self, role: iam.Role) -> None:
        """Publishing, which covers PublishBatch, and finding out who never confirmed a subscription to the mail."""
        topic_arns = [topic.topic_arn for topic in self.topics.values()]
        role.add_to_principal_policy(iam.PolicyStatement(actions=["sns:Publish"], resources=topic_arns))
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["sns:ListSubscriptionsByTopic"],
                resources=[self.alert_mail_topic.topic_arn, self.ops_mail_topic.topic_arn],
            )
        )

    def _topic(self, construct_id: str, display_name: str) -> sns.Topic:
        """`display_name` is the sender's name of e-mails."""
        return sns.Topic(self, construct_id, display_name=display_name, master_key=self._key, enforce_ssl=True)

    def _open_ops_topics_to_alarms(self) -> None:
        """Let this stack's alarms publish. CloudWatch does so as a service, so topics and key must both admit it."""
        alarms = iam.ServicePrincipal(
            "cloudwatch.amazonaws.com",
            conditions={
                "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                "ArnLike": {
                    "aws:SourceArn": Stack.of(self).format_arn(
                        service="cloudwatch",
                        resource="alarm",
                        # Alarms that have an action are named so (infra/alarms.py). No stack's name has a wildcard.
                        resource_name=f"{Stack.of(self).stack_name} *",
                        arn_format=ArnFormat.COLON_RESOURCE_NAME,
                    )
                },
            },
        )
        for topic in self.ops_topics:
            topic.add_to_resource_policy(
                iam.PolicyStatement(
                    sid="AllowAlarms", principals=[alarms], actions=["sns:Publish"], resources=[topic.topic_arn]
                )
            )
        self._key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowAlarms", principals=[alarms], actions=["kms:Decrypt", "kms:GenerateDataKey*"], resources=["*"]
            )
        )
