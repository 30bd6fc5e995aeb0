"""The function that polls one lane per invocation."""

from datetime import timedelta
from typing import Final

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.alert_channels import AlertChannels
from infra.bundle import Bundle
from infra.chat_channels import ChatChannels
from infra.logged_role import logged_role
from infra.nag import acknowledge
from infra.state_table import StateTable
from journey_watch import contract

RUNTIME: Final = lambda_.Runtime.PYTHON_3_13
"""The newest on which the tests run."""

_MAX_TIMEOUT: Final = timedelta(minutes=5)
"""A slow schedule is no reason to let a poll hang."""


class Poller(Construct):
    """The function, its role and its log. What it may read and write is granted where it is wired."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bundle: Bundle,
        every: timedelta,
        state: StateTable,
        channels: AlertChannels,
        chat: ChatChannels,
        event_bus: events.IEventBus | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group, self.role = logged_role(
            self, description="Journey Watch: polls what is watched, keeps its state, publishes alerts"
        )
        self.timeout = Duration.seconds(_timeout(every).total_seconds())
        self.function = lambda_.Function(
            self,
            "Function",
            description="Polls one lane and alerts what changed",
            code=lambda_.Code.from_asset(str(bundle.path), asset_hash=bundle.digest),
            handler=contract.POLL_HANDLER,
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            # Polling is bound by waiting and by one core's parsing; the share of a core grows with the memory.
            memory_size=512,
            timeout=self.timeout,
            role=self.role,
            log_group=self.log_group,
            # The next poll is the retry, and it sees a newer world. Nothing is kept of a failed event: it says only
            # which lane, and every lane's next event says that again.
            retry_attempts=0,
            max_event_age=Duration.minutes(1),
            environment={
                contract.ENV_STATE_TABLE: state.table.table_name,
                contract.ENV_ALERT_TOPIC: channels.alert_topic.topic_arn,
                contract.ENV_ALERT_MAIL_TOPIC: channels.alert_mail_topic.topic_arn,
                contract.ENV_OPS_TOPIC: channels.ops_topic.topic_arn,
                contract.ENV_OPS_MAIL_TOPIC: channels.ops_mail_topic.topic_arn,
                contract.ENV_CHAT_TOPICS: Stack.of(self).to_json_string(
                    {severity.value: topic.topic_arn for severity, topic in chat.topics.items()}
                ),
                **({contract.ENV_EVENT_BUS: event_bus.event_bus_arn} if event_bus else {}),
                contract.ENV_ACCOUNT: Aws.ACCOUNT_ID,
                contract.ENV_SERVICE: Stack.of(self).stack_name,
                contract.ENV_METRICS_NAMESPACE: contract.METRICS_NAMESPACE,
            },
        )
        acknowledge(self.function, "L1", reason="Python 3.13 is the newest runtime that the tests run on.")


def _timeout(every: timedelta) -> timedelta:
    return min(every - timedelta(seconds=contract.TIMEOUT_MARGIN_SECONDS), _MAX_TIMEOUT)
