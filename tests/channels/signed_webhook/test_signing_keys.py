"""Secrets that hold the keys by which webhooks are signed."""

from base64 import b64encode

import pytest

from journey_watch.channels.signed_webhook.signing_keys import SigningKeys
from journey_watch.core.errors import ConfigurationError
from tests.channels.queued.secrets import holding


def key_of(length: int, byte: int = 1) -> str:
    return f"whsec_{b64encode(bytes([byte] * length)).decode()}"


@pytest.mark.parametrize("length", [24, 25, 64])
def test_a_key_is_read_without_the_line_break_that_editors_add(length: int) -> None:
    with holding(webhook=f"{key_of(length)}\n") as secrets:
        assert SigningKeys(secrets).keys("webhook") == [key_of(length)]


@pytest.mark.parametrize("between", [" ", "\n"])
def test_while_a_key_is_replaced_there_are_two(between: str) -> None:
    both = [key_of(32, 1), key_of(32, 2)]
    with holding(webhook=between.join(both)) as secrets:
        assert SigningKeys(secrets).keys("webhook") == both


@pytest.mark.parametrize(
    "value",
    [
        "private",
        key_of(23),
        key_of(65),
        key_of(32).removeprefix("whsec_"),
        f"{key_of(32)[:-2]}",
        " ".join([key_of(32, 1), key_of(32, 2), key_of(32, 3)]),
        f"{key_of(32)} private",
    ],
)
def test_what_is_no_key_is_refused_and_not_quoted(value: str) -> None:
    with holding(webhook=value) as secrets, pytest.raises(ConfigurationError, match="must hold one key or") as caught:
        SigningKeys(secrets).keys("webhook")
    assert value not in str(caught.value)
