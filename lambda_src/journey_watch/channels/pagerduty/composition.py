"""Makes the clients of the PagerDuty function, and picks its adapters: it needs none of the poller's."""

import json
from collections.abc import Mapping

import boto3

from journey_watch import contract
from journey_watch.aws import clients as aws_clients
from journey_watch.channels.pagerduty.events_api import SECONDS, EventsApi
from journey_watch.channels.pagerduty.poster import RETRIES, SECONDS_PER_ALERT, PagerDutyPoster, Service
from journey_watch.channels.pagerduty.routing_keys import RoutingKeys
from journey_watch.channels.queued.delivery import QueuedDelivery
from journey_watch.channels.queued.https import Https
from journey_watch.channels.queued.queue import SqsQueue
from journey_watch.channels.queued.secrets import Secrets
from journey_watch.core.errors import ConfigurationError


def pagerduty_delivery(env: Mapping[str, str]) -> QueuedDelivery:
    """Raises ConfigurationError if the environment does not say which service belongs to which queue."""
    if contract.ENV_PAGERDUTY_SERVICES not in env:
        raise ConfigurationError(f"The function's environment lacks {contract.ENV_PAGERDUTY_SERVICES}; deploy again.")
    session = boto3.Session()
    told = json.loads(env[contract.ENV_PAGERDUTY_SERVICES])
    poster = PagerDutyPoster(
        services={queue_arn: Service(service["secret"], service["region"]) for queue_arn, service in told.items()},
        key_of=RoutingKeys(Secrets(aws_clients.secrets_client(session))).key,
        events=EventsApi(Https(seconds=SECONDS)),
    )
    queue = SqsQueue(aws_clients.sqs_client(session))
    return QueuedDelivery("PagerDuty", poster, queue, RETRIES, seconds_per_alert=SECONDS_PER_ALERT)
