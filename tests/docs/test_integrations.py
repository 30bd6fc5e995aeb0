"""docs/integrations.md: what it shows works with the alerts that are sent."""

import json
import os
import re
import subprocess
import tomllib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from standardwebhooks import Webhook

from infra.deployment_config import DeploymentConfig
from infra.pagerduty_services import MAX_ATTEMPTS as PAGERDUTY_ATTEMPTS
from infra.signed_webhooks import MAX_ATTEMPTS as WEBHOOK_ATTEMPTS
from journey_watch.channels.pagerduty import poster as pagerduty
from journey_watch.channels.queued.delivery import QueuedAlert
from journey_watch.channels.queued.https import Answer
from journey_watch.channels.signed_webhook import poster as signed_webhook
from journey_watch.core.alerts import Alert, AlertKind
from journey_watch.core.condition_rules import Phase
from journey_watch.core.runs import JourneyKey, Status
from journey_watch.messages.digest import digest_of
from journey_watch.messages.forms.signed_webhook import event_type, webhook_message
from journey_watch.messages.forms.sns import envelope_message
from journey_watch.providers.connect.words import CONNECT
from journey_watch.providers.pinpoint.words import PINPOINT
from tests.core.builders import LANE
from tests.infra.conftest import ROOT
from tests.messages.alert_builders import alert, condition

DOCUMENT = (ROOT / "docs/integrations.md").read_text(encoding="utf-8")
KEY = f"whsec_{b64encode(bytes(32)).decode()}"


def example(name: str) -> str:
    """The code under `<!-- run: name -->`."""
    found = re.search(rf"<!-- run: {re.escape(name)} -->\n```\w+\n(.*?)\n```", DOCUMENT, re.DOTALL)
    assert found, name
    return found[1]


class Receiver:
    """The document's own."""

    def __init__(self) -> None:
        self.code: dict[str, Any] = {}
        exec(compile(example("receiver"), "docs/integrations.md", "exec"), self.code)  # noqa: S102 - it is ours
        self.handled: list[Mapping[str, Any]] = []
        self.code["handle"] = self.handled.append

    def receives(self, body: str, headers: Mapping[str, str]) -> str:
        said: list[str] = []
        environ = {
            "wsgi.input": BytesIO(body.encode()),
            "CONTENT_LENGTH": str(len(body)),
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
        }
        self.code["app"](environ, lambda status, _: said.append(status))
        return said[0]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Receiver:
    monkeypatch.setenv("WEBHOOK_KEY", KEY)
    return Receiver()


def signed(an_alert: Alert) -> tuple[str, dict[str, str]]:
    """Body and headers, as the function makes them."""
    sent: list[tuple[str, dict[str, str]]] = []

    class Https:
        def post_json(self, url: str, body: str, headers: Mapping[str, str], *, recipient: str) -> Answer:
            assert (url, recipient) == (endpoint.url, "The endpoint")
            sent.append((body, dict(headers)))
            return Answer(204, None, b"")

    endpoint = signed_webhook.Endpoint("https://example.com", "webhook")
    poster = signed_webhook.SignedWebhookPoster({"arn": endpoint}, lambda _: [KEY], Https())
    poster.hand_over(QueuedAlert(json.dumps(an_alert.envelope), "arn", "url", "receipt", 1))
    return sent[0]


def test_the_receiver_believes_what_is_signed_once(receiver: Receiver) -> None:
    body, headers = signed(alert())

    assert [receiver.receives(body, headers) for _ in range(2)] == ["204 No Content"] * 2
    assert receiver.handled == [alert().envelope]


def test_the_receiver_believes_nothing_else(receiver: Receiver) -> None:
    body, headers = signed(alert())
    old = Webhook(KEY).sign(alert().id, datetime(2026, 1, 1, tzinfo=UTC), body)
    for changed_body, changed in (
        (body.replace("CANCELLED", "COMPLETED"), {}),
        (body, {"webhook-id": "another"}),
        (body, {"webhook-signature": ""}),
        (body, {"webhook-timestamp": "1767225600", "webhook-signature": old}),
    ):
        assert receiver.receives(changed_body, {**headers, **changed}) == "401 Unauthorized"
    assert receiver.handled == []


def test_the_configurations_are_read(tmp_path: Path) -> None:
    entries = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    file = tmp_path / "mine.toml"
    file.write_text("".join(re.sub(r"^ {3}", "", entry, flags=re.MULTILINE) for entry in entries), encoding="utf-8")
    config = DeploymentConfig.from_file(file)

    assert tomllib.loads(file.read_text(encoding="utf-8"))["alerts"].keys() == {"pagerduty", "webhook"}
    assert (len(config.default.pagerduty), len(config.default.signed_webhooks)) == (1, 1)


def matches(policy: Mapping[str, list[str]], attributes: Mapping[str, str | tuple[str, ...]]) -> bool:
    """As SNS matches plain words."""
    had = {name: {value} if isinstance(value, str) else set(value) for name, value in attributes.items()}
    return all(had.get(name, set()) & set(words) for name, words in policy.items())


def test_the_filter_lets_through_what_it_says() -> None:
    policy = json.loads(example("filter"))
    shop = JourneyKey(policy["application_id"][0], "J")

    assert matches(policy, envelope_message(alert(journey=shop)).attributes)
    assert not matches(policy, envelope_message(alert(journey=shop, after=Status.COMPLETED)).attributes)
    assert not matches(policy, envelope_message(alert()).attributes)
    digest = digest_of([alert(journey=shop)], lane=LANE, provider=PINPOINT)
    assert not matches(policy, envelope_message(digest).attributes)
    assert digest.envelope["detail-type"].endswith(" Digest")


