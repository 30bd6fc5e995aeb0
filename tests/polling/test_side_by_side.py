"""Calls side by side: whatever of them ends in time counts, and one that does not is not waited for."""

import threading
from collections.abc import Callable, Sequence

import pytest

from journey_watch.polling import side_by_side as module
from journey_watch.polling.side_by_side import side_by_side


def gives(*values: int) -> Callable[[], Sequence[int]]:
    return lambda: values


def test_all_that_the_tasks_give_comes() -> None:
    assert sorted(side_by_side([gives(1, 2), gives(), gives(3)], name="test")) == [1, 2, 3]


def test_task_that_hangs_is_not_waited_for_and_one_that_has_not_begun_never_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "WORKERS", 1)
    begun: list[str] = []
    answers = threading.Event()

    def hangs() -> Sequence[int]:
        begun.append("hangs")
        answers.wait(60)
        return [2]

    def late() -> Sequence[int]:
        begun.append("late")
        return [3]

    assert list(side_by_side([gives(1), hangs, late], patience=1, name="test")) == [1]
    answers.set()
    for thread in threading.enumerate():
        if thread.name.startswith("test_"):
            thread.join()
    assert begun == ["hangs"]


def test_what_a_task_raises_is_raised() -> None:
    def breaks() -> Sequence[int]:
        raise RuntimeError("nobody thought of this")

    with pytest.raises(RuntimeError, match="nobody"):
        list(side_by_side([breaks], name="test"))
