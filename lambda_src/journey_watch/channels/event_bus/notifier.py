"""Puts alerts on an EventBridge bus, from where rules take them anywhere.

Limits: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

from journey_watch.aws.errors import source_error
from journey_watch.channels.batching import BatchingNotifier
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


class EventBusNotifier(BatchingNotifier["PutEventsRequestEntryTypeDef"]):
    """A Notifier over one bus. EventBridge gives each event an id of its own: the alert's is in the detail."""

    service: ClassVar[str] = "EventBridge"
    max_bytes: ClassVar[int] = MAX_CALL
    max_entries = ENTRIES_PER_CALL

    def __init__(self, client: "EventBridgeClient", event_bus_arn: str) -> None:
        self._client = client
        self._event_bus_arn = event_bus_arn

    def prepare(self, alert: Alert) -> "tuple[PutEventsRequestEntryTypeDef, int]":
        """The envelope as an event."""
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
        return entry, _TIME_BYTES + sum(len(text.encode()) for text in texts)

    def send(self, entries: "Sequence[PutEventsRequestEntryTypeDef]") -> Sequence[str | None]:
        """One PutEvents."""
        try:
            # As many results as entries, in the same order; an accepted one has an id.
            results = self._client.put_events(Entries=entries)["Entries"]
            return [
                None
                if result.get("EventId")
                else f"EventBridge refused it with {result.get('ErrorCode')}: {result.get('ErrorMessage')}"
                for _, result in zip(entries, results, strict=True)
            ]
        except Exception as error:  # noqa: BLE001 - a broken answer makes botocore's parser raise whatever it likes
            return [str(source_error(error, "Putting events on the bus"))] * len(entries)
