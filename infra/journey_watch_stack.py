"""The whole deployment. It only wires: what each part is stands in its own file, what it may do is granted here."""

from aws_cdk import Annotations, CfnOutput, Environment, Stack
from constructs import Construct

from infra.alert_channels import AlertChannels
from infra.bundle import Bundle
from infra.channels import REGISTRY as CHANNELS
from infra.channels import SendingParts
from infra.chat_channels import has_amazon_q
from infra.deployment_config import CHOICES_KEY, CODE_KEY, MUTES_KEY, RECIPIENTS_KEY, TIME_ZONE_KEY, DeploymentConfig
from infra.encryption_key import EncryptionKey
from infra.monitoring import Monitoring
from infra.ordered_topic import OrderedTopic
from infra.own_metrics import grant_reading_metrics
from infra.pagerduty_services import PAGERDUTY, pagerduty_readers
from infra.poller import Poller
from infra.queued_channel import QueuedChannel
from infra.schedules import Schedules
from infra.signed_webhooks import SIGNED_WEBHOOK, signed_webhook_readers
from infra.slack_webhooks import SLACK, slack_readers
from infra.source_access import grant_assuming, grant_reading
from infra.state_table import StateTable
from infra.widget import LiveRunsWidget
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.watch_list import lanes_of
from journey_watch.providers.registry import REGISTRY as PROVIDERS
from journey_watch.settings import mutes_to_json


