"""Where alerts go: one topic for those who care about journeys, one for those who look after Journey Watch itself."""

from collections.abc import Iterable

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.readers import EmailReader, severities_from
from journey_watch import contract


class AlertChannels(Construct):
    """Both topics, encrypted, closed to plain HTTP, with their e-mail readers."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        key: kms.Key,
        alert_email: Iterable[EmailReader],
        ops_email: Iterable[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self.alert_topic = sns.Topic(self, "Alerts", display_name="Journey Watch", master_key=key, enforce_ssl=True)
        for reader in alert_email:
            self.alert_topic.add_subscription(
                subscriptions.EmailSubscription(
                    reader.address,
                    filter_policy={
                        contract.ATTRIBUTE_SEVERITY: sns.SubscriptionFilter.string_filter(
                            allowlist=severities_from(reader.min_severity)
                        )
                    },
                )
            )
        self.ops_topic = sns.Topic(self, "Ops", display_name="Journey Watch ops", master_key=key, enforce_ssl=True)
        for address in ops_email:
            self.ops_topic.add_subscription(subscriptions.EmailSubscription(address))
        self._open_ops_topic_to_alarms(key)

    def grant_publish(self, role: iam.Role) -> None:
        """To both: who looks after Journey Watch hears of what it cannot see. PublishBatch is authorised as Publish."""
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["sns:Publish"], resources=[self.alert_topic.topic_arn, self.ops_topic.topic_arn]
            )
        )

    def grant_listing_readers(self, role: iam.Role) -> None:
        """To find out who never confirmed."""
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["sns:ListSubscriptionsByTopic"],
                resources=[self.alert_topic.topic_arn, self.ops_topic.topic_arn],
            )
        )

    def _open_ops_topic_to_alarms(self, key: kms.Key) -> None:
        """CloudWatch publishes as a service: topic and key must both admit it, for this account's alarms only."""
        alarms = iam.ServicePrincipal(
            "cloudwatch.amazonaws.com",
            conditions={
                "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                "ArnLike": {
                    "aws:SourceArn": Stack.of(self).format_arn(
                        service="cloudwatch",
                        resource="alarm",
                        resource_name="*",
                        arn_format=ArnFormat.COLON_RESOURCE_NAME,
                    )
                },
            },
        )
        self.ops_topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowAlarms", principals=[alarms], actions=["sns:Publish"], resources=[self.ops_topic.topic_arn]
            )
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowAlarms", principals=[alarms], actions=["kms:Decrypt", "kms:GenerateDataKey*"], resources=["*"]
            )
        )
