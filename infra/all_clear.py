"""The mail that says that an alarm is over.

An alarm's own OK action would send it when the alarm is created, too: every alarm begins in INSUFFICIENT_DATA and turns
OK. What an alarm tells EventBridge says which state it comes from
(CloudWatch's guide, "Alarm events and EventBridge").
"""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from constructs import Construct


class AllClear(Construct):
    """Publishes once whenever an alarm of the stack leaves the state ALARM, and never otherwise.

    People are told in words, by `mail_topic`; programs get the event itself, by `topic`. `names_begin` is how the names
    of the alarms begin whose end is told.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        mail_topic: sns.ITopic,
        topic: sns.ITopic,
        names_begin: str,
        runbook: str,
    ) -> None:
        super().__init__(scope, construct_id)
        alarm_arn = Stack.of(self).format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=names_begin,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        field = events.EventField.from_path
        text = (
            f"ALARM is over: {field('$.detail.alarmName')}.\n\n"
            f"Its state is {field('$.detail.state.value')} since {field('$.detail.state.timestamp')}, "
            f"in account {field('$.account')}, Region {field('$.region')}.\n\n"
            f"What it was about: {runbook}, under the word that follows the stack's name."
        )
        events.Rule(
            self,
            "Rule",
            description="Journey Watch: tells the operators when an alarm is over",
            event_pattern=events.EventPattern(
                source=["aws.cloudwatch"],
                detail_type=["CloudWatch Alarm State Change"],
                resources=events.Match.prefix(alarm_arn),
                detail={
                    "previousState": {"value": ["ALARM"]},
                    # Whichever comes next is told, so that a detour through INSUFFICIENT_DATA loses nothing.
                    "state": {"value": ["OK", "INSUFFICIENT_DATA"]},
                },
            ),
            # It admits EventBridge to the topics and their key for any rule: neither a topic's policy nor the key's may
            # have a condition on the source, which EventBridge could not meet (EventBridge's guide, "Amazon SNS
            # permissions"; SNS's guide, "Key management").
            targets=[
                targets.SnsTopic(mail_topic, message=events.RuleTargetInput.from_text(text)),
                targets.SnsTopic(topic),
            ],
        )
