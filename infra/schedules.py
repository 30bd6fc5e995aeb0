"""One schedule per lane: EventBridge Scheduler and Lambda do the fan-out, and a slow lane delays no other.

Lanes cannot be spread over the minute: Scheduler invokes "with 60 second precision" and takes no second to begin at
(its User Guide, "Schedule types"), a flexible time window would double the longest time between two polls, and waiting
in the function would be billed. So nothing relies on it: whatever the schedules do, the pace of e-mails holds over all
lanes.
"""

from collections.abc import Iterable
from datetime import timedelta

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IConstruct

from infra.nag import acknowledge
from journey_watch import contract
from journey_watch.core.runs import Lane


def lane_id(scope: IConstruct, lane: Lane) -> str:
    """A construct's id for a lane.

    Only what the configuration spells out can be part of a logical id: the stack's own account and Region are not
    known at every synth.
    """
    stack = Stack.of(scope)
    account = "own" if lane.account == stack.account else lane.account
    region = "own" if lane.region == stack.region else lane.region
    return f"{lane.provider}-{account}-{region}"


class Schedules(Construct):
    """The schedules, the role they invoke with, and the queue for what could not be handed to the function."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.IFunction,
        every: timedelta,
        lanes: Iterable[Lane],
    ) -> None:
        super().__init__(scope, construct_id)
        # What lies here is of use as a signal only: an hour-old request to poll helps nobody.
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            retention_period=Duration.hours(1),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )
        acknowledge(self.dead_letters, "SQS3", reason="It is itself the dead-letter queue of the schedules.")
        self._role = self._invoking_role(function)
        for lane in lanes:
            self._add(lane, function=function, every=every)

    def _invoking_role(self, function: lambda_.IFunction) -> iam.Role:
        stack = Stack.of(self)
        role = iam.Role(
            self,
            "Role",
            description="Journey Watch: lets its schedules invoke the poller",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={
                    "StringEquals": {
                        "aws:SourceAccount": Aws.ACCOUNT_ID,
                        # Scheduler names the group, not the schedule, as the source (its guide, "Confused deputy").
                        "aws:SourceArn": stack.format_arn(
                            service="scheduler", resource="schedule-group", resource_name="default"
                        ),
                    }
                },
            ),
        )
        role.add_to_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.function_arn]))
        role.add_to_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self.dead_letters.queue_arn]))
        return role

    def _add(self, lane: Lane, *, function: lambda_.IFunction, every: timedelta) -> None:
        stack = Stack.of(self)
        minutes = every // timedelta(minutes=1)
        schedule = scheduler.CfnSchedule(
            self,
            lane_id(self, lane),
            description=f"Journey Watch: polls {lane}",
            schedule_expression=f"rate({minutes} {'minute' if minutes == 1 else 'minutes'})",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function.function_arn,
                role_arn=self._role.role_arn,
                input=stack.to_json_string({contract.EVENT_LANE: str(lane)}),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=self.dead_letters.queue_arn),
                # The next schedule's event is as good as a retry that comes later than it.
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=60, maximum_retry_attempts=3
                ),
            ),
        )
        schedule.node.add_dependency(self._role)
