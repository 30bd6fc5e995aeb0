"""A stack of every kind of resource that Journey Watch's own has or may get, to try what the local cloud can do."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_chatbot as chatbot
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct


class ProbeStack(cdk.Stack):
    """A function called every minute, a topic with a reader of each protocol, a table, and things to look at."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, "Probe")
        self.key = kms.Key(self, "Key", alias="alias/probe", removal_policy=cdk.RemovalPolicy.DESTROY)
        self.failures = sqs.Queue(self, "Failures")
        self.table = self._table()
        self.topic = self._topic()
        self.function = self._function()
        self._schedule()
        self._monitoring()
        self._chat()
        for name, value in {
            "TableName": self.table.table_name,
            "TopicArn": self.topic.topic_arn,
            "FunctionName": self.function.function_name,
            "FailuresUrl": self.failures.queue_url,
            "ReaderUrl": self.reader.queue_url,
        }.items():
            cdk.CfnOutput(self, name, value=value)

    def _table(self) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self.key,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )

    def _topic(self) -> sns.Topic:
        topic = sns.Topic(self, "Topic", master_key=self.key, enforce_ssl=True)
        critical = {"severity": sns.SubscriptionFilter.string_filter(allowlist=["critical"])}
        topic.add_subscription(subscriptions.EmailSubscription("all@example.com"))
        topic.add_subscription(subscriptions.EmailSubscription("critical@example.com", filter_policy=critical))
        topic.add_subscription(subscriptions.UrlSubscription("https://hooks.example.com/alerts"))
        self.reader = sqs.Queue(self, "Reader", encryption=sqs.QueueEncryption.KMS, encryption_master_key=self.key)
        topic.add_subscription(subscriptions.SqsSubscription(self.reader))
        return topic

    def _function(self) -> lambda_.Function:
        function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler="probe.handler",
            # With a hash of its own: aws-cdk-lib caches the ones it computes in the user's home.
            code=lambda_.Code.from_asset(str(Path(__file__).parent / "function"), asset_hash="probe"),
            timeout=cdk.Duration.seconds(5),
            environment={"TABLE_NAME": self.table.table_name},
            retry_attempts=0,
            max_event_age=cdk.Duration.minutes(1),
            on_failure=destinations.SqsDestination(self.failures),
            log_group=logs.LogGroup(self, "Log", retention=logs.RetentionDays.ONE_MONTH),
        )
        self.table.grant_read_write_data(function)
        return function

    def _schedule(self) -> None:
        scheduler.Schedule(
            self,
            "Schedule",
            schedule=scheduler.ScheduleExpression.rate(cdk.Duration.minutes(1)),
            target=targets.LambdaInvoke(
                self.function,
                dead_letter_queue=self.failures,
                retry_attempts=0,
                max_event_age=cdk.Duration.minutes(1),
                input=scheduler.ScheduleTargetInput.from_object({"lane": "pinpoint/111122223333/eu-west-1"}),
            ),
        )

    def _monitoring(self) -> None:
        errors = self.function.metric_errors()
        ratio = cloudwatch.MathExpression(
            expression="e / i", using_metrics={"e": errors, "i": self.function.metric_invocations()}
        )
        plain = errors.create_alarm(self, "Errors", threshold=1, evaluation_periods=2, datapoints_to_alarm=1)
        math = ratio.create_alarm(self, "Ratio", threshold=0.5, evaluation_periods=1)
        cloudwatch.CompositeAlarm(
            self, "Any", composite_alarm_name="probe-any", alarm_rule=cloudwatch.AlarmRule.any_of(plain, math)
        )
        dashboard = cloudwatch.Dashboard(self, "Dashboard")
        dashboard.add_widgets(cloudwatch.GraphWidget(left=[errors]))
        logs.QueryDefinition(
            self, "Query", query_definition_name="probe", query_string=logs.QueryString(fields=["@message"])
        )

    def _chat(self) -> None:
        chatbot.SlackChannelConfiguration(
            self,
            "Slack",
            slack_channel_configuration_name="probe-slack",
            slack_workspace_id="T0000000",
            slack_channel_id="C0000000",
            notification_topics=[self.topic],
            guardrail_policies=[iam.ManagedPolicy.from_aws_managed_policy_name("CloudWatchReadOnlyAccess")],
        )
        chatbot.CfnMicrosoftTeamsChannelConfiguration(
            self,
            "Teams",
            configuration_name="probe-teams",
            iam_role_arn=f"arn:aws:iam::{self.account}:role/any",
            team_id="team",
            teams_channel_id="channel",
            teams_tenant_id="tenant",
        )


app = cdk.App()
ProbeStack(app)
app.synth()
