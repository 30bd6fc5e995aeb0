"""The digest names what matters first, and where it is."""

import pytest

from journey_watch.core.alerts import Alert
from journey_watch.core.condition_rules import Phase
from journey_watch.core.conditions import ConditionKind
from journey_watch.core.runs import JourneyKey, Status
from journey_watch.core.severity import Severity
from journey_watch.messages.digest import counts_of, digest_of
from journey_watch.messages.forms.amazon_q import chat_card
from journey_watch.messages.forms.email import email_subject, email_text
from journey_watch.providers.pinpoint.words import PINPOINT
from tests.core.builders import LANE
from tests.messages.alert_builders import alert
from tests.messages.test_condition import told


def cancelled(name: str, run: str) -> Alert:
    return alert(run_id=run, name=name, journey=JourneyKey("A", name))


def completed(run: str) -> Alert:
    return alert(Status.RUNNING, Status.COMPLETED, run_id=run, severity=Severity.INFO)


def digest(*members: Alert) -> Alert:
    return digest_of(members, lane=LANE, provider=PINPOINT)


def test_the_loudest_kind_comes_first_however_many_others_there_are() -> None:
    built = digest(completed("a"), completed("b"), cancelled("Welcome", "c"))
    assert list(built.detail["counts"].items()) == [("CANCELLED", 1), ("COMPLETED", 2)]
    assert built.detail["summary"] == "3 changes: 1 CANCELLED, 2 COMPLETED."


@pytest.mark.parametrize(
    ("names", "where"),
    [
        (["Welcome", "Welcome", "Welcome", "Winback"], '; 3 of 4 CANCELLED are of journey "Welcome".'),
        (["Welcome", "Welcome"], '; all 2 CANCELLED are of journey "Welcome".'),
        (["Welcome", "Winback"], "."),
    ],
)
def test_where_most_of_the_loudest_is_is_named(names: list[str], where: str) -> None:
    built = digest(*(cancelled(name, str(number)) for number, name in enumerate(names)), completed("c"))
    assert built.detail["summary"] == f"{len(names) + 1} changes: {len(names)} CANCELLED, 1 COMPLETED{where}"


def test_what_is_over_is_not_counted_as_what_is_wrong_and_comes_last() -> None:
    over, still = told(phase=Phase.RESOLVED), told(phase=Phase.REMINDER)
    built = digest(over, over, still, completed("a"))
    assert built.detail["counts"] == {"STUCK still": 1, "COMPLETED": 1, "STUCK resolved": 2}
    assert [one.get("phase") for one in built.detail["changes"]] == ["Reminder", None, "Resolved", "Resolved"]


def test_a_digest_of_what_is_over_is_good_news() -> None:
    built = digest(told(phase=Phase.RESOLVED), told(ConditionKind.OVERDUE, Phase.RESOLVED))
    assert email_subject(built).startswith("[RESOLVED] ")
    assert "What to do: Nothing." in email_text(built)
    assert chat_card(built)["content"]["title"].startswith("✅ RESOLVED: ")


def test_a_digest_is_as_loud_as_what_is_wrong_in_it() -> None:
    over = told(ConditionKind.UNREACHABLE, Phase.RESOLVED, severity=Severity.CRITICAL)
    built = digest(over, completed("a"))
    assert email_subject(built).startswith("[INFO] ")
    assert built.severity is Severity.CRITICAL  # whoever was told of the trouble is told that it is over


def test_counts_are_by_kind() -> None:
    assert counts_of([told().detail, told(phase=Phase.RESOLVED).detail]) == {"STUCK": 1, "STUCK resolved": 1}
