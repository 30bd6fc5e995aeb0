"""What `python -m tools.deploy_over` says of what recipients were told."""

import json
from collections.abc import Sequence

import pytest
from click.testing import CliRunner

from local_cloud.inbox import Delivery
from tools.deploy_over import main, what_is_wrong

RUNS = ("running-now", "owed-now", "running-back", "owed-back")
WHOLE = [(run, status) for run in RUNS for status in ("RUNNING", "COMPLETED")]


def deliveries(to_a_queue: Sequence[tuple[str, str]], to_a_person: Sequence[tuple[str, str]]) -> list[Delivery]:
    def delivery(protocol: str, body: str) -> Delivery:
        return Delivery(0.0, "topic", "message", protocol, "endpoint", "subject", body, {})

    bodies = [
        json.dumps({"id": f"{run}/{status}", "detail": {"run_id": run, "status": status}}) for run, status in to_a_queue
    ]
    mails = [f"Alert id {run}/{status}" for run, status in to_a_person]
    return [*(delivery("sqs", body) for body in bodies), *(delivery("email", mail) for mail in mails)]


def test_each_run_told_from_its_beginning_to_its_end_is_right() -> None:
    assert what_is_wrong(deliveries(WHOLE, WHOLE)) == []


@pytest.mark.parametrize(
    ("told", "story"),
    [
        (WHOLE[1:], "COMPLETED"),
        (WHOLE[2:], "nothing"),
        ([*WHOLE, WHOLE[0]], "RUNNING, COMPLETED, RUNNING"),
        ([WHOLE[1], WHOLE[0], *WHOLE[2:]], "COMPLETED, RUNNING"),
    ],
    ids=["half is lost", "all is lost", "repeated", "out of order"],
)
def test_what_is_lost_repeated_or_out_of_order_is_named_with_its_recipient(
    told: list[tuple[str, str]], story: str
) -> None:
    assert what_is_wrong(deliveries(WHOLE, told)) == [f"A person was told of running-now: {story}"]
    assert f"A queue was told of running-now: {story}" in what_is_wrong(deliveries(told, told))


def test_a_mail_about_something_else_is_wrong() -> None:
    assert what_is_wrong(deliveries(WHOLE, [*WHOLE, ("another", "RUNNING")])) == [
        "A person was told of something else: ?"
    ]


def test_a_revision_that_is_not_there_is_no_finding() -> None:
    done = CliRunner().invoke(main, ["no-such-revision"])
    assert done.exit_code == 2
    assert "no-such-revision" in done.stderr
