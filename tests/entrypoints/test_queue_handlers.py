"""The functions that empty queues say what is missing from their environment."""

from collections.abc import Callable, Mapping

import pytest

from journey_watch.channels.pagerduty.composition import pagerduty_delivery
from journey_watch.channels.queued.delivery import QueuedDelivery
from journey_watch.channels.signed_webhook.composition import signed_webhook_delivery
from journey_watch.channels.slack.composition import slack_delivery
from journey_watch.contract import ENV_PAGERDUTY_SERVICES, ENV_SIGNED_WEBHOOKS, ENV_WEBHOOK_SECRETS
from journey_watch.core.errors import ConfigurationError


@pytest.mark.parametrize(
    ("make", "variable"),
    [
        (slack_delivery, ENV_WEBHOOK_SECRETS),
        (pagerduty_delivery, ENV_PAGERDUTY_SERVICES),
        (signed_webhook_delivery, ENV_SIGNED_WEBHOOKS),
    ],
)
def test_a_missing_variable_is_named(make: Callable[[Mapping[str, str]], QueuedDelivery], variable: str) -> None:
    with pytest.raises(ConfigurationError, match=f"lacks {variable}"):
        make({})
