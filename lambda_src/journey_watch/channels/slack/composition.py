"""Makes the clients of the Slack function, and picks its adapters: it needs none of the poller's."""

from collections.abc import Mapping

import boto3

from journey_watch.aws import clients as aws_clients
from journey_watch.channels.queued.delivery import QueuedDelivery
from journey_watch.channels.queued.https import Https
from journey_watch.channels.queued.queue import SqsQueue
from journey_watch.channels.slack.poster import RETRIES, SECONDS_PER_MESSAGE, SlackPoster
from journey_watch.channels.slack.webhook import SECONDS, SlackWebhook
from journey_watch.channels.slack.webhook_secrets import WebhookSecrets


def slack_delivery(secrets: Mapping[str, str]) -> QueuedDelivery:
    """Return what delivers to webhooks. `secrets` are the names of their secrets, by queue ARN."""
    session = boto3.Session()
    poster = SlackPoster(
        secrets=secrets,
        url_of=WebhookSecrets(aws_clients.secrets_client(session)).url,
        webhook=SlackWebhook(Https(seconds=SECONDS, may_reach=_anywhere)),
    )
    return QueuedDelivery(
        "Slack", poster, SqsQueue(aws_clients.sqs_client(session)), RETRIES, seconds_per_alert=SECONDS_PER_MESSAGE
    )


def _anywhere(_: str) -> bool:
    """Let a webhook be anywhere: its URL comes from a secret, and may be that of a company's own chat server."""
    return True
