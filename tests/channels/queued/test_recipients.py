"""The environment names the queues, the bundle describes their recipients."""

from typing import Any, Final

import pytest

from journey_watch.channels.queued.recipients import recipients_by_queue
from journey_watch.core.errors import ConfigurationError

HERE: Final = "arn:aws:sqs:eu-west-1:111122223333:"
TEXT: Final = f"{HERE} 0a=first 0b=second.fifo"


def test_each_queue_has_its_recipient_whatever_the_order() -> None:
    described: dict[str, dict[str, Any]] = {"QUEUES": {"0b": {"secret": "two"}, "0a": "one"}, "OTHERS": {"0a": "wrong"}}

    assert recipients_by_queue({"QUEUES": TEXT}, "QUEUES", described) == {
        f"{HERE}first": "one",
        f"{HERE}second.fifo": {"secret": "two"},
    }


def test_a_queue_that_the_bundle_does_not_know_has_no_recipient() -> None:
    """While a stack is updated: its alerts wait, and nobody gets what is for somebody else."""
    assert recipients_by_queue({"QUEUES": TEXT}, "QUEUES", {"QUEUES": {"0b": "two"}}) == {f"{HERE}second.fifo": "two"}
    assert recipients_by_queue({"QUEUES": TEXT}, "QUEUES", {}) == {}


@pytest.mark.parametrize("text", ["", f"{HERE} first", f"{HERE} 0a=first 0a=second"])
def test_a_variable_that_is_no_list_of_queues_is_named(text: str) -> None:
    with pytest.raises(ConfigurationError, match="QUEUES"):
        recipients_by_queue({"QUEUES": text}, "QUEUES", {})
