"""Slack and Teams by Amazon Q Developer in chat applications.

It shows cards and nothing else, and so has its own topics: one for each recipient and distinct least severity, because
it subscribes itself, without a filter policy.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

from aws_cdk import Aws, Stack
from aws_cdk import aws_chatbot as chatbot
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.recipients import Recipient, SlackChannel, TeamsChannel
from journey_watch import contract
from journey_watch.core.aws_partitions import partition_of
from journey_watch.core.routing import DEFAULT
from journey_watch.core.severity import Severity

GUARDRAIL: Final = f"arn:{Aws.PARTITION}:iam::aws:policy/CloudWatchReadOnlyAccess"
"""The most that commands typed in a channel may ever do, whatever its role is granted later. AWS's default: all."""
LOGGING: Final = "ERROR"
"""Says which cards were not shown, and why. AWS's default: nothing."""

_PARTITIONS_WITHOUT: Final = frozenset({"aws-us-gov", "aws-cn"})
_REGIONS_WITHOUT: Final = frozenset({"ap-east-2", "ap-southeast-6"})


def has_amazon_q(region: str) -> bool:
    """Return whether a Region has Amazon Q Developer in chat applications.

    Its Administrator Guide, "Supported Regions", names those that have none. Any other counts as one that has it.
    """
    return region not in _REGIONS_WITHOUT and partition_of(region).name not in _PARTITIONS_WITHOUT


class ChatChannels(Construct):
    """The chat topics, and the channels that show what is published to them."""

    def __init__(self, scope: Construct, construct_id: str, *, key: kms.IKey, recipients: Sequence[Recipient]) -> None:
        super().__init__(scope, construct_id)
        self._topics: dict[tuple[str, Severity], sns.Topic] = {}
        """By the recipient, and the least severity that its channels get."""
        for recipient in recipients:
            severities = {channel.min_severity for channel in recipient.chat}
            for severity in sorted(severities, key=lambda one: one.loudness):
                self._topics[recipient.name, severity] = self._topic(recipient.name, severity, key)
        if not self._topics:
            return
        # Amazon Q requires a role. It is for commands typed in the channel: this one lets them do nothing.
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("chatbot.amazonaws.com"),
            description="Journey Watch: what members of its chat channels may do here, which is nothing",
        )
        for recipient in recipients:
            for channel in recipient.chat:
                self._show_in(channel, self._topics[recipient.name, channel.min_severity], role)

    @property
    def environment(self) -> Mapping[str, str]:
        """The topics by recipient and least severity; the poller reads an empty object if there are none."""
        arns = {contract.audience(*of): topic.topic_arn for of, topic in self._topics.items()}
        return {contract.ENV_CHAT_TOPICS: Stack.of(self).to_json_string(arns)}

    @property
    def topics(self) -> Mapping[str, sns.ITopic]:
        """All of them, by channel."""
        return {contract.chat_channel(severity, name): topic for (name, severity), topic in self._topics.items()}

    def grant_sending(self, role: iam.Role) -> None:
        """Publishing, which covers PublishBatch."""
        if self._topics:
            topic_arns = [topic.topic_arn for topic in self._topics.values()]
            role.add_to_principal_policy(iam.PolicyStatement(actions=["sns:Publish"], resources=topic_arns))

    def _topic(self, recipient: str, severity: Severity, key: kms.IKey) -> sns.Topic:
        whose = "" if recipient == DEFAULT else f"{recipient}-"
        return sns.Topic(
            self,
            f"{whose}{severity.title()}Cards",
            display_name=f"Journey Watch chat, {severity} and up",
            master_key=key,
            enforce_ssl=True,
        )

    def _show_in(self, channel: SlackChannel | TeamsChannel, topic: sns.Topic, role: iam.Role) -> None:
        name = _name(channel)
        topic_arns = [topic.topic_arn]
        if isinstance(channel, SlackChannel):
            chatbot.CfnSlackChannelConfiguration(
                self,
                name,
                configuration_name=f"{Stack.of(self).stack_name}-{name}",
                slack_workspace_id=channel.workspace_id,
                slack_channel_id=channel.channel_id,
                sns_topic_arns=topic_arns,
                iam_role_arn=role.role_arn,
                guardrail_policies=[GUARDRAIL],
                logging_level=LOGGING,
            )
        else:
            chatbot.CfnMicrosoftTeamsChannelConfiguration(
                self,
                name,
                configuration_name=f"{Stack.of(self).stack_name}-{name}",
                team_id=channel.team_id,
                teams_tenant_id=channel.tenant_id,
                teams_channel_id=channel.channel_id,
                sns_topic_arns=topic_arns,
                iam_role_arn=role.role_arn,
                guardrail_policies=[GUARDRAIL],
                logging_level=LOGGING,
            )


def _name(channel: SlackChannel | TeamsChannel) -> str:
    """Tells the channels of a deployment apart, in its template and on Amazon Q's pages."""
    if isinstance(channel, SlackChannel):
        return f"slack-{channel.channel_id}"
    # Theirs is too long, and has characters that a name may not have.
    return f"teams-{sha256(channel.channel_id.encode()).hexdigest()[:8]}"
