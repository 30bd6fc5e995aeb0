"""Puts alerts on an EventBridge bus, from where rules take them anywhere.

Limits: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from journey_watch.aws.errors import source_error
from journey_watch.core.alerts import Alert
from journey_watch.messages.untrusted_text import valid_text

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

ENTRIES_PER_CALL: Final = 10
MAX_CALL: Final = 256 * 1024
"""Bytes of all entries together. Newer quotas are larger, but not the same everywhere."""
MAX_ARN: Final = 2048
_TIME_BYTES: Final = 14
"""What EventBridge counts for an entry's time."""
HELD_BACK: Final = "An earlier alert of its run was refused, and a later one must not overtake it."


@dataclass(frozen=True, slots=True)
class _Outgoing:
    alert: Alert
    entry: "PutEventsRequestEntryTypeDef"
    size: int
    """In bytes, as EventBridge counts them."""


class EventBusNotifier:
    """A Notifier over one bus. EventBridge gives each event an id of its own: the alert's is in the detail."""

    def __init__(self, client: "EventBridgeClient", event_bus_arn: str) -> None:
        self._client = client
        self._event_bus_arn = event_bus_arn

    def publish(self, alerts: Sequence[Alert]) -> Mapping[str, str]:
        """Send all, in order; see the port. A call never holds two alerts of a thread: the later might be accepted."""
        reasons: dict[str, str] = {}
        refused_threads: set[str] = set()
        outgoing: list[_Outgoing] = []
        for alert in alerts:
            try:
                outgoing.append(self._outgoing(alert))
            except (AttributeError, LookupError, TypeError, ValueError) as error:
                reasons[alert.id] = f"Its stored envelope cannot be read by this version: {error!r}."
                refused_threads.add(alert.thread)
        for batch in _batches(outgoing):
            sendable = [each for each in batch if each.alert.thread not in refused_threads]
            refused = {each.alert.id: HELD_BACK for each in batch if each not in sendable} | self._put(sendable)
            refused_threads |= {each.alert.thread for each in batch if each.alert.id in refused}
            reasons |= refused
        return reasons

    def _outgoing(self, alert: Alert) -> _Outgoing:
        envelope = alert.envelope
        # In ASCII, and with nothing that JSON does not know.
        detail = json.dumps({"id": alert.id, **envelope["detail"]}, separators=(",", ":"), allow_nan=False)
        # An id may hold half of a character, which no request can.
        resources = [valid_text(arn, MAX_ARN) for arn in envelope["resources"]]
        texts = [envelope["source"], envelope["detail-type"], detail, *resources]
        entry: PutEventsRequestEntryTypeDef = {
            "EventBusName": self._event_bus_arn,
            "Source": envelope["source"],
            "DetailType": envelope["detail-type"],
            "Time": datetime.fromisoformat(envelope["time"]),
            "Resources": resources,
            "Detail": detail,
        }
        return _Outgoing(alert, entry, _TIME_BYTES + sum(len(text.encode()) for text in texts))

    def _put(self, batch: Sequence[_Outgoing]) -> dict[str, str]:
        """Why, by alert id, for each that was not accepted."""
        if not batch:
            return {}
        if batch[0].size > MAX_CALL:
            return {batch[0].alert.id: f"It takes {batch[0].size} bytes; EventBridge accepts {MAX_CALL}."}
        try:
            answer = self._client.put_events(Entries=[each.entry for each in batch])
            # As many as were sent, in the same order; an accepted one has an id.
            results = answer["Entries"]
            refused = {
                each.alert.id: f"EventBridge refused it with {result.get('ErrorCode')}: {result.get('ErrorMessage')}"
                for each, result in zip(batch, results, strict=True)
                if not result.get("EventId")
            }
        except Exception as error:  # noqa: BLE001 - a broken answer makes botocore's parser raise whatever it likes
            reason = str(source_error(error, "Putting events on the bus"))
            return {each.alert.id: reason for each in batch}
        return refused


def _batches(outgoing: Sequence[_Outgoing]) -> Iterator[list[_Outgoing]]:
    batch: list[_Outgoing] = []
    for each in outgoing:
        if batch and not _has_room(batch, each):
            yield batch
            batch = []
        batch.append(each)
    if batch:
        yield batch


def _has_room(batch: Sequence[_Outgoing], outgoing: _Outgoing) -> bool:
    return (
        len(batch) < ENTRIES_PER_CALL
        and sum(each.size for each in batch) + outgoing.size <= MAX_CALL
        and all(each.alert.thread != outgoing.alert.thread for each in batch)
    )
