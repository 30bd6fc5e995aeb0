"""Asks Pinpoint for one page at a time and reads what it says about runs, journeys and applications."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeVar

from journey_watch.aws.errors import http_status_of, source_error
from journey_watch.core.runs import JourneyKey, ObservedRun, Status
from journey_watch.providers.token_paging import Listing, Page, page_of, read_pages
from journey_watch.providers.untrusted_values import read_duration, read_id, read_moment, read_text, read_time

if TYPE_CHECKING:
    from mypy_boto3_pinpoint import PinpointClient

Item = TypeVar("Item")
PAGE_SIZE: Final = "200"
"""A string, as the API wants it. Its maximum is not documented: if Pinpoint refuses this one, its default is taken."""
STATUSES: Final = {
    "SCHEDULED": Status.SCHEDULED,
    "RUNNING": Status.RUNNING,
    "COMPLETED": Status.COMPLETED,
    "CANCELLED": Status.CANCELLED,
}
"""All that the API documents; any other word is UNKNOWN."""
JOURNEY_STATUSES: Final = {
    "DRAFT": Status.SCHEDULED,
    "ACTIVE": Status.RUNNING,
    "PAUSED": Status.PAUSED,
    "COMPLETED": Status.COMPLETED,
    "CLOSED": Status.COMPLETED,
    "CANCELLED": Status.CANCELLED,
}
"""The states of a journey (not of a run); after those that are terminal it starts no more runs."""
LOCAL_TIME_SPREAD: Final = timedelta(hours=26)
"""From the first time zone to the last, UTC+14 to UTC-12."""
TOLERATED_SKEW: Final = timedelta(days=1)
"""How far Pinpoint's clock may run ahead of the poller's before a time of an update cannot be right."""


@dataclass(frozen=True, slots=True)
class ListedJourney:
    """What ListJourneys says of a journey."""

    id: str
    name: str | None
    state: str | None
    """Pinpoint's own word; None if missing or unreadable."""
    modified: datetime | None
    """None likewise."""
    starts_at: datetime | None = None
    """When its schedule begins; None if there is none, or it cannot be read."""
    ends_at: datetime | None = None
    """When its schedule ends; None likewise."""
    repeats_every: timedelta | None = None
    """How often it starts again; None if it does not."""

    @property
    def itself(self) -> ObservedRun | None:
        """Its own status; None if Pinpoint does not say it."""
        if self.state is None:
            return None
        status = JOURNEY_STATUSES.get(self.state, Status.UNKNOWN)
        return ObservedRun(self.id, status, self.state, last_update_time=self.modified)


@dataclass(frozen=True, slots=True)
class ListedApplication:
    """What GetApps says of an application."""

    id: str
    name: str | None


def read_run(entry: object, *, newest: datetime) -> ObservedRun | None:
    """One Item of GetJourneyRuns; None if it lacks its id or status.

    An update later than `newest` is not believed: it would make all later news of the journey look old.
    """
    if not isinstance(entry, dict):
        return None
    run_id, raw_status = read_text(entry.get("RunId")), read_text(entry.get("Status"))
    if run_id is None or raw_status is None:
        return None
    updated = read_time(entry.get("LastUpdateTime"))
    if updated is not None and updated > newest:
        updated = None
    return ObservedRun(
        run_id=run_id,
        status=STATUSES.get(raw_status, Status.UNKNOWN),
        raw_status=raw_status,
        creation_time=read_time(entry.get("CreationTime")),
        last_update_time=updated,
    )


def read_journey(entry: object) -> ListedJourney | None:
    """One Item of ListJourneys; None if it lacks its id."""
    if not isinstance(entry, dict) or (journey_id := read_id(entry.get("Id"))) is None:
        return None
    schedule = entry["Schedule"] if isinstance(entry.get("Schedule"), dict) else {}
    read_planned = _read_local if entry.get("LocalTime") is True else read_moment
    return ListedJourney(
        id=journey_id,
        name=read_text(entry.get("Name")),
        state=read_text(entry.get("State")),
        modified=read_time(entry.get("LastModifiedDate")),
        starts_at=read_planned(schedule.get("StartTime")),
        ends_at=read_planned(schedule.get("EndTime")),
        repeats_every=read_duration(entry.get("RefreshFrequency")),
    )


def _read_local(value: object) -> datetime | None:
    """Return when a time of `LocalTime: true` has come everywhere: it is each participant's own local time."""
    naive = isinstance(value, str) and (read_moment(value) or read_moment(f"{value}Z"))
    return naive + LOCAL_TIME_SPREAD if naive else None


def read_application(entry: object) -> ListedApplication | None:
    """One Item of GetApps, or the answer of GetApp; None if it lacks its id."""
    if not isinstance(entry, dict) or (application_id := read_id(entry.get("Id"))) is None:
        return None
    return ListedApplication(application_id, read_text(entry.get("Name")))


class PinpointListings:
    """Pinpoint's three listings, read to their end as far as possible. No method raises; a Listing has its problem."""

    def __init__(self, client: "PinpointClient", *, clock: Callable[[], float], now: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._now = now
        self._default_page_size: set[str] = set()
        """Operations that refused PAGE_SIZE."""

    def runs(self, journey: JourneyKey) -> Listing[ObservedRun]:
        """GetJourneyRuns. A run may stand in it twice."""
        newest = self._now() + TOLERATED_SKEW
        return self._read(
            "get_journey_runs",
            {"ApplicationId": journey.container_id, "JourneyId": journey.journey_id},
            "JourneyRunsResponse",
            lambda entry: read_run(entry, newest=newest),
            doing=f"Listing the runs of {journey}",
        )

    def journeys(self, application_id: str) -> Listing[ListedJourney]:
        """ListJourneys."""
        return self._read(
            "list_journeys",
            {"ApplicationId": application_id},
            "JourneysResponse",
            read_journey,
            doing=f"Listing the journeys of application {application_id}",
        )

    def applications(self) -> Listing[ListedApplication]:
        """GetApps."""
        return self._read("get_apps", {}, "ApplicationsResponse", read_application, doing="Listing the applications")

    def application_name(self, application_id: str) -> str | None:
        """GetApp; None if the name cannot be had, which is no failure of anything."""
        try:
            answer = self._client.get_app(ApplicationId=application_id)
        except Exception:  # noqa: BLE001 - only a name
            return None
        found = read_application(answer.get("ApplicationResponse"))
        return found.name if found else None

    def _read(
        self,
        method: str,
        ids: Mapping[str, str],
        member: str,
        read_item: Callable[[object], Item | None],
        *,
        doing: str,
    ) -> Listing[Item]:
        def fetch(token: str | None) -> Page[Item]:
            try:
                answer = self._ask(method, {**ids, **({"Token": token} if token else {})})
            except Exception as error:
                # Anything: botocore's parser has no error of its own for an answer it cannot walk through.
                raise source_error(error, doing) from error
            body = answer.get(member) if isinstance(answer, dict) else None
            return page_of(body, read_item, entries="Item", following="NextToken", doing=doing)

        return read_pages(fetch, clock=self._clock)

    def _ask(self, method: str, arguments: Mapping[str, str]) -> object:
        call: Callable[..., object] = getattr(self._client, method)
        if method in self._default_page_size:
            return call(**arguments)
        try:
            return call(**arguments, PageSize=PAGE_SIZE)
        except Exception as error:
            if http_status_of(error) != HTTPStatus.BAD_REQUEST or "Token" in arguments:
                raise
            answer: object = call(**arguments)
            self._default_page_size.add(method)
            return answer
