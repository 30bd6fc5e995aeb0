"""PagerDuty's answers, over real TLS: what each means, and that no error holds the key."""

import json
from pathlib import Path

import pytest

from journey_watch.channels.pagerduty.events_api import URLS, EventsApi
from journey_watch.channels.queued.https import Https
from journey_watch.core.errors import RecipientRefusedError, RecipientUnavailableError
from tests.channels.queued.https_stand_in import found_at, https_stand_in

KEY = "0123456789abcdef0123456789abcdef"
EVENT = {"event_action": "resolve", "dedup_key": "k"}
INVALID = b'{"status": "invalid event", "errors": ["Length of \'routing_key\' is incorrect"]}'


def send(directory: Path, answer: int | tuple[int, dict[str, str], bytes], region: str = "us") -> list[str]:
    """Send an event to a PagerDuty that answers so; returns what it accepted."""
    name = URLS[region].split("/")[2]
    with pytest.MonkeyPatch.context() as patch, https_stand_in(directory, name=name, usual=202, answers=[answer]) as it:
        patch.setenv("SSL_CERT_FILE", str(it.certificate))
        found_at(patch, **{name: it.port})
        EventsApi(Https(seconds=5, may_reach=lambda _: True)).send(EVENT, routing_key=KEY, region=region)
        return [request.path + request.body for request in it.requests]


@pytest.mark.parametrize("region", ["us", "eu"])
def test_202_means_that_it_has_the_event(region: str, tmp_path: Path) -> None:
    body = json.dumps({"routing_key": KEY, **EVENT}, separators=(",", ":"))

    assert send(tmp_path, 202, region) == [f"/v2/enqueue{body}"]


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        ((429, {}, b""), 180.0),
        ((429, {"Retry-After": "40"}, b""), 40.0),
        ((429, {"Retry-After": "999999"}, b""), 300.0),
        ((429, {"Retry-After": "Fri, 27 Nov 2026 08:00:00 GMT"}, b""), 180.0),
        ((500, {}, b""), None),
        ((503, {"Retry-After": "40"}, b""), 40.0),
        ((200, {}, b"<html>Log in"), None),
        ((302, {"Location": "https://127.0.0.1/"}, b""), None),
    ],
)
def test_what_asks_to_come_back_or_is_not_pagerduty_is_unavailable(
    answer: tuple[int, dict[str, str], bytes], wait: float | None, tmp_path: Path
) -> None:
    with pytest.raises(RecipientUnavailableError) as caught:
        send(tmp_path, answer)

    assert caught.value.retry_after == wait


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (INVALID, ": Length of 'routing_key' is incorrect"),
        (b'{"errors": ["' + KEY.encode() + b' is wrong"]}', ""),
        (b'{"errors": 7}', ""),
        (b"<h1>Bad request</h1>", ""),
        (b"", ""),
    ],
)
def test_400_is_a_refusal_with_its_reason(body: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(RecipientRefusedError) as caught:
        send(tmp_path, (400, {}, body))

    assert str(caught.value) == f"PagerDuty answered 400{reason}. Is the routing key in the secret right?"
    assert caught.value.retry_after is None


@pytest.mark.parametrize(("header", "wait"), [("40", 40.0), ("0", 1.0), ("999999", 300.0), ("soon", None)])
def test_a_refusal_may_say_when_to_come_back(header: str, wait: float | None, tmp_path: Path) -> None:
    with pytest.raises(RecipientRefusedError) as caught:
        send(tmp_path, (403, {"Retry-After": header}, b""))

    assert caught.value.retry_after == wait
