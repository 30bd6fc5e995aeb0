"""What every boto3 client gets: pinned retries, bounded time-outs; and the clients of the stack's own things.

Endpoints come from AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>, which botocore reads itself.
"""

import functools
import ssl
import threading
from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.httpsession import create_urllib3_context

from journey_watch.aws.rate_limit import RateLimit

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

CONNECT_SECONDS: Final = 2
READ_SECONDS: Final = 5
MAX_CONNECTIONS: Final = 16
"""At least the number of threads that use one client; beyond it connections would be thrown away after each call."""
SOURCE_ATTEMPTS: Final = 5
SOURCE_TIME_OUTS: Final = 2
"""A call to a source is given up after this many time-outs: an API that hangs is not asked five times."""
PUBLISH_TIME_OUTS: Final = 1
"""What hangs may have been accepted, and other channels wait: the outbox sends it again, later."""

SOURCE_CONFIG: Final = Config(
    retries={"mode": "standard", "total_max_attempts": SOURCE_ATTEMPTS},
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    max_pool_connections=MAX_CONNECTIONS,
    user_agent_extra="journey-watch",
)
IMPATIENT_CONFIG: Final = SOURCE_CONFIG.merge(
    Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=1, read_timeout=2)
)
OWN_CONFIG: Final = SOURCE_CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 3}))
"""The stack's own table and topics are near, and rarely throttled."""


def dynamodb_client(session: boto3.Session) -> "DynamoDBClient":
    """A client for the state table."""
    client = session.client("dynamodb", config=OWN_CONFIG)
    share_tls_context(client)
    return client


def cloudwatch_client(session: boto3.Session) -> "CloudWatchClient":
    """A client for metrics. Whoever asks for them does without an answer rather than wait for it."""
    client = session.client("cloudwatch", config=IMPATIENT_CONFIG)
    share_tls_context(client)
    return client


def sns_client(session: boto3.Session) -> "SNSClient":
    """A client for the topics."""
    client = session.client("sns", config=OWN_CONFIG)
    share_tls_context(client)
    _give_up_after(PUBLISH_TIME_OUTS, client)
    return client


def events_client(session: boto3.Session, region: str) -> "EventBridgeClient":
    """A client for a bus, in the bus's own Region."""
    client = session.client("events", region_name=region, config=OWN_CONFIG)
    share_tls_context(client)
    _give_up_after(PUBLISH_TIME_OUTS, client)
    return client


def sqs_client(session: boto3.Session) -> "SQSClient":
    """A client for the queues before webhooks."""
    client = session.client("sqs", config=OWN_CONFIG)
    share_tls_context(client)
    return client


def secrets_client(session: boto3.Session) -> "SecretsManagerClient":
    """A client for the secrets that hold webhooks' URLs."""
    client = session.client("secretsmanager", config=OWN_CONFIG)
    share_tls_context(client)
    return client


def prepare_source(client: "BaseClient", rate_limit: RateLimit) -> None:
    """Let the calls of a client that reads a provider wait for the rate limit, and give up on an API that hangs."""
    share_tls_context(client)
    rate_limit.attach(client)
    _give_up_after(SOURCE_TIME_OUTS, client)


def _give_up_after(time_outs: int, client: "BaseClient") -> None:
    """Repeat no call that has timed out so often; other failures are repeated as the client's configuration says."""

    def hangs(*, attempts: int, caught_exception: Exception | None, **_: object) -> bool | None:
        # False ends the retries; None leaves the decision to botocore.
        timed_out = isinstance(caught_exception, ConnectTimeoutError | ReadTimeoutError)
        return False if timed_out and attempts >= time_outs else None

    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register_first(f"needs-retry.{service}", hangs)  # type: ignore[arg-type]  # may answer


def share_tls_context(client: "BaseClient") -> None:
    """Let the client's connections share one TLS context that reads each CA bundle once.

    botocore keeps one context per client, yet has urllib3 read the whole CA bundle into it again for each connection:
    228 million instructions in the deployed bundle, against 9 without (`python -m benchmarks connections`). Nothing
    else about verification changes. botocore has no public way to set the context; should its insides move, each client
    keeps its own and is only slower.
    """
    http_session = getattr(getattr(client, "_endpoint", None), "http_session", None)
    pools = getattr(getattr(http_session, "_manager", None), "connection_pool_kw", None)
    if isinstance(pools, dict) and isinstance(pools.get("ssl_context"), ssl.SSLContext):
        pools["ssl_context"] = _tls_context()


@functools.cache
def _tls_context() -> ssl.SSLContext:
    context: ssl.SSLContext = create_urllib3_context()
    read_bundle = functools.cache(context.load_verify_locations)
    lock = threading.Lock()

    def read_bundle_once(
        cafile: str | None = None, capath: str | None = None, cadata: str | bytes | None = None
    ) -> None:
        with lock:
            read_bundle(cafile, capath, cadata)

    context.load_verify_locations = read_bundle_once  # type: ignore[method-assign, assignment]
    return context
