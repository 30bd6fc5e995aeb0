"""The promise, kept by the real stack: what a poll costs, and what is told when it is killed, cut off or overlapped."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from journey_watch.core.mutes import Mute
from local_cloud.fault_proxy import Fault, Harm
from local_cloud.waiting import eventually
from tests.integration.deployed_poller import LANE, DeployedPoller

pytestmark = pytest.mark.integration

CONFIG: Final = """
name = "journey-watch-test"
keep_data = false

[[watch]]
provider = "pinpoint"
application_id = "*"
unreachable_after = "1s"

[alerts]
email = [{ to = "everyone@example.com", min_severity = "info" }]

[ops]
email = ["oncall@example.com"]
"""
SCENARIO: Final = """
[[application]]
id = "shop"
    [[application.journey]]
    id = "welcome"
    run = [{ id = "r-1", status = "RUNNING" }]

    [[application.journey]]
    id = "old"
    [[application.journey.history]]
    runs = 1000
    id = "old-{n}"
"""
ONE_OF_TWO_ACCEPTED: Final = b"""\
<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult>
<Successful><member><Id>0</Id><MessageId>m-0</MessageId></member></Successful>
<Failed><member><Id>1</Id><Code>InternalError</Code><SenderFault>false</SenderFault></member></Failed>
</PublishBatchResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishBatchResponse>"""

names = (f"run-{number:03}" for number in itertools.count(1))
"""Of runs. In the order of the alphabet: of two that change at once, the first is told first."""


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedPoller]:
    """The stack, deployed once for all tests here, after its first look."""
    files = tmp_path_factory.mktemp("deployed")
    config, scenario = files / "config.toml", files / "scenario.toml"
    config.write_text(CONFIG, encoding="utf-8")
    scenario.write_text(SCENARIO, encoding="utf-8")
    with DeployedPoller.deployed(config=config, scenario=scenario) as poller:
        assert not poller.poll().failed
        yield poller


@pytest.fixture
def poller(deployed: DeployedPoller) -> Iterator[DeployedPoller]:
    """With nothing counted, nothing broken and nothing owed."""
    deployed.mend()
    yield deployed
    deployed.mend()
    deployed.control("DELETE", "/faults")
    deployed.let_leases_end()
    deployed.poll()


def cancelled_run(poller: DeployedPoller) -> str:
    """Let a run appear that was cancelled already: one alert. Its id is new."""
    run = next(names)
    place = {"application": "shop", "journey": "welcome", "run": run}
    poller.control("POST", "/events", {"kind": "run_starts", "status": "CANCELLED", **place})
    return run


def test_a_poll_of_an_unchanged_world_reads_twice_and_writes_and_sends_nothing(poller: DeployedPoller) -> None:
    poller.poll()
    poller.mend()
    answer = poller.poll()

    assert (answer.failed, answer.body["JourneysPolled"]) == (False, 2)
    assert poller.dynamodb.counts == {"Query": 2}  # the lane, and the operators' mutes
    assert not poller.sns.counts.keys() & {"Publish", "PublishBatch"}


def test_a_thousand_old_runs_are_no_news_and_leave_a_small_state(poller: DeployedPoller) -> None:
    assert not [run for run, _ in poller.told() if run.startswith("old-")]
    state = poller.states()["STATE#shop#old"]
    assert len(str(state)) < 20_000


def test_a_change_is_told_once_and_costs_a_transaction_and_for_each_channel_a_batch_and_an_acknowledgement(
    poller: DeployedPoller,
) -> None:
    run = cancelled_run(poller)
    poller.poll()

    assert poller.copies(run) == [1]
    channels = 2  # for programs, and the mail
    assert poller.dynamodb.counts == {"Query": 2, "TransactWriteItems": 1, "UpdateItem": channels}
    assert poller.sns.counts["PublishBatch"] == channels


@pytest.mark.parametrize(
    ("service", "fault", "copies"),
    [
        ("dynamodb", Fault("TransactWriteItems", Harm.DROP_REQUEST), 1),
        ("dynamodb", Fault("TransactWriteItems", Harm.DROP_ANSWER), 1),
        ("dynamodb", Fault("TransactWriteItems", Harm.DROP_ANSWER, times=1), 1),
        ("sns", Fault("PublishBatch", Harm.DROP_REQUEST), 1),
        ("sns", Fault("PublishBatch", Harm.ERROR), 1),
        ("sns", Fault("PublishBatch", Harm.DROP_ANSWER, times=1), 2),
        ("dynamodb", Fault("UpdateItem", Harm.DROP_REQUEST), 2),
        ("dynamodb", Fault("UpdateItem", Harm.DROP_ANSWER), 1),
    ],
    ids=[
        "commit never arrives",
        "commit is never answered",
        "commit is answered at the second attempt",
        "publish never arrives",
        "publish fails",
        "publish is answered at the second attempt",
        "acknowledgement never arrives",
        "acknowledgement is never answered",
    ],
)
def test_what_a_cut_connection_leaves_undone_is_done_by_a_later_poll(
    poller: DeployedPoller, service: str, fault: Fault, copies: int
) -> None:
    run = cancelled_run(poller)
    poller.proxy(service).inject(fault)
    poller.poll()
    poller.mend()
    poller.let_leases_end()
    poller.poll()
    assert poller.copies(run) == [copies]

    poller.let_leases_end()
    poller.poll()
    assert poller.copies(run) == [copies]


def test_nobody_sends_what_a_killed_poll_owes_while_it_might_be_alive(poller: DeployedPoller) -> None:
    run = cancelled_run(poller)
    with poller.held(poller.sns, "PublishBatch", Harm.DROP_REQUEST):
        (lease,) = set(poller.leases())
        longest = datetime.now(UTC) + timedelta(seconds=poller.timeout)
        poller.kill()
    assert poller.poll().body["OldestUndeliveredAge"] > 0

    assert poller.copies(run) == []
    assert longest - timedelta(seconds=10) < lease <= longest


@pytest.mark.parametrize(
    ("service", "operation"),
    [("dynamodb", "TransactWriteItems"), ("sns", "PublishBatch"), ("dynamodb", "UpdateItem")],
    ids=["before it commits", "before it publishes", "before it acknowledges"],
)
def test_a_poll_that_meets_another_one_repeats_nothing(poller: DeployedPoller, service: str, operation: str) -> None:
    poller.start_two_processes()
    run = cancelled_run(poller)
    with poller.held(poller.proxy(service), operation) as polling:
        assert not poller.poll().failed
        assert not polling.done()
    assert not polling.result().failed
    assert poller.copies(run) == [1]


def test_what_a_batch_refuses_is_sent_again_and_what_it_accepts_is_not(poller: DeployedPoller) -> None:
    accepted, refused = cancelled_run(poller), cancelled_run(poller)
    # The first batch is that for programs; the mail is sent as ever.
    poller.sns.inject(Fault("PublishBatch", Harm.ERROR, status=200, body=ONE_OF_TWO_ACCEPTED, times=1))
    assert poller.poll().body["AlertsUndelivered"] == 1
    poller.mend()
    poller.let_leases_end()
    poller.poll()

    assert (poller.copies(accepted), poller.copies(refused)) == ([], [1])


def test_a_source_that_refuses_everything_fails_the_poll_and_is_told_to_operators(poller: DeployedPoller) -> None:
    poller.control("POST", "/faults", {"kind": "error", "status": 403})
    answer = poller.poll()
    assert answer.failed
    assert "403" in answer.body["errorMessage"]
    eventually(lambda: poller.poll().failed and poller.told_operators())
    assert poller.poll().failed
    assert len(poller.told_operators()) == 1

    poller.control("DELETE", "/faults")
    assert not poller.poll().failed
    assert len(poller.told_operators()) == 2


def test_the_end_of_a_mute_is_told_once_and_the_lane_is_polled_on(poller: DeployedPoller) -> None:
    """What the mute held back is read from the table's index, which takes a permission of its own."""
    now = datetime.now(UTC)
    drill = Mute(id="drill", journeys=("welcome",), until=now + timedelta(hours=1))
    poller.mute(drill)
    run = cancelled_run(poller)
    assert not poller.poll().failed
    assert poller.copies(run) == []

    # An end in the past: the account comes an interval after the end, which nobody need wait for.
    poller.mute(replace(drill, until=now - timedelta(hours=1)))
    eventually(lambda: not poller.poll().failed and poller.told_ends_of_mutes())
    assert not poller.poll().failed
    assert not poller.poll().failed
    assert poller.told_ends_of_mutes() == [("drill", 1)]


def test_an_unknown_lane_is_refused_with_those_there_are(poller: DeployedPoller) -> None:
    answer = poller.poll("pinpoint/999999999999/us-east-1")
    assert answer.failed
    assert LANE in answer.body["errorMessage"]


def test_the_dashboards_widget_shows_what_the_poller_recorded(poller: DeployedPoller) -> None:
    run = cancelled_run(poller)
    poller.poll()
    html = poller.widget()
    assert html.startswith('<div class="jw ')
    assert f" · {run}<" in html  # among what changed last
