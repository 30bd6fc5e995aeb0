"""The function that polls one lane per invocation."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from aws_cdk import Aws, Duration
from constructs import Construct

from infra.bundle import Bundle
from infra.channels import SendingParts
from infra.function import add_function
from infra.state_table import StateTable
from journey_watch import contract

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
        channels: Sequence[SendingParts],
    ) -> None:
        super().__init__(scope, construct_id)
        self.timeout = Duration.seconds(_timeout(every).total_seconds())
        made = add_function(
            self,
            bundle=bundle,
            handler=contract.POLL_HANDLER,
            description="Polls one lane and alerts what changed",
            role_description="Journey Watch: polls what is watched, keeps its state, publishes alerts",
            # Polling is bound by waiting and by one core's parsing; the share of a core grows with the memory.
            memory_mb=512,
            timeout=self.timeout,
            # The next poll is the retry, and it sees a newer world. Nothing is kept of a failed event: it says only
            # which lane, and every lane's next event says that again.
            retry_attempts=0,
            max_event_age=Duration.minutes(1),
            environment={
                contract.ENV_STATE_TABLE: state.table.table_name,
                **{name: value for parts in channels for name, value in parts.environment.items()},
                contract.ENV_ACCOUNT: Aws.ACCOUNT_ID,
                contract.ENV_METRICS_NAMESPACE: contract.METRICS_NAMESPACE,
            },
        )
        self.function, self.role, self.log_group = made.function, made.role, made.log_group


def _timeout(every: timedelta) -> timedelta:
    return min(every - timedelta(seconds=contract.TIMEOUT_MARGIN_SECONDS), _MAX_TIMEOUT)
