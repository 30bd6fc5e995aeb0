"""A scenario is read strictly: whatever is wrong in it is one message that names the key and what to write."""

from pathlib import Path

import pytest

from simulator import ScenarioError, Simulation, load_scenario, parse_scenario
from tests.simulator.conftest import SHOP

RUN = "[[application]]\nid = 'a'\n[[application.journey]]\nid = 'j'\n[[application.journey.run]]\nid = 'r'\n"


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("sed = 1", 'sed: unknown key; did you mean "seed"?'),
        ("seed = '1'", "seed: expected a whole number, got '1'"),
        ("seed = true", "seed: expected a whole number, got True"),
        ("seed = ", "is not TOML: "),
        ("starts_at = 2026-11-01T08:00:00", "starts_at: expected a time with its zone"),
        ("[[application]]\nname = 'x'", "application#1.id: is missing; add it to this table"),
        ("[application]\nid = 'x'", "application: expected a list"),
        (
            RUN + "status = 'CANCELED'",
            "application#1.journey#1.run#1.status: 'CANCELED' is not known; did you mean \"C",
        ),
        (RUN + "status = 'RUNNING'\ncreated_ago = '2 hours'", 'run#1.created_ago: expected a duration such as "500ms"'),
        (RUN + "status = 'RUNNING'\n[[application]]\nid = 'a'", 'application "a" is declared twice'),
        (
            RUN + "status = 'RUNNING'\n[[application.journey.history]]\nruns = 2\nid = 'r'",
            'history#1.id: expected a "{n}"',
        ),
        (RUN + "status = 'RUNNING'\n[[application.journey.history]]\nruns = -2", "history#1.runs: expected 0 or more"),
        ("[[event]]\nat = '5s'", "event#1.kind: is missing; Possible: "),
        (
            "[[event]]\nat = '5s'\nkind = 'run_start'",
            "event#1.kind: 'run_start' is not known; did you mean \"run_starts\"?",
        ),
        ("[[event]]\nkind = 'fault_off'\nname = 'x'\nrun = 'r'", "event#1.run: unknown key"),
        (
            "[[event]]\nat = '5s'\nkind = 'application_answers'\napplication = 'x'",
            'event application_answers at 5s: application "x" does not exist',
        ),
        ("[[fault]]\nkind = 'throttle'\nrate = 2.0", "fault#1.rate: expected a probability from 0 to 1, got 2.0"),
        ("[[fault]]\nkind = 'throttle'\ncount = -1", "fault#1.count: expected 0 or more, got -1"),
        ("[[fault]]\nkind = 'error'\nstatus = 200", "fault#1.status: expected an HTTP error status"),
        ("[[fault]]\nkind = 'latency'", "fault#1.delay: is missing"),
        (
            "[[fault]]\nkind = 'throttle'\noperation = 'GetJourneyRun'",
            "fault throttle.operation: 'GetJourneyRun' is not an operation; did you mean \"GetJourneyRuns\"?",
        ),
        ("[[fault]]\nkind = 'throttle'\napplication = 'x'", "fault throttle.application: 'x' is not declared"),
        (
            "[[event]]\nkind = 'fault_on'\nfault = { kind = 'throttle', journey = 'x' }",
            "fault throttle.journey: 'x' is not declared",
        ),
        ("max_page_size = 0", "max_page_size: expected 1 or more, got 0"),
        ("[page_size]\nGetRuns = 5", "page_size: 'GetRuns' is not an operation"),
        ("[page_size]\nGetApps = 0", "page_size.GetApps: expected 1 or more, got 0"),
        ("[[quota]]\noperation = 'GetApps'\nper_second = 1\nburst = 0", "per_second: expected 0 or more, and a burst"),
        ("[[role]]\narn = 'reader'", 'role#1.arn: expected "arn:aws:iam::ACCOUNT:role/NAME"'),
    ],
)
def test_what_is_wrong_is_one_message_that_names_the_key_and_the_fix(toml: str, message: str) -> None:
    with pytest.raises(ScenarioError) as raised:
        parse_scenario(toml, source="story.toml")
    assert str(raised.value).startswith("story.toml: ")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_message_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "story.toml"
    with pytest.raises(ScenarioError, match=r"story\.toml: No such file"):
        load_scenario(path)
    path.write_text("sed = 1", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"story\.toml: sed: unknown key"):
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
