"""Who did it: asked of CloudTrail after everything else of a poll, at growing intervals, and told in the same thread.

A search is stored in the commit that saved the change. It ends in one conditional commit, which drops it and adds
the alert with the answer: so there is one answer to each alert, whoever dies or overlaps. In between nothing is
written, unless there are more calls than one poll reads: then the search stores how far back they were read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
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
    time_of,
)
from journey_watch.core.commit_plan import PreparedAlert
from journey_watch.core.errors import SourceError
from journey_watch.core.runs import JourneyInfo, JourneyKey, JourneyState, Scope
from journey_watch.core.searches import Search
from journey_watch.messages.attributed import attributed_alert
from journey_watch.polling.committing import ChangeCommitter
from journey_watch.polling.poll_context import PollContext
from journey_watch.polling.side_by_side import side_by_side
from journey_watch.polling.side_tasks import SideTasks
from journey_watch.ports import CallHistory

PAGES_OF_A_NAME: Final = 4
"""Read in one poll, of fifty calls each, newest first; the next poll goes on where this one stopped."""
SECONDS_FOR_A_CALL: Final = 5.0
"""Nothing is asked any more with less than this, beside what sending takes: answers are committed and sent."""
PATIENCE_SECONDS: Final = 10.0
"""A call that hangs is not waited for any longer, if there is so much time: whoever does not hear of it asks again."""
_NOT_RECORDED: Final = "CloudTrail has recorded no call that matches it by id, kind and time."
_NO_TIME: Final = "The last poll of the search had no time left to wait for CloudTrail's answer."
_SINCE_EVER: Final = datetime.min.replace(tzinfo=UTC)

logger = Logger(child=True)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What CloudTrail has said about one name of calls."""

    name: str
    calls: Sequence[RecordedCall]
    read_from: datetime | None
    """Every recorded call of the name since then was read, up to the end of the windows; None if nothing was."""
    more: bool = False
    """There are more calls than one poll reads."""
    refusal: SourceError | None = None


@dataclass(frozen=True, slots=True)
class _Answers:
    """What CloudTrail has said in one poll, by name of calls. It has not answered about a name that is missing."""

    by_name: Mapping[str, _Answer]

    def of(self, search: Search) -> list[_Answer]:
        return [self.by_name[name] for name in search.window.names if name in self.by_name]

    def read_from(self, search: Search) -> datetime | None:
        """Since when all calls that a search is about were read; None if those of one name were not."""
        times = [answer.read_from for answer in self.of(search) if answer.read_from is not None]
        return max(times) if len(times) == len(search.window.names) else None

    def cover(self, search: Search) -> bool:
        """True if the whole window of a search was read, in this poll and in those before it."""
        read_from = self.read_from(search)
        return read_from is not None and read_from < search.window.earliest

    def calls(self, search: Search, *, all_read: bool) -> list[RecordedCall]:
        """The calls to choose from. A call may be unread that is later than one before `read_from`."""
        since = _SINCE_EVER if all_read else self.read_from(search)
        return [call for answer in self.of(search) for call in answer.calls if since is not None and call.time >= since]

    def advanced(self, search: Search) -> Search:
        """The search, with how far back its calls were read in vain if they are more than one poll reads."""
        read_from = self.read_from(search)
        if self.cover(search):
            return replace(search, read_to=None)  # the next time it begins anew: records come late
        if read_from is None or read_from >= search.unread_until or not any(answer.more for answer in self.of(search)):
            return search
        return replace(search, read_to=read_from)

    def reason(self, search: Search) -> str:
        """Why no call was found."""
        if self.cover(search):
            return _NOT_RECORDED
        for answer in self.of(search):
            if answer.refusal is not None:
                return str(answer.refusal)
            if answer.more:
                return f"CloudTrail has more calls of {answer.name} than could be read."
        return _NO_TIME


