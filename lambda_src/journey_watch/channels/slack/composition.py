"""Makes the clients of the Slack function, and picks its adapters: it needs none of the poller's."""

import json
from collections.abc import Mapping

import boto3

from journey_watch import contract
from journey_watch.aws import clients as aws_clients
from journey_watch.channels.queued.delivery import QueuedDelivery
from journey_watch.channels.queued.https import Https
from journey_watch.channels.queued.queue import SqsQueue
from journey_watch.channels.slack.poster import RETRIES, SECONDS_PER_MESSAGE, SlackPoster
from journey_watch.channels.slack.webhook import SECONDS, SlackWebhook
from journey_watch.channels.slack.webhook_secrets import WebhookSecrets
from journey_watch.core.errors import ConfigurationError


def slack_delivery(env: Mapping[str, str]) -> QueuedDelivery:
    """Raises ConfigurationError if the environment does not say which secret belongs to which queue."""
    if contract.ENV_WEBHOOK_SECRETS not in env:
        raise ConfigurationError(f"The function's environment lacks {contract.ENV_WEBHOOK_SECRETS}; deploy again.")
    session = boto3.Session()
    poster = SlackPoster(
        secrets=json.loads(env[contract.ENV_WEBHOOK_SECRETS]),
        url_of=WebhookSecrets(aws_clients.secrets_client(session)).url,
        webhook=SlackWebhook(Https(seconds=SECONDS, may_reach=_anywhere)),
    )
    return QueuedDelivery(
        "Slack", poster, SqsQueue(aws_clients.sqs_client(session)), RETRIES, seconds_per_alert=SECONDS_PER_MESSAGE
    )


def _anywhere(_: str) -> bool:
    """Let a webhook be anywhere: its URL comes from a secret, and may be that of a company's own chat server."""
    return True
