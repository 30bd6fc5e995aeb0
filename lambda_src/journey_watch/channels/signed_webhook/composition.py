"""Makes the clients of the function of signed webhooks, and picks its adapters: it needs none of the poller's."""

import json
from collections.abc import Mapping

import boto3

from journey_watch import contract
from journey_watch.aws import clients as aws_clients
from journey_watch.channels.queued.delivery import QueuedDelivery
from journey_watch.channels.queued.https import Https
from journey_watch.channels.queued.queue import SqsQueue
from journey_watch.channels.queued.secrets import Secrets
from journey_watch.channels.signed_webhook.poster import RETRIES, SECONDS, Endpoint, SignedWebhookPoster
from journey_watch.channels.signed_webhook.signing_keys import SigningKeys
from journey_watch.core.errors import ConfigurationError


def signed_webhook_delivery(env: Mapping[str, str]) -> QueuedDelivery:
    """Raises ConfigurationError if the environment does not say which endpoint belongs to which queue."""
    if contract.ENV_SIGNED_WEBHOOKS not in env:
        raise ConfigurationError(f"The function's environment lacks {contract.ENV_SIGNED_WEBHOOKS}; deploy again.")
    session = boto3.Session()
    told = json.loads(env[contract.ENV_SIGNED_WEBHOOKS])
    poster = SignedWebhookPoster(
        endpoints={queue_arn: Endpoint(endpoint["url"], endpoint["secret"]) for queue_arn, endpoint in told.items()},
        keys_of=SigningKeys(Secrets(aws_clients.secrets_client(session))).keys,
        https=Https(seconds=SECONDS),
    )
    return QueuedDelivery("The endpoint", poster, SqsQueue(aws_clients.sqs_client(session)), RETRIES)
