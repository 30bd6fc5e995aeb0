"""Which file words which kind of alert."""

from collections.abc import Mapping
from typing import Any

from journey_watch.core.alerts import AlertKind
from journey_watch.messages import attributed, condition, digest, mute_ended, self_test, status_change
from journey_watch.messages.content import Content, Entity


def content_of(envelope: Mapping[str, Any]) -> Content:
    """The content of any envelope that this project has made. Raises KeyError or ValueError for another."""
    detail = envelope["detail"]
    lane = Entity("lane", f"{detail['provider']}/{envelope['account']}/{envelope['region']}", None)
    match AlertKind.of(envelope):
        case AlertKind.STATUS_CHANGE | AlertKind.JOURNEY_STATUS_CHANGE:
            return status_change.content(detail)
        case AlertKind.CONDITION:
            return condition.content(detail, lane=lane)
        case AlertKind.ATTRIBUTED:
            return attributed.content(detail, lane=lane)
        case AlertKind.DIGEST:
            return digest.content(detail, lane=lane)
        case AlertKind.MUTE_ENDED:
            return mute_ended.content(detail, lane=lane)
        case AlertKind.TEST:
            return self_test.content(detail)
