"""The toy provider keeps the contract, is polled like any other, and is told of in its own words."""

import pytest

from journey_watch.core.runs import JourneyKey, Lane
from journey_watch.core.watch_list import ALL, WatchTarget
from journey_watch.messages.forms.email import email_subject, email_text
from tests.polling.scripted import polled_by_the_minute
from tests.providers.run_source_contract import (
    FIRST,
    ContainerByContainerContract,
    RunSourceContract,
    RunSourceDiscoveryContract,
)
from tests.providers.toy.newsletter_service import NewsletterService
from tests.providers.toy.newsletters import Newsletters

LANE = Lane("newsletter", "111122223333", "eu-west-1")
EVERYTHING = WatchTarget("newsletter", ALL)


class SimulatedNewsletters:
    """The contract's SimulatedProvider."""

    def __init__(self) -> None:
        self.service = NewsletterService(
            publishers={
                "container-1": {"journey-1": "Morning", "journey-2": "Evening"},
                "container-2": {"journey-3": "Sunday"},
            },
            issues={
                "journey-1": {"1": "mailed", "2": "mailing"},
                "journey-2": {"1": "draft"},
                "journey-3": {"1": "mailed"},
            },
        )

    def source(self) -> Newsletters:
        return Newsletters(self.service)

    def refuse_runs_of(self, journey: JourneyKey) -> None:
        self.service.refused.add(journey.journey_id)

    def cut_short_runs_of(self, journey: JourneyKey) -> None:
        self.service.cut_short.add(journey.journey_id)

    def refuse_listing(self, container_id: str) -> None:
        self.service.refused.add(container_id)

    def break_everything(self) -> None:
        self.service.down = True

    def let_time_pass(self) -> None:
        """It remembers nothing by time."""


@pytest.fixture
def provider() -> SimulatedNewsletters:
    return SimulatedNewsletters()


class TestContract(RunSourceContract, RunSourceDiscoveryContract, ContainerByContainerContract):
    """All that is asked of a source."""


def test_its_changes_are_committed_and_told_in_its_own_words(provider: SimulatedNewsletters) -> None:
    poll, channel = polled_by_the_minute(provider.source(), LANE, EVERYTHING)

    poll()
    provider.service.issues[FIRST.journey_id]["2"] = "mailed"
    poll()
    poll()

    (alert,) = channel.accepted
    detail = alert.envelope["detail"]
    assert alert.envelope["detail-type"] == "Issue Status Change"
    assert [detail[key] for key in ("publisher_id", "newsletter_id", "newsletter_name", "issue_id")] == [
        "container-1",
        "journey-1",
        "Morning",
        "2",
    ]
    assert detail["summary"] == (
        'Issue 2 of newsletter "Morning" (publisher container-1) went from RUNNING to COMPLETED.'
    )
    assert email_subject(alert) == "[INFO] Morning: RUNNING -> COMPLETED (eu-west-1)"
    assert "journey" not in email_text(alert).replace("journey-1", "")
