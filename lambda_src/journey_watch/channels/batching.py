"""Cuts alerts into batches, and keeps the order of a thread: a later alert of one never overtakes an earlier one.

A channel that sends batches is a BatchingNotifier with two methods: prepare one alert, and send what fits together.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, Generic, TypeVar

from journey_watch.core.alerts import Alert

HELD_BACK: Final = "An earlier alert of its run was refused, and a later one must not overtake it."

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class _Outgoing(Generic[Entry]):
    alert: Alert
    entry: Entry
    size: int
    """How many bytes it is, as the service counts them."""


@dataclass(slots=True)
class _Refusals:
    reasons: dict[str, str] = field(default_factory=dict)
    """By alert id."""
    threads: set[str] = field(default_factory=set)

    def add(self, alert: Alert, reason: str) -> None:
        self.reasons[alert.id] = reason
        self.threads.add(alert.thread)


class BatchingNotifier(ABC, Generic[Entry]):
    """A Notifier over a service that takes several alerts in a call. Not thread-safe."""

    service: ClassVar[str]
    """How sentences call it."""
    max_bytes: ClassVar[int]
    """All entries of a call together may have so many bytes, so one may too."""
    max_entries: int
    """A call may have so many entries."""

    @abstractmethod
    def prepare(self, alert: Alert) -> tuple[Entry, int]:
        """The alert as the service takes it, and its bytes as the service counts them.

        The same alert always gives the same entry. Raises AttributeError, LookupError, TypeError or ValueError if its
        envelope was not made by this version.
        """

    @abstractmethod
    def send(self, entries: Sequence[Entry]) -> Sequence[str | None]:
        """Send the entries in one call; for each, in their order, why it was not accepted, or None. Never raises."""

    def publish(self, alerts: Sequence[Alert]) -> Mapping[str, str]:
        """Send all, in order; see the port. A batch never holds two of a thread: the later alone might be accepted."""
        refusals = _Refusals()
        batch: list[_Outgoing[Entry]] = []
        for alert in alerts:
            outgoing = self._prepared(alert, refusals)
            if outgoing is None:
                continue
            if batch and not self._has_room(batch, outgoing):
                self._send(batch, refusals)
                batch = []
            if alert.thread in refusals.threads:
                refusals.add(alert, HELD_BACK)
            else:
                batch.append(outgoing)
        if batch:
            self._send(batch, refusals)
        return refusals.reasons

    def _prepared(self, alert: Alert, refusals: _Refusals) -> _Outgoing[Entry] | None:
        try:
            entry, size = self.prepare(alert)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            refusals.add(alert, f"Its stored envelope cannot be read by this version: {error!r}.")
            return None
        if size > self.max_bytes:
            refusals.add(alert, f"It takes {size} bytes; {self.service} accepts {self.max_bytes}.")
            return None
        return _Outgoing(alert, entry, size)

    def _has_room(self, batch: Sequence[_Outgoing[Entry]], outgoing: _Outgoing[Entry]) -> bool:
        return (
            len(batch) < self.max_entries
            and sum(other.size for other in batch) + outgoing.size <= self.max_bytes
            and all(other.alert.thread != outgoing.alert.thread for other in batch)
        )

    def _send(self, batch: Sequence[_Outgoing[Entry]], refusals: _Refusals) -> None:
        reasons = self.send([outgoing.entry for outgoing in batch])
        for outgoing, reason in zip(batch, reasons, strict=True):
            if reason is not None:
                refusals.add(outgoing.alert, reason)
