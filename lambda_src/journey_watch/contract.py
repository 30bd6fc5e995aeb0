"""Names on which the functions and the infrastructure must agree. Needs nothing but the core; both sides import it."""

from hashlib import sha256
from typing import Final

from journey_watch.core.routing import DEFAULT

# Environment of the functions
ENV_STATE_TABLE: Final = "STATE_TABLE_NAME"
ENV_ALERT_TOPIC: Final = "ALERT_TOPIC_ARN"
"""The topic for programs. The names of the channels, below, say what each topic is for."""
ENV_ALERT_MAIL_TOPIC: Final = "ALERT_MAIL_TOPIC_ARN"
ENV_OPS_TOPIC: Final = "OPS_TOPIC_ARN"
ENV_OPS_MAIL_TOPIC: Final = "OPS_MAIL_TOPIC_ARN"
ENV_ORDERED_TOPIC: Final = "ORDERED_TOPIC_ARN"
"""Only if there is PagerDuty or a signed webhook."""
ENV_CHAT_TOPICS: Final = "CHAT_TOPIC_ARNS"
"""Topics that Amazon Q reads, as a JSON object from `recipient/least severity` to the ARN; `{}` without chat."""
ENV_EVENT_BUSES: Final = "EVENT_BUS_ARNS"
"""Event buses, as a JSON object from the recipient to the ARN; `{}` without any."""
ENV_SLACK_QUEUES: Final = "SLACK_QUEUES"
"""The Slack function has it: its queues, as `channels/queued/recipients.py` reads them. The bundle describes whose they
are."""
ENV_PAGERDUTY_QUEUES: Final = "PAGERDUTY_QUEUES"
"""Likewise the PagerDuty function."""
ENV_SIGNED_WEBHOOK_QUEUES: Final = "SIGNED_WEBHOOK_QUEUES"
"""Likewise the function of signed webhooks."""
ENV_ACCOUNT: Final = "STACK_ACCOUNT"
"""The account the stack lives in: a lane without a role to assume is in this account."""
ENV_REGION: Final = "AWS_REGION"
"""Set by Lambda itself: the stack's Region."""
ENV_SERVICE: Final = "POWERTOOLS_SERVICE_NAME"
"""The stack's name: the `service` of every log line and metric."""
ENV_METRICS_NAMESPACE: Final = "POWERTOOLS_METRICS_NAMESPACE"

POLL_HANDLER: Final = "journey_watch.entrypoints.poll_handler.handler"
WIDGET_HANDLER: Final = "journey_watch.entrypoints.widget_handler.handler"
SLACK_HANDLER: Final = "journey_watch.entrypoints.slack_handler.handler"
PAGERDUTY_HANDLER: Final = "journey_watch.entrypoints.pagerduty_handler.handler"
SIGNED_WEBHOOK_HANDLER: Final = "journey_watch.entrypoints.signed_webhook_handler.handler"
WATCH_CONFIG_FILE: Final = "watch_config.json"
"""The resolved configuration, at the root of the bundle: an environment holds only 4 KB."""

# The event of one lane's schedule
EVENT_LANE: Final = "lane"
EVENT_TEST_ALERT: Final = "test_alert"
"""An event with this key alone, and the value true, asks for a test alert through every channel, and no poll."""

# The state table
PARTITION_KEY: Final = "pk"
SORT_KEY: Final = "sk"
EXPIRES_AT: Final = "expires_at"
"""TTL attribute, epoch seconds. TRANSITION items carry it, and the STATE of a journey that is listed no more."""
LANE_INDEX: Final = "by_lane"
"""What happened lately in a lane, all attributes; its keys are the two attributes below: the lane, and time#id."""
LANE_INDEX_PARTITION_KEY: Final = "lane"
LANE_INDEX_SORT_KEY: Final = "at"

# Metrics
METRICS_NAMESPACE: Final = "JourneyWatch"
DIMENSION_SERVICE: Final = "service"
DIMENSION_LANE: Final = "lane"
DIMENSION_JOURNEY: Final = "journey"
"""Only if the configuration asks for it: `container/journey`."""
METRIC_POLLS_COMPLETED: Final = "PollsCompleted"
METRIC_JOURNEYS_FAILED: Final = "JourneysFailed"
METRIC_OLDEST_UNDELIVERED_AGE: Final = "OldestUndeliveredAge"
METRIC_DETECTION_DELAY: Final = "DetectionDelay"
METRIC_CONDITIONS_OPEN: Final = "ConditionsOpen"
METRIC_POLL_DURATION: Final = "PollDuration"
METRIC_THROTTLES: Final = "Throttles"
METRIC_RUNS_RUNNING: Final = "RunsRunning"
METRIC_RUNS_CANCELLED: Final = "RunsCancelled"
METRIC_ALERTS_UNDELIVERED: Final = "AlertsUndelivered"
METRIC_SUBSCRIPTIONS_UNCONFIRMED: Final = "SubscriptionsUnconfirmed"

# The messages of log lines that saved queries and the dashboard look for
LOG_POLL_COMPLETED: Final = "poll completed"
LOG_POLL_FAILED: Final = "poll failed"
LOG_CHANGE: Final = "change recorded"
LOG_SOURCE_FAILED: Final = "source failed"

# The saved queries that the page of live runs refers to
QUERY_RECENT_CHANGES: Final = "Recent changes"
QUERY_TROUBLE: Final = "What went wrong"

# Channels, as the outbox, the log, a test alert's answer and the alarms on their topics name them
CHANNEL_ALERTS: Final = "alerts"
"""Alerts for programs, as JSON."""
CHANNEL_MAIL: Final = "mail"
"""Alerts for people, as e-mail."""
CHANNEL_OPS: Final = "ops"
"""The monitor's own troubles for programs, as JSON."""
CHANNEL_OPS_MAIL: Final = "ops-mail"
"""The monitor's own troubles for people, as e-mail."""
CHANNEL_IN_ORDER: Final = "in-order"
"""Alerts of both sorts for PagerDuty and signed webhooks: one by one, and each thread in its order."""
CHANNEL_EVENT_BUS: Final = "event-bus"


def chat_channel(min_severity: str, recipient: str = DEFAULT) -> str:
    """The channel of a recipient's chats that get alerts of this severity and louder, as cards."""
    return _of_recipient("chat", recipient, min_severity)


def event_bus_channel(recipient: str) -> str:
    """The channel of a recipient's event bus."""
    return _of_recipient(CHANNEL_EVENT_BUS, recipient)


def _of_recipient(channel: str, recipient: str, *more: str) -> str:
    return "-".join([channel, *([] if recipient == DEFAULT else [recipient]), *more])


def queue_id(secret: str) -> str:
    """Tells the queues of one kind apart: no two of them have the same secret."""
    return sha256(secret.encode()).hexdigest()[:8]


def audience(recipient: str, severity: str) -> str:
    """What filter policies look for: an alert of this severity is for this recipient."""
    return f"{recipient}/{severity}"


# SNS message attributes, for filter policies
ATTRIBUTE_SEVERITY: Final = "severity"
ATTRIBUTE_RECIPIENT: Final = "recipient"
"""Several: each recipient with the severity, as `audience` has it."""

# Durations on which both sides depend
TIMEOUT_MARGIN_SECONDS: Final = 10
"""A function's timeout is at most the poll interval less this: overlap would need clocks that differ by half of it."""
POLLS_MISSING_INTERVALS: Final = 3
"""A lane of which no poll came to its end for so many intervals is watched by nobody."""
