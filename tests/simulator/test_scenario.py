"""A scenario is read strictly: whatever is wrong in it is one message that names the key and what to write."""

import tomllib
from pathlib import Path

import pytest
import tomlkit
from hypothesis import example, given

from journey_watch.core.errors import ConfigurationError
from local_cloud.demo.story import acts
from simulator import Simulation, load_scenario, parse_scenario
from tests.damage import TOML_VALUES, damaged, refusal
from tests.simulator.conftest import SHOP

ROOT = Path(__file__).parents[2]
RUN = "[[application]]\nid = 'a'\n[[application.journey]]\nid = 'j'\n[[application.journey.run]]\nid = 'r'\n"


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("sed = 1", 'sed is not a known key (did you mean "seed"?)'),
        ("seed = '1'", 'seed is "1"; expected a whole number'),
        ("seed = true", "seed is true; expected a whole number"),
        ("seed = ", "is not TOML: "),
        ("starts_at = 2026-11-01T08:00:00", "starts_at is 2026-11-01 08:00:00; expected a time with its zone"),
        ("[[application]]\nname = 'x'", "application[0].id is missing"),
        ("[application]\nid = 'x'", "application is a table; expected a list; write [[application]]"),
        (
            RUN + "status = 'CANCELED'",
            'application[0].journey[0].run[0].status is "CANCELED" (did you mean "CANCELLED"?)',
        ),
        (
            RUN + "status = 'RUNNING'\ncreated_ago = '2 hours'",
            'run[0].created_ago is "2 hours"; expected a duration such as "500ms"',
        ),
        (RUN + "status = 'RUNNING'\n[[application]]\nid = 'a'", 'application "a" is declared twice'),
        (
            RUN + "status = 'RUNNING'\n[[application.journey.history]]\nruns = 2\nid = 'r'",
            'history[0].id is "r"; expected a "{n}"',
        ),
        (
            RUN + "status = 'RUNNING'\n[[application.journey.history]]\nruns = -2",
            "history[0].runs is -2; expected 0 or more",
        ),
        ("[[event]]\nat = '5s'", "event[0].kind is missing"),
        (
            "[[event]]\nat = '5s'\nkind = 'run_start'",
            'event[0].kind is "run_start" (did you mean "run_starts"?)',
        ),
        ("[[event]]\nkind = 'fault_off'\nname = 'x'\nrun = 'r'", "event[0].run is not a known key"),
        (
            "[[event]]\nat = '5s'\nkind = 'application_answers'\napplication = 'x'",
            'event[0] (application_answers) cannot happen: application "x" does not exist',
        ),
        ("[[fault]]\nkind = 'throttle'\nrate = 2.0", "fault[0].rate is 2.0; expected a probability from 0 to 1"),
        ("[[fault]]\nkind = 'throttle'\ncount = -1", "fault[0].count is -1; expected 0 or more"),
        ("[[fault]]\nkind = 'error'\nstatus = 200", "fault[0].status is 200; expected an HTTP error status"),
        ("[[fault]]\nkind = 'latency'", "fault[0].delay is missing"),
        (
            "[[fault]]\nkind = 'throttle'\noperation = 'GetJourneyRun'",
            'fault[0].operation is "GetJourneyRun" (did you mean "GetJourneyRuns"?)',
        ),
        ("[[fault]]\nkind = 'throttle'\napplication = 'x'", 'fault[0].application is "x". Expected one of: *'),
        (
            "[[event]]\nkind = 'fault_on'\nfault = { kind = 'throttle', journey = 'x' }",
            'event[0].fault.journey is "x". Expected one of: *',
        ),
        ("max_page_size = 0", "max_page_size is 0; expected 1 or more"),
        ("[page_size]\nGetRuns = 5", "page_size.GetRuns is not a known key"),
        ("[page_size]\nGetApps = 0", "page_size.GetApps is 0; expected 1 or more"),
        (
            "[[quota]]\noperation = 'GetApps'\nper_second = 1\nburst = 0",
            "quota[0].per_second is 1.0 and burst 0; expected 0 or more, and a burst",
        ),
        ("[[role]]\narn = 'reader'", 'role[0].arn is "reader"; expected "arn:aws:iam::ACCOUNT:role/NAME"'),
    ],
)
def test_what_is_wrong_is_one_message_that_names_the_key_and_the_fix(toml: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_scenario(toml, source="story.toml")
    assert str(raised.value).startswith("story.toml")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_message_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "story.toml"
    with pytest.raises(ConfigurationError, match=r"story\.toml cannot be read: No such file"):
        load_scenario(path)
    path.write_text("sed = 1", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"story\.toml: sed is not a known key"):
        load_scenario(path)


def test_an_event_may_need_an_earlier_one_wherever_it_stands_in_the_file() -> None:
    parse_scenario(
        SHOP
        + "[[event]]\nat = '9s'\nkind = 'journey_state'\napplication = 'shop'\njourney = 'new'\nstate = 'PAUSED'\n"
        + "[[event]]\nat = '5s'\nkind = 'journey_created'\napplication = 'shop'\njourney = 'new'\n"
    )


def test_a_thousand_runs_of_history_are_one_table() -> None:
    simulation = Simulation(
        "starts_at = 2026-11-01T00:00:00Z\n[[application]]\nid = 'a'\n[[application.journey]]\nid = 'j'\n"
        "[[application.journey.history]]\nruns = 1000\nevery = '1h'\nnewest_ago = '2h'\nlasted = '5m'\nid = 'h{n}'\n"
    )
    runs = list(simulation.world.application("a").journey("j").runs.values())
    assert (len(runs), runs[0].id, runs[-1].id) == (1000, "h1", "h1000")
    assert [run.created.isoformat() for run in runs[-2:]] == ["2026-10-31T21:00:00+00:00", "2026-10-31T22:00:00+00:00"]
    assert runs[-1].updated.isoformat() == "2026-10-31T22:05:00+00:00"


DEMO = tomllib.loads((ROOT / "local_cloud/demo/scenario.toml").read_text(encoding="utf-8"))
DEMO["event"] = [{"at": "1s", **event} for act in acts() for event in act.events]


@given(scenario=damaged(DEMO, TOML_VALUES).map(tomlkit.dumps))
@example(scenario=RUN + "status = 'RUNNING'\n[[application.journey.history]]\nruns = 10\nevery = '99999d'")
def test_with_anything_wrong_in_it_a_scenario_is_read_or_refused_by_its_name(scenario: str) -> None:
    message = refusal(lambda: parse_scenario(scenario, source="mine.toml"))
    assert not message or message.startswith("mine.toml: ")
