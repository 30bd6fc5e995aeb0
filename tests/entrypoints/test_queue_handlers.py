"""The functions that empty queues say what is missing from their environment."""

from types import ModuleType

import pytest

from journey_watch import contract
from journey_watch.core.errors import ConfigurationError
from journey_watch.entrypoints import pagerduty_handler, signed_webhook_handler, slack_handler
from journey_watch.settings import WatchConfig


@pytest.mark.parametrize(
    ("handler", "variable"),
    [
        (slack_handler, contract.ENV_SLACK_QUEUES),
        (pagerduty_handler, contract.ENV_PAGERDUTY_QUEUES),
        (signed_webhook_handler, contract.ENV_SIGNED_WEBHOOK_QUEUES),
    ],
)
def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch, handler: ModuleType, variable: str) -> None:
    monkeypatch.setattr(handler, "bundled_watch_config", WatchConfig)
    monkeypatch.delenv(variable, raising=False)

    with pytest.raises(ConfigurationError, match=f"lacks {variable}"):
        handler.delivery.__wrapped__()
