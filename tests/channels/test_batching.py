"""The one rule of all channels that send batches: a later alert of a thread never overtakes an earlier one."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from hypothesis import given
from hypothesis import strategies as st

from journey_watch.channels.batching import HELD_BACK, BatchingNotifier
from journey_watch.core.alerts import Alert
from tests.messages.alert_builders import alert


class Carrier(BatchingNotifier[str]):
    """Sends ids. An entry is as large as the run's id says."""

    service: ClassVar[str] = "The carrier"
    max_bytes: ClassVar[int] = 10
    max_entries = 3

    def __init__(self, refuses: Callable[[str], bool] = lambda _: False) -> None:
        self.refuses = refuses
        self.calls: list[list[str]] = []

    def prepare(self, alert: Alert) -> tuple[str, int]:
        return alert.id, int(alert.detail["run_id"].partition("-")[0])

    def send(self, entries: Sequence[str]) -> Sequence[str | None]:
        self.calls.append(list(entries))
        return ["refused" if self.refuses(entry) else None for entry in entries]

    @property
    def sent(self) -> list[str]:
        return [entry for call in self.calls for entry in call]


def of(run: str, *sequences: int) -> list[Alert]:
    return [alert(run_id=run, sequence=sequence) for sequence in sequences]


def test_a_call_is_full_by_number_or_by_size() -> None:
    carrier = Carrier()
    many = [one for run in ("1-a", "1-b", "1-c", "1-d", "9-e", "2-f") for one in of(run, 1)]

    assert carrier.publish(many) == {}
    assert [len(call) for call in carrier.calls] == [3, 2, 1]
    assert carrier.sent == [one.id for one in many]


def test_what_cannot_be_prepared_or_is_too_large_is_never_sent_and_holds_back_its_thread() -> None:
    carrier = Carrier()
    unreadable, large, fine = of("x", 1, 2), of("11-l", 1, 2), of("1-a", 1)

    reasons = carrier.publish([*unreadable, *large, *fine])

    assert carrier.sent == [fine[0].id]
    assert "cannot be read by this version" in reasons[unreadable[0].id]
    assert reasons[large[0].id] == "It takes 11 bytes; The carrier accepts 10."
    assert reasons.keys() == {one.id for one in (*unreadable, *large)}


@given(st.lists(st.tuples(st.sampled_from(["1-a", "2-b", "4-c"]), st.booleans()), max_size=12))
def test_whatever_is_refused_nothing_overtakes_it(script: list[tuple[str, bool]]) -> None:
    alerts = [alert(run_id=run, sequence=number) for number, (run, _) in enumerate(script)]
    refused = {one.id for one, (_, refuse) in zip(alerts, script, strict=True) if refuse}
    carrier = Carrier(refuses=refused.__contains__)

    reasons = carrier.publish(alerts)

    for run in ("1-a", "2-b", "4-c"):
        thread = [one.id for one in alerts if one.detail["run_id"] == run]
        accepted = [id_ for id_ in thread if id_ not in reasons]
        first = next((at for at, id_ in enumerate(thread) if id_ in refused), len(thread))
        assert accepted == thread[:first]
        assert all(reasons[id_] == HELD_BACK for id_ in thread[first + 1 :])
    assert all(len(call) <= Carrier.max_entries for call in carrier.calls)
    # In one call the later of a thread might be accepted alone.
    run_of = {one.id: one.detail["run_id"] for one in alerts}
    assert all(len({run_of[id_] for id_ in call}) == len(call) for call in carrier.calls)
