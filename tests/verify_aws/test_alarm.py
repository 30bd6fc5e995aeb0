"""What an alarm's messages and its history say. The history is no more than documented: nothing here keeps actions."""

import json

import pytest

from verify_aws.alarm import says_it_is_over, says_it_rings, succeeded

NAME = "journey-watch-verify dead-letters schedules"
RINGING = json.dumps({"AlarmName": NAME, "NewStateValue": "ALARM", "OldStateValue": "OK", "OKActions": []})
EVENT = json.dumps({"detail": {"alarmName": NAME, "state": {"value": "OK"}, "previousState": {"value": "ALARM"}}})
TEXT = f'"ALARM is over: {NAME}.\\n\\nIts state is OK since …"'


def test_an_alarm_that_rings_is_not_taken_for_its_end() -> None:
    assert says_it_rings(RINGING, NAME)
    assert not says_it_is_over(RINGING, NAME)


def test_what_cloudwatch_sends_of_another_state_is_no_ringing() -> None:
    assert not says_it_rings(RINGING.replace('"NewStateValue": "ALARM"', '"NewStateValue": "OK"'), NAME)


@pytest.mark.parametrize("body", [EVENT, TEXT])
def test_the_all_clear_is_known_in_both_forms(body: str) -> None:
    assert says_it_is_over(body, NAME)
    assert not says_it_rings(body, NAME)


@pytest.mark.parametrize("body", [RINGING, EVENT, TEXT])
def test_another_alarm_is_another(body: str) -> None:
    other = f"{NAME} too"

    assert not says_it_rings(body, other)
    assert not says_it_is_over(body, other)


@pytest.mark.parametrize(
    ("data", "summary", "expected"),
    [
        ('{"actionState": "Succeeded"}', "whatever", True),
        ('{"actionState": "Failed"}', "Failed to execute action arn:…", False),
        (None, "Successfully executed action arn:…", True),
        ("no JSON", "Failed to execute action arn:…", False),
    ],
)
def test_an_action_succeeded_if_its_history_says_so(data: str | None, summary: str, *, expected: bool) -> None:
    item = {"HistorySummary": summary} | ({"HistoryData": data} if data else {})

    assert succeeded(item) is expected
