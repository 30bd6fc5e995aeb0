"""The function behind the dashboard's widget of live runs. It can read the table, and do nothing else."""

from typing import Final

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.bundle import Bundle
from infra.logged_role import logged_role
from infra.nag import acknowledge
from infra.poller import RUNTIME
from infra.state_table import StateTable
from journey_watch import contract

_ROWS: Final = 16
"""Of the dashboard's grid: what is wrong, and a screen of journeys."""


class LiveRunsWidget(Construct):
    """The function, its role and its log."""

    def __init__(self, scope: Construct, construct_id: str, *, bundle: Bundle, state: StateTable) -> None:
        super().__init__(scope, construct_id)
        self.log_group, self.role = logged_role(
            self, description="Journey Watch: reads the state table for the dashboard"
        )
        self.function = lambda_.Function(
            self,
            "Function",
            description="Shows live runs in the dashboard",
            code=lambda_.Code.from_asset(str(bundle.path), asset_hash=bundle.digest),
            handler=contract.WIDGET_HANDLER,
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=512,
            timeout=Duration.seconds(20),
            role=self.role,
            log_group=self.log_group,
            environment={
                contract.ENV_STATE_TABLE: state.table.table_name,
                contract.ENV_ACCOUNT: Aws.ACCOUNT_ID,
                contract.ENV_SERVICE: Stack.of(self).stack_name,
            },
        )
        acknowledge(self.function, "L1", reason="Python 3.13 is the newest runtime that the tests run on.")

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
