"""The envelope against its public schema, and against the example that the contract shows."""

import copy
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator, ValidationError

from journey_watch.core.alerts import Alert
from journey_watch.core.runs import Status
from journey_watch.messages.forms.sns import envelope_message
from tests.messages.alert_builders import CAMPAIGNS, alert, every_kind

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "alert-envelope.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def sent(an_alert: Alert) -> dict[str, Any]:
    """What a queue's reader gets."""
    envelope: dict[str, Any] = json.loads(envelope_message(an_alert).body)
    return envelope


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def strict() -> Draft202012Validator:
    """The schema with nothing allowed that it does not describe."""
    schema = copy.deepcopy(SCHEMA)
    for definition in (schema, *schema["$defs"].values()):
        if "required" in definition:
            definition["additionalProperties"] = False
    return Draft202012Validator(schema)


STRICT = strict()


@given(every_kind())
def test_every_envelope_matches_the_schema_and_holds_nothing_undescribed(an_alert: Alert) -> None:
    STRICT.validate(sent(an_alert))


def test_the_contracts_example() -> None:
    hashed = '["pinpoint/111122223333/eu-west-1","A","J","R","Journey Run Status Change","","RUNNING","CANCELLED",17]'
    assert sent(alert()) == {
        "version": "0",
        "id": sha256(hashed.encode()).hexdigest()[:32],
        "detail-type": "Journey Run Status Change",
        "source": "journey-watch",
        "account": "111122223333",
        "region": "eu-west-1",
        "time": "2026-11-23T12:00:41.237Z",
        "resources": ["arn:aws:mobiletargeting:eu-west-1:111122223333:apps/A/journeys/J"],
        "detail": {
            "schema_version": "1",
            "provider": "pinpoint",
            "application_id": "A",
            "application_name": "Shop",
            "journey_id": "J",
            "journey_name": "Welcome",
            "run_id": "R",
            "previous_status": "RUNNING",
            "previous_status_since": "2026-11-23T08:40:00.000Z",
            "status": "CANCELLED",
            "raw_status": "CANCELLED",
            "skipped_statuses": [],
            "severity": "critical",
            "sequence": 17,
            "creation_time": "2026-11-23T08:00:00.000Z",
            "last_update_time": "2026-11-23T12:00:00.000Z",
            "observed_time": "2026-11-23T12:00:41.237Z",
            "detection_delay_seconds": 41.2,
            "console_url": None,
            "summary": 'Run R of journey "Welcome" (application "Shop") went from RUNNING to CANCELLED.',
            "dedup_key": alert().thread,
        },
    }


def test_a_campaign_has_no_run_and_its_own_names() -> None:
    envelope = sent(alert(Status.RUNNING, Status.FAILED, provider=CAMPAIGNS, run_id="J"))
    VALIDATOR.validate(envelope)
    assert envelope["detail-type"] == "Campaign Status Change"
    assert {key for key in envelope["detail"] if key.endswith(("_id", "_name"))} == {
        "instance_id",
        "instance_name",
        "campaign_id",
        "campaign_name",
    }
    assert envelope["detail"]["summary"] == ('Campaign "Welcome" (instance "Shop") went from RUNNING to FAILED.')


@pytest.mark.parametrize(
    "breakage",
    [
        {"id": "short"},
        {"time": "2026-11-23T12:00:41Z"},
        {"detail-type": "Campaign Status Change"},
        {"resources": []},
        {"account": None},
    ],
)
def test_the_schema_refuses(breakage: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        VALIDATOR.validate({**sent(alert()), **breakage})
