"""The function behind the dashboard's widget of live runs. It can read the table and metrics, and do nothing else."""

from typing import Final

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.bundle import Bundle
from infra.function import add_function
from infra.state_table import StateTable
from journey_watch import contract

_ROWS: Final = 16
"""Of the dashboard's grid: what is wrong, and a screen of journeys."""


class LiveRunsWidget(Construct):
    """The function, its role and its log."""

    def __init__(self, scope: Construct, construct_id: str, *, bundle: Bundle, state: StateTable) -> None:
        super().__init__(scope, construct_id)
        made = add_function(
            self,
            bundle=bundle,
            handler=contract.WIDGET_HANDLER,
            description="Shows live runs in the dashboard",
            role_description="Journey Watch: reads the state table and metrics for the dashboard",
            memory_mb=512,
            timeout=Duration.seconds(20),
            environment={
                contract.ENV_STATE_TABLE: state.table.table_name,
                contract.ENV_ACCOUNT: Aws.ACCOUNT_ID,
            },
        )
        self.function, self.role, self.log_group = made.function, made.role, made.log_group

    def widget(self, *, width: int = 24, height: int = _ROWS) -> cloudwatch.CustomWidget:
        """What a dashboard adds. Its viewers need lambda:InvokeFunction on the function, and are asked to allow it."""
        return cloudwatch.CustomWidget(
            title="Live runs",
            function_arn=self.function.function_arn,
            width=width,
            height=height,
            update_on_refresh=True,
            update_on_resize=False,  # it fits itself to the room it has
            update_on_time_range_change=False,  # `hours` says how far back it looks
        )