def test_every_attribute_that_a_message_has_is_listed_and_no_other() -> None:
    table = DOCUMENT[DOCUMENT.index("| attribute | is |") : DOCUMENT.index("Every run of one application")]
    listed = set(re.findall(r"`([a-z_]+)`", "".join(row.split("|")[1] for row in table.splitlines() if "|" in row)))
    sent = {*envelope_message(alert()).attributes, *envelope_message(alert(provider=CONNECT)).attributes}

    assert listed == sent


def test_every_type_of_a_webhook_is_listed_and_no_other() -> None:
    text = DOCUMENT[DOCUMENT.index("The type is") : DOCUMENT.index("The headers are")]
    listed = {name.removeprefix("journey_watch") for name in re.findall(r"`([a-z_.]+)`", text)}
    otherwise = (AlertKind.JOURNEY_STATUS_CHANGE, AlertKind.CONDITION, AlertKind.DIGEST)  # of the last none comes
    detail_types = {
        AlertKind.JOURNEY_STATUS_CHANGE.value,
        *(f"X {kind}" for kind in AlertKind if kind not in otherwise),
        *(f"X Condition {phase}" for phase in Phase),
    }

    assert listed == {
        event_type({"detail-type": each, "detail": {"phase": each.split()[-1]}}).removeprefix("journey_watch")
        for each in detail_types
    }


def in_words(seconds: float) -> str:
    minutes, hours = seconds / 60, seconds / 3600
    return f"{hours:.0f} h" if hours >= 1 else f"{minutes:.0f} min" if minutes >= 1 else f"{seconds:.0f} s"


def test_the_waits_are_as_it_says() -> None:
    *waits, last = (in_words(wait) for wait in pagerduty.RETRIES.unavailable)
    assert f"tried again after {', '.join(waits)}, then every {last}, and" in " ".join(DOCUMENT.split())
    assert f"after {PAGERDUTY_ATTEMPTS} attempts, more than a day" in " ".join(DOCUMENT.split())
    *waits, last = (in_words(wait) for wait in signed_webhook.RETRIES.unavailable)
    assert f"tried again after {', '.join(waits)}, then every {last}, closer" in " ".join(DOCUMENT.split())
    unavailable = signed_webhook.RETRIES.unavailable
    total = sum(unavailable) + (WEBHOOK_ATTEMPTS - 1 - len(unavailable)) * unavailable[-1]
    assert 3 * 86400 < total < 4 * 86400


def bodies() -> Iterator[tuple[Alert, Any]]:
    for an_alert in (alert(), condition(Phase.OPENED), condition(Phase.RESOLVED, opened_by="key")):
        yield an_alert, json.loads(webhook_message(an_alert.envelope).body)


def test_incident_io_makes_an_alert_of_a_webhook() -> None:
    for an_alert, body in bodies():
        script = f"const f = new Function('$', {json.dumps(example('incident.io'))}); "
        done = subprocess.run(  # noqa: S603 - our own words
            ["node", "-e", f"{script}console.log(JSON.stringify(f({json.dumps(body)})))"],  # noqa: S607 - the CDK's own
            env={**os.environ, "NODE_OPTIONS": ""},
            capture_output=True,
            text=True,
            check=True,
        )
        made = json.loads(done.stdout)

        assert made["title"] == an_alert.detail["summary"]
        assert made["status"] == ("resolved" if an_alert.detail.get("phase") == "Resolved" else "firing")
    assert body["data"]["detail"]["dedup_key"] == an_alert.thread
    assert "`data.detail.dedup_key`" in DOCUMENT


def test_grafana_groups_and_resolves() -> None:
    """What stands in these templates means the same in Python, if attributes are keys."""
    grouping, resolution = (line.strip("{} ") for line in example("grafana").splitlines())
    for an_alert, body in bodies():
        payload = json.loads(json.dumps(body), object_hook=lambda found: _Lenient(**found))

        assert eval(grouping, {"payload": payload}) == an_alert.thread  # noqa: S307 - it is ours
        assert eval(resolution, {"payload": payload}) is (an_alert.detail.get("phase") == "Resolved")  # noqa: S307 - it is ours


class _Lenient(SimpleNamespace):
    def __getattr__(self, name: str) -> None:
        """Jinja's undefined."""


def test_an_event_becomes_an_alert_of_jira_service_management() -> None:
    transformer = json.loads(example("transformer"))
    detail = alert(name='a "name"').detail
    made = transformer["InputTemplate"]
    for name, path in transformer["InputPathsMap"].items():
        # EventBridge puts a text in with its quotes, if the template has none around it.
        made = made.replace(f"<{name}>", json.dumps(detail[path.removeprefix("$.detail.")]))

    assert json.loads(made) == {
        "message": detail["summary"],
        "alias": detail["dedup_key"],
        "priority": "P1",
        "tags": ["critical"],
    }
    pattern = json.loads(example("pattern"))
    assert pattern["source"] == [alert().envelope["source"]]
    assert pattern["detail"]["phase"] == [{"exists": False}, {"anything-but": "Resolved"}]
    assert "phase" not in detail
