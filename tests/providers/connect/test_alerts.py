"""What is told of a campaign, from the simulator's answer to the reader: its own words, and nothing made up."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import simulator
from journey_watch.core.alerts import Alert
from journey_watch.core.runs import Lane
from journey_watch.core.watch_list import ALL, WatchTarget
from journey_watch.messages.forms.email import email_subject, email_text
from journey_watch.messages.forms.sns import card_message, envelope_message
from tests.polling.scripted import polled_by_the_minute
from tests.providers.connect.doubles import SCENARIO, SimulatedConnect

LANE = Lane("connect", "111122223333", "eu-west-2")
EVERYTHING = WatchTarget("connect", ALL)
SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "alert-envelope.schema.json").read_text(encoding="utf-8"))

TellStates = Callable[..., list[Alert]]


@pytest.fixture(scope="module")
def server() -> Iterator[simulator.RunningSimulator]:
    with simulator.running() as running:
        yield running


@pytest.fixture
def told(server: simulator.RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> TellStates:
    """What is told when the first campaign, which runs at first, is in each of these states for a minute."""
    server.control.load(SCENARIO)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    poll, channel = polled_by_the_minute(SimulatedConnect(server.control).source(), LANE, EVERYTHING)

    def tell(*states: str) -> list[Alert]:
        poll()
        for state in states:
            server.control.play({"kind": "campaign_state", "campaign": "journey-1", "state": state})
            poll()
            poll()
        return channel.accepted

    return tell


def test_each_change_of_state_is_told_once(told: TellStates) -> None:
    alerts = told("Paused", "Running", "Paused", "Stopped")

    moves = [(alert.envelope["detail"]["previous_status"], alert.envelope["detail"]["status"]) for alert in alerts]
    assert moves == [
        ("RUNNING", "PAUSED"),
        ("PAUSED", "RUNNING"),
        ("RUNNING", "PAUSED"),
        ("PAUSED", "CANCELLED"),
    ]
    assert [alert.severity.value for alert in alerts] == ["info", "info", "info", "critical"]
    assert len({alert.id for alert in alerts}) == 4
    assert len({alert.thread for alert in alerts}) == 1


def test_the_envelope_has_no_run_and_no_time_but_the_pollers(told: TellStates) -> None:
    (alert,) = told("Stopped")

    envelope = json.loads(envelope_message(alert).body)
    Draft202012Validator(SCHEMA).validate(envelope)
    detail = envelope["detail"]
    assert envelope["detail-type"] == "Campaign Status Change"
    assert envelope["resources"] == ["arn:aws:connect-campaigns:eu-west-2:111122223333:campaign/journey-1"]
    assert {key: detail[key] for key in detail if key.endswith(("_id", "_name"))} == {
        "instance_id": "container-1",
        "instance_name": None,
        "campaign_id": "journey-1",
        "campaign_name": "Welcome",
    }
    assert detail["raw_status"] == "Stopped"
    assert (detail["creation_time"], detail["last_update_time"], detail["detection_delay_seconds"]) == (None,) * 3
    assert detail["console_url"] == (
        "https://console.aws.amazon.com/connect/v2/app/instances/container-1?region=eu-west-2"
    )


def test_people_read_of_a_campaign_and_never_of_a_run_or_a_journey(told: TellStates) -> None:
    (alert,) = told("Stopped")

    text = email_text(alert)
    assert email_subject(alert) == "[CRITICAL] Welcome: RUNNING -> CANCELLED (eu-west-2)"
    assert text.startswith(
        'CRITICAL: Campaign "Welcome" (instance container-1) went from RUNNING to CANCELLED.\n'
        "\nInstance: container-1\nCampaign: Welcome (id journey-1)\nStatus: RUNNING -> CANCELLED\nWhen: seen "
    )
    assert "CloudTrail shows who changed the campaign" in text
    assert re.search(r"^Before that: RUNNING, seen so since 2026-11-23 12:00:00 UTC$", text, re.MULTILINE)
    card = card_message(alert).body
    for words in (text, card):
        assert not re.search(
            r"\b([Rr]uns?|[Jj]ourneys?)\b", words.replace("journey-1", "").replace("Journey Watch", "")
        )


def test_filters_find_it_by_instance_and_campaign(told: TellStates) -> None:
    (alert,) = told("Stopped")

    attributes = envelope_message(alert).attributes
    assert attributes["instance_id"] == ("container-1",)
    assert attributes["campaign_id"] == ("journey-1",)
    assert attributes["detail_type"] == "Campaign Status Change"
    assert not attributes.keys() & {"application_id", "journey_id"}
