"""No alert is lost, and none is sent twice for one change except after a crash: under any mix of troubles.

Each example is a script of minutes. In each minute runs change, and the poll may meet a crash before or after any of
its writes or sends, another invocation in the middle of it, a channel that refuses or whose answer is lost, a stale or
cut listing. Afterwards the troubles end, and what people were told must be the whole story, once.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from journey_watch.core.runs import JourneyKey, Status
from tests.core.builders import LANE
from tests.polling.scripted import Crash, PollHarness

JOURNEYS = (JourneyKey("app-1", "a"), JourneyKey("app-1", "b"))
NEXT = {
    None: [Status.SCHEDULED, Status.RUNNING, Status.CANCELLED],
    Status.SCHEDULED: [Status.RUNNING, Status.CANCELLED, Status.COMPLETED],
    Status.RUNNING: [Status.PAUSED, Status.COMPLETED, Status.CANCELLED],
    Status.PAUSED: [Status.RUNNING, Status.COMPLETED, Status.CANCELLED],
}

changes = st.lists(
    st.tuples(st.sampled_from(JOURNEYS), st.sampled_from(["r1", "r2", "r3"]), st.integers(0, 2)), max_size=3
)
failures_by_scope = st.one_of(
    st.just(("none", 0)),
    st.tuples(st.sampled_from(["crash before", "crash after", "overlap before", "overlap after"]), st.integers(0, 5)),
    st.tuples(st.sampled_from(["crash after sending", "refuse", "lost answer", "stale", "cut"]), st.integers(0, 2)),
)
scripts = st.lists(st.tuples(changes, failures_by_scope), min_size=1, max_size=8)


class FaultScript:
    """A harness in which a script of faults is played; counts how often each alert may have been repeated."""

    def __init__(self, digest_over: int) -> None:
        self.harness = PollHarness()
        self.harness.config = replace(self.harness.config, digest_over=digest_over)
        for journey in JOURNEYS:
            self.harness.source.runs[journey] = {}
        self.harness.poll()
        self.allowed_repeats: Counter[str] = Counter()
        self.past = [self.harness.source.snapshot()]
        self.lived: dict[tuple[JourneyKey, str], list[str]] = defaultdict(list)

    def change(self, journey: JourneyKey, run_id: str, choice: int) -> None:
        held = self.harness.source.runs[journey].get(run_id)
        choices = NEXT.get(held.status if held else None, [])
        if choices:
            status = choices[choice % len(choices)]
            self.harness.source.set(journey, run_id, status)
            self.lived[journey, run_id].append(status)

    def minute(self, trouble: str, number: int) -> None:
        self.harness.clock.advance(minutes=1)
        told_before = len(self.harness.channel.told)
        self._prepare(trouble, number)
        try:
            self.harness.poll()
        except Crash:
            pass
        finally:
            self._repair()
        if trouble.startswith("crash") or trouble == "lost answer":
            self.allowed_repeats.update(detail["id"] for detail in self.harness.channel.told[told_before:])

    def _prepare(self, trouble: str, number: int) -> None:
        harness = self.harness
        match trouble:
            case "crash before":
                harness.store.before = self._at(number, self._crash)
            case "crash after":
                harness.store.after = self._at(number, self._crash)
            case "overlap before":
                harness.store.before = self._at(number, self._second_invocation)
            case "overlap after":
                harness.store.after = self._at(number, self._second_invocation)
            case "crash after sending":
                harness.store.before = lambda name: self._crash() if name == "acknowledge" else None
            case "refuse":
                harness.channel.refuse = lambda alert: hash(alert.thread) % 3 == number
            case "lost answer":
                harness.channel.answers = False
            case "stale":
                harness.source.shown_instead = [self.past[max(0, len(self.past) - 2 - number)]] * 2
            case "cut":
                harness.source.incomplete.add(JOURNEYS[number % 2])

    def _at(self, number: int, action: Callable[[], None]) -> Callable[[str], None]:
        left = [number]

        def count(_: str) -> None:
            left[0] -= 1
            if left[0] == -1:
                action()

        return count

    def _crash(self) -> None:
        raise Crash

    def _second_invocation(self) -> None:
        self.harness.poll()

    def _repair(self) -> None:
        self.harness.store.before = self.harness.store.after = lambda _: None
        self.harness.channel.refuse = lambda _: False
        self.harness.channel.answers = True
        self.harness.source.shown_instead = []
        self.harness.source.incomplete = set()

    def play(self, script: list[tuple[list[tuple[JourneyKey, str, int]], tuple[str, int]]]) -> None:
        for new_changes, (trouble, number) in script:
            self.past.append(self.harness.source.snapshot())
            self.harness.clock.advance(seconds=1)
            for journey, run_id, choice in new_changes:
                self.change(journey, run_id, choice)
            self.minute(trouble, number)
        # Two quiet polls: one may still find a lease of a crashed invocation alive.
        self.minute("none", 0)
        self.minute("none", 0)


@settings(max_examples=400, deadline=None)
@given(scripts, st.sampled_from([1, 10]))
def test_every_change_is_told_once_and_in_an_unbroken_chain(
    script: list[tuple[list[tuple[JourneyKey, str, int]], tuple[str, int]]], digest_over: int
) -> None:
    faults = FaultScript(digest_over)
    faults.play(script)

    told: dict[tuple[str, str], dict[str, dict[str, Any]]] = defaultdict(dict)
    # A stale reading may hide a live run for long enough to make it MISSING: true to what was seen, and no change.
    for detail in (one for one in faults.harness.channel.told if "condition" not in one):
        told[detail["journey_id"], detail["run_id"]][detail["id"]] = detail

    for journey in JOURNEYS:
        for run_id, run in faults.harness.source.runs[journey].items():
            story = sorted(told[journey.journey_id, run_id].values(), key=lambda detail: detail["sequence"])
            links = [(detail["previous_status"], detail["status"]) for detail in story]
            assert links, f"{run_id} was never told"
            assert links[0][0] is None
            assert all(before[1] == after[0] for before, after in pairwise(links)), links
            assert links[-1][1] == run.status
            lived = iter(faults.lived[journey, run_id])
            assert all(status in lived for _, status in links), (
                "something was told that never happened, or out of order"
            )

    repeats = Counter(detail["id"] for detail in faults.harness.channel.told)
    assert all(count - 1 <= faults.allowed_repeats[alert_id] for alert_id, count in repeats.items())
    owed = [state.undelivered for state in faults.harness.store.load(LANE).journeys.values()]
    assert not any(owed)
