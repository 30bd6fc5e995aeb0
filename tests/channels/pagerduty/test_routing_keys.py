"""Secrets that hold routing keys."""

import pytest

from journey_watch.channels.pagerduty.routing_keys import RoutingKeys
from journey_watch.core.errors import ConfigurationError
from tests.channels.queued.secrets import holding

KEY = "0123456789abcdef0123456789abcdef"


def test_a_key_is_read_without_the_line_break_that_editors_add() -> None:
    with holding(pagerduty=f"{KEY}\n") as secrets:
        assert RoutingKeys(secrets).key("pagerduty") == KEY


@pytest.mark.parametrize("value", [KEY[1:], f"{KEY}x", f"{KEY} {KEY}", KEY.replace("0", "-")])
def test_what_is_no_key_is_refused_and_not_quoted(value: str) -> None:
    with holding(pagerduty=value) as secrets, pytest.raises(ConfigurationError, match="must hold the 32") as caught:
        RoutingKeys(secrets).key("pagerduty")
    assert value not in str(caught.value)


def test_a_missing_secret_is_named() -> None:
    with holding() as secrets, pytest.raises(ConfigurationError, match='The secret "pagerduty" cannot be read'):
        RoutingKeys(secrets).key("pagerduty")
