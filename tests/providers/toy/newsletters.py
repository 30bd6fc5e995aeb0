"""RunSource for the issues of newsletters: the one file that a new provider costs. It knows nothing but the port."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from journey_watch.core.errors import SourceError
from journey_watch.core.provider import Provider
from journey_watch.core.runs import JourneyInfo, JourneyKey, Observation, ObservedRun, Status
from journey_watch.core.watch_list import ALL, WatchTarget
from journey_watch.ports import Discovery
from tests.providers.toy.newsletter_service import NewsletterService, RefusedError

NEWSLETTER: Final = Provider(
    name="newsletter",
    title="Newsletters",
    subject="Issue",
    journey_noun="newsletter",
    container_noun="publisher",
    container_field="publisher_id",
    journey_field="newsletter_id",
    run_field="issue_id",
    passes_through_running=True,
    arn_format="arn:{partition}:newsletters:{region}:{account}:{container}/{journey}",
    refusal_hint="",
    console_url_format="https://{console}/newsletters/{container}/{journey}?region={region}",
)
STATUSES: Final = {"draft": Status.SCHEDULED, "mailing": Status.RUNNING, "mailed": Status.COMPLETED}


class Newsletters:
    """Lists publishers, then what each publishes, then the issues of one newsletter after the other."""

    provider = NEWSLETTER
    batch_size = 2
    throttles = 0

    def __init__(self, service: NewsletterService) -> None:
        self._service = service
        self._known: dict[str, dict[str, str]] = {}
        """What was listed last, by publisher: still polled while it cannot be listed again."""

    def discover(self, targets: Sequence[WatchTarget]) -> Discovery:
        failures: dict[str, SourceError] = {}
        journeys: dict[JourneyKey, JourneyInfo] = {}
        incomplete: set[str] = set()
        containers: set[str] = set()
        for target in targets:
            of_target: dict[str, SourceError] = {}
            for publisher in self._publishers(target, of_target):
                containers.add(publisher)
                titles = self._titles(publisher, of_target)
                ids = titles if target.lists_journeys else target.journey_ids
                keys = (JourneyKey(publisher, id_) for id_ in ids)
                journeys |= {key: JourneyInfo(name=titles.get(key.journey_id)) for key in keys}
            if target.lists_journeys:
                failures |= of_target
                incomplete |= set(of_target)
        return Discovery(journeys, frozenset(incomplete), frozenset(containers), failures)

    def _publishers(self, target: WatchTarget, failures: dict[str, SourceError]) -> Iterable[str]:
        if target.container_id != ALL:
            return [target.container_id]
        try:
            return self._service.list_publishers()
        except RefusedError as error:
            failures[ALL] = _refusal(error)
            return list(self._known)

    def _titles(self, publisher: str, failures: dict[str, SourceError]) -> Mapping[str, str]:
        try:
            self._known[publisher] = self._service.list_newsletters(publisher)
        except RefusedError as error:
            failures[publisher] = _refusal(error)
        return self._known.get(publisher, {})

    def counters(self, journey: JourneyKey, run_id: str) -> Mapping[str, str]:  # noqa: ARG002 - it counts nothing
        return {}

    def observe(self, journeys: Sequence[JourneyKey]) -> Mapping[JourneyKey, Observation | SourceError]:
        return {journey: self._observe(journey) for journey in journeys}

    def _observe(self, journey: JourneyKey) -> Observation | SourceError:
        try:
            issues, more = self._service.list_issues(journey.journey_id)
        except RefusedError as error:
            return _refusal(error)
        runs = tuple(ObservedRun(id_, STATUSES.get(state, Status.UNKNOWN), state) for id_, state in issues.items())
        return Observation(journey, runs, complete=not more, problem="there are more" if more else None)


def _refusal(error: RefusedError) -> SourceError:
    return SourceError(str(error), code="Refused", absent=True)