def attribute(
    states: Mapping[Scope, JourneyState], context: PollContext, committer: ChangeCommitter, side_tasks: SideTasks
) -> list[PendingDelivery]:
    """Ask about what is due, end what is found or over; returns what is to be told. Never raises.

    `states` are those that were loaded. What this poll has stored since then counts instead: otherwise the search of a
    journey that changes in every poll would never end.
    """
    if context.call_history is None or context.provider.calls is None:
        return []
    with side_tasks.attempt("who did it could not be looked up"):
        return _Attributing(context, committer, side_tasks, context.call_history, context.provider.calls).run(
            {**states, **committer.stored}
        )
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
            found = {one: self._explanation(one, journey, answers) for one in searches}
            ended = {one: call for one, call in found.items() if call or self._is_ended(one, answers)}
            left = {one: answers.advanced(one) for one in searches if one not in ended}
            advanced = {one: further for one, further in left.items() if further != one}
            if (ended or advanced) and self.context.time_budget.may_send:
                with self.side_tasks.attempt("who did it could not be saved", journey=str(journey)):
                    pending += self._end(journey, states[journey], ended, answers, advanced)
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
        names = dict.fromkeys(name for one in searches for name in one.window.names)
        by_name = {name: [one for one in searches if name in one.window.names] for name in names}
        time_left = self.context.time_budget.sending_seconds - SECONDS_FOR_A_CALL / 2
        answers: dict[str, _Answer] = {}
        for answer in side_by_side(
            [partial(self._read, name, of_name) for name, of_name in by_name.items()],
            patience=max(0.0, min(PATIENCE_SECONDS, time_left)),
            name="attribute",
        ):
            answers[answer.name] = answer
            if answer.refusal is not None:
                self.side_tasks.failed += 1
                reason, code = str(answer.refusal), answer.refusal.code
                logger.warning("CloudTrail did not say who did it", reason=reason, code=code)
            if answer.more:
                logger.info("CloudTrail has more calls than one poll reads", call=answer.name)
        return _Answers(answers)

    def _read(self, name: str, searches: Sequence[Search]) -> Sequence[_Answer]:
        """Read the calls of a name, newest first, up to PAGES_OF_A_NAME."""
        earliest = min(one.window.earliest for one in searches)
        until = max(one.unread_until for one in searches)
        calls: list[RecordedCall] = []
        read_from: datetime | None = None
        token: str | None = None
        for _ in range(PAGES_OF_A_NAME):
            if not self._has_time:
                return [_Answer(name, calls, read_from)]
            try:
                events, token = self.history.page(name, earliest, until, token)
            except SourceError as refusal:
                return [_Answer(name, calls, read_from, refusal=refusal)]
            except Exception as error:
                logger.exception("looking up who did it broke", call=name)
                broken = SourceError(f"Looking up {name} broke: {error!r}", code=type(error).__name__)
                return [_Answer(name, calls, read_from, refusal=broken)]
            calls += filter(None, map(read_call, events))
            if token is None:
                return [_Answer(name, calls, _SINCE_EVER)]
            read_from = min(filter(None, map(time_of, events)), default=read_from)
        # Times are whole seconds: one that has more calls than a poll reads must not stop the search.
        return [_Answer(name, calls, min(read_from or until, until - timedelta(seconds=1)), more=True)]

    # Ending

    def _is_ended(self, search: Search, answers: _Answers) -> bool:
        """True if nothing is looked for any more, although nothing was found."""
        over = is_over(search, self.context.now(), after=self._after)
        return over and (answers.cover(search) or self._is_hopeless(search))

    def _is_hopeless(self, search: Search) -> bool:
        return is_hopeless(search, self.context.now(), after=self._after)

    def _explanation(self, search: Search, journey: JourneyKey, answers: _Answers) -> RecordedCall | None:
        calls = answers.calls(search, all_read=self._is_hopeless(search))
        return explanation(search.window, journey, calls, self.calls)

    def _end(
        self,
        journey: JourneyKey,
        state: JourneyState,
        ended: Mapping[Search, RecordedCall | None],
        answers: _Answers,
        advanced: Mapping[Search, Search],
    ) -> Sequence[PendingDelivery]:
        """Commit what was found out about a journey, that it is no longer looked for, and how far the others are."""
        explained = self.context.store.alerts(self.context.lane, journey, [one.sort_key for one in ended])
        searches = tuple(advanced.get(one, one) for one in state.searches if one not in ended)
        events = [
            self._answer(search, explained.get(search.sort_key), call, reason=answers.reason(search))
            for search, call in ended.items()
        ]
        committed = self.committer.commit(journey, state, events, replace(state, searches=searches), JourneyInfo())
        for alert in committed.alerts:
            said = "found out who did it" if alert.detail["found"] else "nobody was found who did it"
            logger.info(said, journey=str(journey), explains=alert.detail["explains"])
        committed.check()
        return committed.pending

    def _answer(
        self, search: Search, explained: Alert | None, call: RecordedCall | None, *, reason: str
    ) -> PreparedAlert:
        """Prepare the alert that ends a search. If the explained alert has expired, the search ends without one."""
        if explained is None:
            return PreparedAlert(build=lambda _: None, ended_search=search)
        actor = self._actor(call, explained)
        build = partial(self._alert, search, explained, call, actor, reason=reason)
        return PreparedAlert(build=build, ended_search=search)

    def _actor(self, call: RecordedCall | None, explained: Alert) -> Actor | None:
        actor = None if call is None else actor_of(call, self.calls)
        if actor is not None and self.context.config.attribution is Attribution.ON:
            actor = self._named(actor, explained.journey.container_id)
        return actor

    def _alert(
        self,
        search: Search,
        explained: Alert,
        call: RecordedCall | None,
        actor: Actor | None,
        sequence: int,
        *,
        reason: str,
    ) -> Alert:
        names = self.context.config.attribution is Attribution.ON
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
            reason=reason,
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
