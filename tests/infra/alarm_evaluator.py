"""Decides as CloudWatch does whether metric data moves an alarm, by the alarm's own definition.

The rules: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Final, Self

EXTRA_PERIODS: Final = 2
"""So many periods more than an alarm evaluates are looked at, for real data in place of what is missing."""

OK: Final = "OK"
ALARM: Final = "ALARM"
INSUFFICIENT_DATA: Final = "INSUFFICIENT_DATA"

_STATISTICS: Final[Mapping[str, Callable[[Sequence[float]], float]]] = {
    "Sum": sum,
    "Maximum": max,
    "Minimum": min,
    "Average": fmean,
    "SampleCount": len,
}
_COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True)
class Datum:
    """One entry of PutMetricData."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    time: float
    """Seconds since the epoch."""
    values: tuple[float, ...]

    @classmethod
    def from_entry(cls, namespace: str, entry: Mapping[str, Any]) -> Self:
        """What `local_cloud.emf_bridge.metric_data` makes of a log line."""
        dimensions = {each["Name"]: each["Value"] for each in entry["Dimensions"]}
        return cls(namespace, entry["MetricName"], dimensions, entry["Timestamp"], tuple(entry["Values"]))


@dataclass(frozen=True)
class Alarm:
    """An alarm on a plain metric."""

    name: str
    description: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str
    period: int
    evaluation_periods: int
    datapoints_to_alarm: int
    threshold: float
    comparison: str
    missing: str

    @classmethod
    def from_definition(cls, definition: Mapping[str, Any], text: Callable[[Any], str] = str) -> Self:
        """Read a template's properties, or what DescribeAlarms answers: both call everything the same.

        `text` resolves what a template leaves open.
        """
        return cls(
            name=text(definition["AlarmName"]),
            description=text(definition["AlarmDescription"]),
            namespace=definition["Namespace"],
            metric=definition["MetricName"],
            dimensions={each["Name"]: text(each["Value"]) for each in definition["Dimensions"]},
            statistic=definition["Statistic"],
            period=int(definition["Period"]),
            evaluation_periods=int(definition["EvaluationPeriods"]),
            datapoints_to_alarm=int(definition["DatapointsToAlarm"]),
            threshold=float(definition["Threshold"]),
            comparison=definition["ComparisonOperator"],
            missing=definition["TreatMissingData"],
        )

    @property
    def kind(self) -> str:
        """The heading of its entry in the runbook."""
        return self.description.rpartition("#")[2]

    def watches(self, datum: Datum) -> bool:
        return (datum.namespace, datum.name, datum.dimensions) == (self.namespace, self.metric, self.dimensions)

    def state(self, data: Iterable[Datum], *, now: float, before: str = OK) -> str:
        """The state at a moment, by the periods that were over then; `before` is the state until then."""
        newest_first = self._breaches(data, now)
        real = [breach for breach in newest_first if breach is not None]
        recent = newest_first[: self.evaluation_periods]
        if len(real) >= self.evaluation_periods or None not in recent:
            recent = list(real[: self.evaluation_periods])
            return ALARM if recent.count(True) >= self.datapoints_to_alarm else OK
        return self._with_missing(real, before)

    def history(self, data: Iterable[Datum], *, start: float, end: float, before: str = OK) -> list[str]:
        """The states it goes through, one for each change, evaluated once a minute; `before` is the first of them.

        CloudWatch creates every alarm in INSUFFICIENT_DATA.
        """
        known, states = list(filter(self.watches, data)), [before]
        now = start
        while now <= end:
            state = self.state(known, now=now, before=states[-1])
            if state != states[-1]:
                states.append(state)
            now += 60
        return states

    def _breaches(self, data: Iterable[Datum], now: float) -> list[bool | None]:
        """For each period that is looked at, the newest first: whether it breached; None without data."""
        compare = _COMPARISONS[self.comparison]
        samples: dict[int, list[float]] = {}
        for datum in filter(self.watches, data):
            samples.setdefault(int(datum.time // self.period), []).extend(datum.values)
        last = int(now // self.period) - 1
        looked_at = range(last, last - self.evaluation_periods - EXTRA_PERIODS, -1)
        aggregate = _STATISTICS[self.statistic]
        return [
            compare(aggregate(samples[period]), self.threshold) if period in samples else None for period in looked_at
        ]

    def _with_missing(self, real: Sequence[bool], before: str) -> str:
        """Too little real data, wherever in the range: the rest is filled with what missing data counts as."""
        if not real and self.missing == "ignore":
            return before
        if not real and self.missing == "missing":
            return INSUFFICIENT_DATA
        filled = self.evaluation_periods - len(real)
        breaching = real.count(True) + (filled if self.missing == "breaching" else 0)
        if breaching >= self.datapoints_to_alarm:
            return ALARM
        return before if self.missing == "ignore" and filled else OK


@dataclass(frozen=True)
class CompositeAlarm:
    """An alarm that is on while any of its children is, which is the one rule that is known here.

    Its states: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
    """

    name: str
    description: str
    children: tuple[str, ...]
    """Their names."""

    @classmethod
    def from_definition(cls, definition: Mapping[str, Any], rule: str) -> Self:
        """Read a template's properties; `rule` is its rule with the children's names in it."""
        children = tuple(re.findall(r'ALARM\("([^"]+)"\)', rule))
        assert rule == " OR ".join(f'ALARM("{child}")' for child in children)
        return cls(definition["AlarmName"], definition["AlarmDescription"], children)

    @property
    def kind(self) -> str:
        """The heading of its entry in the runbook."""
        return self.description.rpartition("#")[2]

    def state(self, states: Mapping[str, str]) -> str:
        """Its state, by those of its children."""
        return ALARM if ALARM in [states[child] for child in self.children] else OK