class JourneyWatchStack(Stack):
    """One deployment of Journey Watch. Raises ConfigurationError for one that could do nothing."""

    def __init__(
        self,
        scope: Construct,
        *,
        config: DeploymentConfig,
        bundle: Bundle,
        env: Environment | None = None,
    ) -> None:
        super().__init__(
            scope,
            config.name,
            env=env,
            description="Journey Watch: alerts when a Pinpoint journey run or a Connect campaign changes its status",
        )
        self._refuse_if_useless(config)
        # Alone it would not be updated, but nobody comes or goes, and no code or mute changes, without a resource.
        self.template_options.metadata = {
            RECIPIENTS_KEY: sorted(config.recipients),
            CODE_KEY: bundle.code,
            # As text: the CDK would leave out what is empty.
            MUTES_KEY: mutes_to_json(config.watching.mutes),
            TIME_ZONE_KEY: config.watching.time_zone,
            CHOICES_KEY: config.watching.choices.to_json(),
        }
        lanes = lanes_of(config.watch, own_account=self.account, own_region=self.region)

        adopted = config.adopted_table
        encryption = EncryptionKey(
            self, "Encryption", keep_data=config.keep_data, table_key_arn=adopted.key_arn if adopted else None
        )
        state = StateTable(self, "State", key=encryption.key, keep_data=config.keep_data, adopted=adopted)
        topics = AlertChannels(
            self, "Channels", key=encryption.key, mail_readers=config.mail_readers, ops_email=config.ops_addresses
        )
        ordered = OrderedTopic(self, "InOrder", key=encryption.key, recipients=config.everybody)
        channels: list[SendingParts] = [topics, ordered, *(make(self, config, encryption.key) for make in CHANNELS)]
        poller = Poller(
            self,
            "Poller",
            bundle=bundle,
            every=config.every,
            state=state,
            channels=channels,
        )
        with_digests = [(topics.alert_topic, None), (topics.ops_topic, config.watching.operators)]
        in_order = [(ordered.topic, None)] if ordered.topic else []
        queued = [
            QueuedChannel(self, kind, readers, bundle=bundle, hears=hears)
            for kind, readers, hears in (
                (SLACK, slack_readers(config.webhook_readers), with_digests),
                (PAGERDUTY, pagerduty_readers(config.everybody), in_order),
                (SIGNED_WEBHOOK, signed_webhook_readers(config.everybody), in_order),
            )
            if readers
        ]
        schedules = Schedules(self, "Schedules", function=poller.function, every=config.every, lanes=lanes)
        live_runs = LiveRunsWidget(self, "LiveRuns", bundle=bundle, state=state)
        monitoring = Monitoring(
            self,
            "Monitoring",
            every=config.every,
            lanes=lanes,
            poller=poller,
            schedules=schedules,
            state=state,
            topics=topics,
            channels=channels,
            queued=queued,
            live_runs=live_runs.widget(),
        )

        encryption.grant_writing_table(poller.role)
        for publisher in (poller.role, monitoring.alarms.all_clear.role):
            encryption.grant_publishing(publisher)
        state.grant_poller(poller.role)
        for parts in channels:
            parts.grant_sending(poller.role)
        encryption.grant_reading_table(live_runs.role)
        state.grant_reader(live_runs.role)
        grant_reading_metrics(live_runs.role)
        grant_reading(
            poller.role,
            [targets for targets in lanes.values() if not targets[0].role_arn],
            attribution=config.watching.attribution,
        )
        for reader_role_arn in {target.role_arn: None for target in config.watch if target.role_arn}:
            grant_assuming(poller.role, reader_role_arn)

        self._warn_if_useless(config)
        for name, value, meaning in (
            ("AlertTopicArn", topics.alert_topic.topic_arn, "Alerts as JSON: for queues, functions and HTTPS"),
            ("AlertMailTopicArn", topics.alert_mail_topic.topic_arn, "Alerts as text: for e-mail"),
            ("OpsTopicArn", topics.ops_topic.topic_arn, "Journey Watch's own troubles as JSON: for programs"),
            ("OpsMailTopicArn", topics.ops_mail_topic.topic_arn, "Journey Watch's own troubles as text: for e-mail"),
            ("StateTableName", state.table.table_name, "What was seen, what is owed, what happened"),
            (
                "PollerFunctionName",
                poller.function.function_name,
                'Polls one lane: {"lane": "provider/account/region"}',
            ),
            ("DashboardName", monitoring.dashboard.dashboard_name, "The dashboard, in CloudWatch's console"),
            ("PollerRoleArn", poller.role.role_arn, "Whom a reader role in another account must trust"),
        ):
            CfnOutput(self, name, value=value, description=meaning)

    def _refuse_if_useless(self, config: DeploymentConfig) -> None:
        if not config.watch:
            left_out = {target.provider: self._left_out(target.provider) for target in config.unserved}
            reasons = " ".join(left_out.values()) or "The configuration has no [[watch]] entry; add one."
            raise ConfigurationError(f"Nothing would be watched. {reasons}")
        # A Region that is not known at synth may have it.
        if any(recipient.chat for recipient in config.everybody) and not has_amazon_q(self.region):
            raise ConfigurationError(
                f"alerts: {self.region} has no Amazon Q Developer in chat applications, which shows alerts in Teams "
                "and in Slack channels with a workspace_id. Take those out; webhook_secret reaches Slack there too."
            )

    def _warn_if_useless(self, config: DeploymentConfig) -> None:
        for provider in {target.provider: None for target in config.unserved}:
            Annotations.of(self).add_warning_v2(f"journey-watch:no-{provider}-here", self._left_out(provider))
        if not config.alerts_somebody:
            Annotations.of(self).add_warning_v2(
                "journey-watch:no-recipient",
                "Nobody gets the alerts: name a recipient under [alerts], or run make deploy EMAIL=you@example.com.",
            )
        if not config.ops_addresses:
            Annotations.of(self).add_warning_v2(
                "journey-watch:no-ops-recipient",
                "Nobody is told when Journey Watch itself fails: name a recipient under [ops] email.",
            )

    def _left_out(self, provider: str) -> str:
        return (
            f'{self.region} has no "{provider}": what would be watched of it is left out. It exists in '
            f"{', '.join(sorted(PROVIDERS[provider].regions))}; name one of them as the entry's region."
        )
