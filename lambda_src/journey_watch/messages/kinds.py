"""Which file words which kind of alert."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from journey_watch.core.alerts import AlertKind
from journey_watch.messages import (
    acknowledged,
    attributed,
    condition,
    digest,
    mute_began,
    mute_ended,
    self_test,
    status_change,
)
from journey_watch.messages.content import Content, Entity


def content_of(envelope: Mapping[str, Any]) -> Content:
    """The content of any envelope that this project has made. Raises KeyError or ValueError for another."""
    detail = envelope["detail"]
    lane = Entity("lane", f"{detail['provider']}/{envelope['account']}/{envelope['region']}", None)
    match AlertKind.of(envelope):
        case AlertKind.STATUS_CHANGE | AlertKind.JOURNEY_STATUS_CHANGE:
            return status_change.content(detail)
        case AlertKind.TEST:
            return self_test.content(detail)
        case other:
            return _MAYBE_OF_A_LANE[other](detail, lane=lane)


class _Words(Protocol):
    def __call__(self, detail: Mapping[str, Any], *, lane: Entity) -> Content: ...


_MAYBE_OF_A_LANE: Final[Mapping[AlertKind, _Words]] = {
    AlertKind.CONDITION: condition.content,
    AlertKind.DIGEST: digest.content,
    AlertKind.MUTE_BEGAN: mute_began.content,
    AlertKind.MUTE_ENDED: mute_ended.content,
    AlertKind.ACKNOWLEDGED: acknowledged.content,
    AlertKind.ATTRIBUTED: attributed.content,
}
