"""The mail that says that an alarm is over.

An alarm's own OK action would send it when the alarm is created, too: every alarm begins in INSUFFICIENT_DATA and turns
OK. What an alarm tells EventBridge says which state it comes from
(CloudWatch's guide, "Alarm events and EventBridge").
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

_LONGEST_NAME: Final = 64
"""Of a rule (EventBridge's API reference, PutRule)."""


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
        name = _rule_name(Stack.of(self).stack_name)
        self.role = self._publishing_role(name, [mail_topic, topic])
        # Its grants are written here and where it is wired: the targets' own would allow every use of the key.
        granted = self.role.without_policy_updates()
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
            rule_name=name,
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
            # By role: a topic's policy would have to admit every rule of every account, because EventBridge supports no
            # condition there (EventBridge's guide, "Amazon SNS permissions"; SNS's guide, "Key management").
            targets=[
                targets.SnsTopic(mail_topic, message=events.RuleTargetInput.from_text(text), role=granted),
                targets.SnsTopic(topic, role=granted),
            ],
        )

    def _publishing_role(self, rule_name: str, topics: Sequence[sns.ITopic]) -> iam.Role:
        """Return a role that EventBridge may assume for this one rule.

        Another rule cannot use it, not even one whose author may pass every role of the account.
        """
        rule = Stack.of(self).format_arn(service="events", resource="rule", resource_name=rule_name)
        role = iam.Role(
            self,
            "Role",
            description="Journey Watch: lets its rule send the end of an alarm to the operators",
            assumed_by=iam.ServicePrincipal(
                "events.amazonaws.com",
                # EventBridge's guide, "Cross-service confused deputy prevention".
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID, "aws:SourceArn": rule}},
            ),
        )
        role.add_to_policy(
            iam.PolicyStatement(actions=["sns:Publish"], resources=[topic.topic_arn for topic in topics])
        )
        return role


def _rule_name(stack_name: str) -> str:
    """Return the name of a stack's rule. The role's trust names the rule, so CloudFormation cannot choose the name."""
    name = f"{stack_name}-all-clear"
    if len(name) <= _LONGEST_NAME:
        return name
    digest = sha256(stack_name.encode()).hexdigest()[:8]
    return f"{stack_name[: _LONGEST_NAME - 19]}-{digest}-all-clear"
