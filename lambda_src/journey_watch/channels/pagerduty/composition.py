"""Makes the clients of the PagerDuty function, and picks its adapters: it needs none of the poller's."""

from collections.abc import Mapping

import boto3

from journey_watch.aws import clients as aws_clients
from journey_watch.channels.pagerduty.events_api import SECONDS, EventsApi
from journey_watch.channels.pagerduty.poster import RETRIES, SECONDS_PER_ALERT, PagerDutyPoster, Service
from journey_watch.channels.pagerduty.routing_keys import RoutingKeys
from journey_watch.channels.queued.delivery import QueuedDelivery
from journey_watch.channels.queued.https import Https
from journey_watch.channels.queued.queue import SqsQueue
from journey_watch.channels.queued.secrets import Secrets


def pagerduty_delivery(services: Mapping[str, Mapping[str, str]]) -> QueuedDelivery:
    """Return what delivers to services. `services` has the `secret` and the `region` of each, by queue ARN."""
    session = boto3.Session()
    poster = PagerDutyPoster(
        services={queue_arn: Service(service["secret"], service["region"]) for queue_arn, service in services.items()},
        key_of=RoutingKeys(Secrets(aws_clients.secrets_client(session))).key,
        events=EventsApi(Https(seconds=SECONDS)),
    )
    queue = SqsQueue(aws_clients.sqs_client(session))
    return QueuedDelivery("PagerDuty", poster, queue, RETRIES, seconds_per_alert=SECONDS_PER_ALERT)
