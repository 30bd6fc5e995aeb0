"""Makes the clients of the function of signed webhooks, and picks its adapters: it needs none of the poller's."""

from collections.abc import Mapping

import boto3

from journey_watch.aws import clients as aws_clients
from journey_watch.channels.queued.delivery import QueuedDelivery
from journey_watch.channels.queued.https import Https
from journey_watch.channels.queued.queue import SqsQueue
from journey_watch.channels.queued.secrets import Secrets
from journey_watch.channels.signed_webhook.poster import RETRIES, SECONDS, Endpoint, SignedWebhookPoster
from journey_watch.channels.signed_webhook.signing_keys import SigningKeys


def signed_webhook_delivery(endpoints: Mapping[str, Mapping[str, str]]) -> QueuedDelivery:
    """Return what delivers to endpoints. `endpoints` has the `url` and the `secret` of each, by queue ARN."""
    session = boto3.Session()
    poster = SignedWebhookPoster(
        endpoints={
            queue_arn: Endpoint(endpoint["url"], endpoint["secret"]) for queue_arn, endpoint in endpoints.items()
        },
        keys_of=SigningKeys(Secrets(aws_clients.secrets_client(session))).keys,
        https=Https(seconds=SECONDS),
    )
    return QueuedDelivery("The endpoint", poster, SqsQueue(aws_clients.sqs_client(session)), RETRIES)
