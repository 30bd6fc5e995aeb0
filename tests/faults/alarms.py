"""The alarms of a template over minutes of metrics."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from infra.deployed_stack import DeployedStack
from tests.infra.alarm_evaluator import ALARM, OK, Alarm, Datum
from tests.infra.synthesis import text
from tests.permissions.deployment import BEGINS


def alarms_of(stack: DeployedStack) -> Iterator[Alarm]:
    """All on plain metrics; what the template refers to is named as `text` does."""
    for each in stack.ids("AWS::CloudWatch::Alarm"):
        yield Alarm.from_definition(stack.properties(each), text)


def last_minutes_on(alarms: Iterator[Alarm], data: Sequence[Datum], minutes: range) -> dict[str, int]:
    """The kinds of the alarms that were on, each with the last of the minutes since BEGINS in which one was."""
    last: dict[str, int] = {}
    for alarm in alarms:
        of_alarm = [datum for datum in data if alarm.watches(datum)]
        state = OK
        for minute in minutes:
            state = alarm.state(of_alarm, now=(BEGINS + timedelta(minutes=minute)).timestamp(), before=state)
            if state == ALARM:
                last[alarm.kind] = max(minute, last.get(alarm.kind, 0))
    return last
