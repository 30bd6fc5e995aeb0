"""One alarm, rung by hand: CloudWatch may publish to the encrypted topics, and the all-clear follows."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from verify_aws.findings import Finding, failed, not_checked, ok
from verify_aws.surroundings import Gap
from verify_aws.temporary_recipients import EVERYTHING
from verify_aws.verification import Verification

TOPICS: Final = ("OpsTopicArn", "OpsMailTopicArn")
"""The stack's outputs that name where alarms are told."""


def find(verification: Verification) -> Iterator[Finding]:
    """Set the state of one alarm that has an action to ALARM, and back to OK."""
    alarm = _alarm_with_action(verification)
    if alarm is None:
        yield failed("alarm", "No alarm of the stack has an action.")
        return
    name = alarm["AlarmName"]
    client = verification.surroundings.client("cloudwatch")
    before = len(verification.recipients.read())
    earlier = len(_history(verification, name))
    reason = "verify-aws rings it by hand"
    client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=reason)
    yield _action_in_history(verification, name, earlier)
    yield _told(verification, f'ALARM of "{name}"', lambda body: says_it_rings(body, name), before)
    client.set_alarm_state(AlarmName=name, StateValue="OK", StateReason=reason)
    if Gap.ALL_CLEAR in verification.surroundings.gaps:
        yield not_checked("alarm", Gap.ALL_CLEAR)
    else:
        yield _told(verification, f'The end of "{name}"', lambda body: says_it_is_over(body, name), before)


def _alarm_with_action(verification: Verification) -> Mapping[str, Any] | None:
    """One over a queue that stays empty: it does not ring by itself, and nothing else is in the way."""
    pages = verification.surroundings.client("cloudwatch").get_paginator("describe_alarms")
    found = [
        alarm
        for page in pages.paginate(
            AlarmNamePrefix=f"{verification.stack} ", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        for alarm in (*page.get("MetricAlarms", []), *page.get("CompositeAlarms", []))
        if alarm.get("AlarmActions")
    ]
    return min(found, key=lambda alarm: ("dead-letters" not in alarm["AlarmName"], alarm["AlarmName"]), default=None)


def _action_in_history(verification: Verification, name: str, earlier: int) -> Finding:
    if Gap.ALARM_HISTORY in verification.surroundings.gaps:
        return not_checked("alarm", Gap.ALARM_HISTORY)
    items = verification.waiting.until(
        "the alarm's action",
        lambda: _history(verification, name)[earlier:],
        lambda items: any(_is_action(item) for item in items),
        limit=verification.surroundings.patience.delivery,
    )
    actions = [item for item in items if _is_action(item)]
    bad = [item["HistorySummary"] for item in actions if not succeeded(item)]
    if bad:
        return failed("alarm", f"An action of the alarm failed: {bad[0]}", history=bad)
    if actions:
        return ok("alarm", f"{len(actions)} actions of the alarm stand as succeeded in its history.")
    return failed("alarm", f"The history of {name} shows no action within the time allowed.")


def _history(verification: Verification, name: str) -> list[Mapping[str, Any]]:
    """Oldest first."""
    pages = verification.surroundings.client("cloudwatch").get_paginator("describe_alarm_history")
    found = pages.paginate(
        AlarmName=name, AlarmTypes=["MetricAlarm", "CompositeAlarm"], ScanBy="TimestampAscending"
    ).build_full_result()
    items: list[Mapping[str, Any]] = found["AlarmHistoryItems"]
    return items


def _is_action(item: Mapping[str, Any]) -> bool:
    return bool(item["HistoryItemType"] == "Action")


def succeeded(item: Mapping[str, Any]) -> bool:
    """True if an action in an alarm's history succeeded: CloudWatch says so in its data, and in its summary's words."""
    state = _json_object(item.get("HistoryData") or "").get("actionState")
    return bool(state == "Succeeded" or (state is None and item["HistorySummary"].startswith("Successfully executed")))


def _told(verification: Verification, what: str, says: Callable[[str], bool], before: int) -> Finding:
    outputs = verification.deployment.outputs
    topics = {outputs[each] for each in TOPICS}

    def topics_told() -> set[str | None]:
        received = verification.recipients.read()[before:]
        return {one.topic_arn for one in received if one.reader == EVERYTHING and says(one.body)}

    told = verification.waiting.until(
        f"{what} in the queues",
        topics_told,
        lambda arns: arns >= topics,
        limit=verification.surroundings.patience.delivery,
    )
    if told >= topics:
        return ok("alarm", f"{what} arrived on every topic of the operators.")
    silent = [each for each in TOPICS if outputs[each] in topics - told]
    return failed("alarm", f"{what} did not arrive on {' and '.join(silent)}.")


def says_it_rings(body: str, name: str) -> bool:
    """True for what CloudWatch sends when the alarm goes to ALARM."""
    message = _json_object(body)
    return message.get("AlarmName") == name and message.get("NewStateValue") == "ALARM"


def says_it_is_over(body: str, name: str) -> bool:
    """True for the all-clear of infra/all_clear.py, be it the text or the event."""
    detail = _json_object(body).get("detail", {})
    is_event = detail.get("alarmName") == name and detail.get("previousState", {}).get("value") == "ALARM"
    return is_event or f"ALARM is over: {name}." in body


def _json_object(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
