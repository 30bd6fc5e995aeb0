"""Who did it: asked of CloudTrail after everything else of a poll, at growing intervals, and told in the same thread.

A search is remembered in the commit that saved the change. It ends in one conditional commit, which drops it and adds
the alert with the answer: so there is one answer to each alert, whoever dies or overlaps. In between nothing is
written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Final

from aws_lambda_powertools import Logger

from journey_watch.core.alerts import Alert, PendingDelivery
from journey_watch.core.attribution import (
    Actor,
    ActorKind,
    Attribution,
    ManagementCalls,
    RecordedCall,
    actor_of,
    explanation,
    is_due,
    is_hopeless,
    is_over,
    read_call,
)
from journey_watch.core.errors import SourceError
from journey_watch.core.runs import JourneyInfo, JourneyKey, JourneyState, Scope
from journey_watch.core.searches import CallWindow, Search
from journey_watch.core.transitions import StateChange
from journey_watch.messages.attributed import attributed_alert
from journey_watch.polling.committing import ChangeCommitter
from journey_watch.polling.poll_context import PollContext
from journey_watch.polling.side_by_side import side_by_side
from journey_watch.polling.side_tasks import SideTasks
from journey_watch.ports import CallHistory, CommitResult

PAGES_OF_A_NAME: Final = 4
"""Of fifty calls each, the newest. One is enough but in a storm; a provider has five names of calls at most."""
SECONDS_FOR_A_CALL: Final = 5.0
"""Nothing is asked any more with less than this, beside what sending takes: answers are committed and sent."""
PATIENCE_SECONDS: Final = 10.0
"""A call that hangs is not waited for any longer, if there is so much time: whoever does not hear of it asks again."""
_NOT_RECORDED: Final = "CloudTrail has recorded no call that matches it by id, kind and time."

logger = Logger(child=True)


@dataclass(slots=True)
class _Answers:
    """What CloudTrail has said in this poll."""

    recorded: list[RecordedCall] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    """Names of which it has answered."""
    refusal: SourceError | None = None
    """Why it has not answered."""


def attribute(
    states: Mapping[Scope, JourneyState], context: PollContext, committer: ChangeCommitter, side_tasks: SideTasks
) -> list[PendingDelivery]:
    """Ask about what is due, end what is found or over; returns what is to be told. Never raises.

    `states` are those that were loaded: if something was committed since then, the search ends in the next poll.
    """
    if context.call_history is None or context.provider.calls is None:
        return []
    with side_tasks.attempt("who did it could not be looked up"):
        return _Attributing(context, committer, side_tasks, context.call_history, context.provider.calls).run(states)
    return []


@dataclass(frozen=True, slots=True)
class _Attributing:
    """The searches of one lane in one poll."""

    context: PollContext
    committer: ChangeCommitter
    side_tasks: SideTasks
    history: CallHistory
    calls: ManagementCalls

    def run(self, states: Mapping[Scope, JourneyState]) -> list[PendingDelivery]:
        due = {
            journey: searches
            for journey, state in states.items()
            if isinstance(journey, JourneyKey) and (searches := [one for one in state.searches if self._is_due(one)])
        }
        if not due:
            return []
        answers = self._ask([one for searches in due.values() for one in searches])
        pending: list[PendingDelivery] = []
        for journey, searches in due.items():
            found = {one: explanation(one.window, journey, answers.recorded, self.calls) for one in searches}
            ended = {one: call for one, call in found.items() if call or self._is_ended(one, answers)}
            if ended and self.context.time_budget.may_send:
                with self.side_tasks.attempt("who did it could not be saved", journey=str(journey)):
                    pending += self._end(journey, states[journey], ended, answers)
        return pending

    @property
    def _after(self) -> timedelta:
        return timedelta(seconds=self.context.config.attribution_after_seconds)

    @property
    def _has_time(self) -> bool:
        return self.context.time_budget.sending_seconds > SECONDS_FOR_A_CALL

    def _is_due(self, search: Search) -> bool:
        interval = timedelta(seconds=self.context.config.every_seconds)
        return is_due(search, self.context.now(), after=self._after, interval=interval)

    # Asking

    def _ask(self, searches: Sequence[Search]) -> _Answers:
        """One look-up for each name of calls, for all journeys of the lane together."""
        answers = _Answers()
        names = dict.fromkeys(name for one in searches for name in one.window.names)
        windows = {name: [one.window for one in searches if name in one.window.names] for name in names}
        time_left = self.context.time_budget.sending_seconds - SECONDS_FOR_A_CALL / 2
        for read in side_by_side(
            [partial(self._read, name, of_name) for name, of_name in windows.items()],
            patience=max(0.0, min(PATIENCE_SECONDS, time_left)),
            name="attribute",
        ):
            if isinstance(read, SourceError):
                answers.refusal = read
                self.side_tasks.failed += 1
                logger.warning("CloudTrail did not say who did it", reason=str(read), code=read.code)
            elif isinstance(read, str):
                answers.asked.add(read)
            else:
                answers.recorded.append(read)
        return answers

    def _read(self, name: str, windows: Sequence[CallWindow]) -> Sequence[RecordedCall | str | SourceError]:
        """The calls of a name, newest first, then the name itself if CloudTrail has answered; or why it has not."""
        read: list[RecordedCall | str | SourceError] = []
        earliest, latest = min(one.earliest for one in windows), max(one.latest for one in windows)
        token: str | None = None
        for _ in range(PAGES_OF_A_NAME):
            if not self._has_time:
                return read
            try:
                events, token = self.history.page(name, earliest, latest, token)
            except SourceError as refusal:
                return [*read, refusal]
            except Exception as error:
                logger.exception("looking up who did it broke", call=name)
                return [*read, SourceError(f"Looking up {name} broke: {error!r}", code=type(error).__name__)]
            read += filter(None, map(read_call, events))
            if token is None:
                return [*read, name]
        return [*read, SourceError(f"CloudTrail has more calls of {name} than are read.", code="TooManyCalls")]

    # Ending

    def _is_ended(self, search: Search, answers: _Answers) -> bool:
        """True if nothing is looked for any more, although nothing was found."""
        now = self.context.now()
        answered = answers.asked.issuperset(search.window.names)
        return is_over(search, now, after=self._after) and (answered or is_hopeless(search, now, after=self._after))

    def _end(
        self,
        journey: JourneyKey,
        state: JourneyState,
        ended: Mapping[Search, RecordedCall | None],
        answers: _Answers,
    ) -> Sequence[PendingDelivery]:
        """Commit what was found out about a journey, and that it is no longer looked for."""
        explained = self.context.store.alerts(self.context.lane, journey, [one.sort_key for one in ended])
        searches = tuple(one for one in state.searches if one not in ended)
        moved = replace(state, version=state.version + 1, searches=searches)
        alerts = [
            self._alert(search, alert, call, moved.version, answers)
            for search, call in ended.items()
            if (alert := explained.get(search.sort_key)) is not None
        ]
        committed = self.committer.commit(StateChange(journey, state.version, moved), JourneyInfo(), alerts)
        for alert in alerts:
            said = "found out who did it" if alert.detail["found"] else "nobody was found who did it"
            about = {"journey": str(journey), "explains": alert.detail["explains"]}
            logger.info(said, **about, result=committed.result.name)
        return committed.pending if committed.result is CommitResult.DONE else ()

    def _alert(
        self, search: Search, explained: Alert, call: RecordedCall | None, sequence: int, answers: _Answers
    ) -> Alert:
        names = self.context.config.attribution is Attribution.ON
        actor = None if call is None else actor_of(call, self.calls)
        if actor is not None and names:
            actor = self._named(actor, explained.journey.container_id)
        about = explained.detail.get(f"{self.context.provider.journey_noun}_name")
        unwanted = {*self.context.config.unattributed, *search.unattributed}
        told = tuple(one for one in explained.recipients if one not in unwanted)
        answer = attributed_alert(
            explained,
            self.context.alert(explained.journey, JourneyInfo()),
            call=call,
            actor=actor,
            names=names,
            sequence=sequence,
            muted_by=self.committer.muted_by(explained.journey, JourneyInfo(about)),
            reason=_NOT_RECORDED if answers.refusal is None else str(answers.refusal),
            told=bool(told),
        )
        return answer.routed_to(told)

    def _named(self, actor: Actor, container_id: str) -> Actor:
        """A user of the provider's own site by their name; by their id if that cannot be had."""
        if actor.kind is not ActorKind.SITE_USER or actor.name is None or not self._has_time:
            return actor
        with self.side_tasks.attempt("a user's name could not be read"):
            return replace(actor, name=self.history.user_name(container_id, actor.name) or actor.name)
        return actor
