"""A recorded alert as the page sees it."""

import pytest

from journey_watch.core.alerts import Alert
from journey_watch.core.severity import Severity
from journey_watch.live_page.lane_snapshot import Change
from tests.core.builders import LANE
from tests.messages.alert_builders import alert, attributed


@pytest.mark.parametrize(
    ("answer", "label", "severity"),
    [
        (attributed(), "WHO", Severity.INFO),
        (attributed(call=None, actor=None), "NOBODY FOUND", Severity.NONE),
        (alert(), "CANCELLED", Severity.CRITICAL),
    ],
)
def test_who_did_it_is_information_and_no_second_change(answer: Alert, label: str, severity: Severity) -> None:
    change = Change.from_envelope(LANE, answer.envelope)
    assert (change.label, change.severity, change.after is None) == (label, severity, label != "CANCELLED")
