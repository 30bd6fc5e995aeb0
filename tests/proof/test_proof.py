"""The simulation plays the real poll, takes the same course whenever it is played, and notices broken rules."""

import functools
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from journey_watch.core.routing import DEFAULT
from journey_watch.polling.poll_context import PollContext
from proof.__main__ import main
from proof.breakages import BREAKAGES, as_it_is
from proof.deployment import NIGHT, OPERATORS, TEAM
from proof.engine import Engine
from proof.scenario import Scenario
from proof.trial import Trial, play, shrunk

ROOT = Path(__file__).parents[2]


@functools.cache
def trial(seed: int) -> Trial:
    """As it is always played: a test below says so."""
    return play(Scenario.of(seed))


@pytest.mark.played
def test_no_promise_is_broken_in_many_trials() -> None:
    broken = [violation for seed in range(60) for violation in trial(seed).violations]
    assert broken == []


def test_a_trial_takes_the_same_course_whenever_it_is_played() -> None:
    scenario = next(
        one for one in map(Scenario.of, range(100)) if any(fault.kind == "started twice" for fault in one.faults)
    )
    assert list(play(scenario).trace) == list(play(scenario).trace)


@pytest.mark.played
def test_trials_are_not_all_alike() -> None:
    happened = "\n".join(line for seed in range(60) for line in trial(seed).trace)
    for what in (
        "dies",
        "claims",
        "no answer",
        "LOST_RACE",
        "404",
        "429",
        "500",
        "no more",
        "forgets",
        "reads the history",
        "chat gets",
        "acknowledges",
        "takes back mute",
        "looks up UpdateJourneyState",
        "looks after this",
        "went from ACTIVE to PAUSED",
        "with UpdateJourneyState",
        "has ended. It held back",
    ):
        assert what in happened, what


@pytest.mark.played
def test_trials_have_recipients_deployments_and_learned_durations() -> None:
    worlds = [trial(seed).world for seed in range(60)]
    assert {one.recipient for world in worlds for place in world.received.values() for one in place} == {
        DEFAULT,
        TEAM,
        NIGHT,
        OPERATORS,
    }
    details = [one.alert.detail for world in worlds for one in world.recorded]
    assert any("usual" in detail for detail in details)
    assert any(len(world.deployments) > 1 for world in worlds)
    assert any(world.scenario.dormant for world in worlds)
    assert any(0.5 in world.scenario.minutes for world in worlds)


def breakage(rule: str) -> int:
    (number,) = [number for number, one in enumerate(BREAKAGES) if one.rule == rule]
    return number


@pytest.mark.played
@pytest.mark.parametrize(
    "rule",
    [
        "what was left behind is taken over by nobody",
        "a commit takes all that there is",
        "a resolution ignores the route of its opening",
        "a call made after the change may explain it",
        "a mute takes effect before it is stored",
        "the lease of a later alert holds back an earlier one",
        "undelivered alerts of a renamed channel are dropped",
    ],
)
def test_a_broken_rule_is_noticed(rule: str) -> None:
    broken = BREAKAGES[breakage(rule)]
    with broken.apply():
        assert any(play(Scenario.of(seed), poll=broken.poll).violations for seed in range(100))


@pytest.mark.played
def test_a_failure_is_made_small() -> None:
    broken = BREAKAGES[breakage("what is owed is published before it is committed")]
    with broken.apply():
        trials = (play(Scenario.of(seed), poll=broken.poll) for seed in range(100))
        failed = next(one for one in trials if one.violations)
        small = shrunk(failed, lambda scenario: play(scenario, poll=broken.poll))
    assert small.violations
    assert len(small.scenario.parts) < len(failed.scenario.parts)


def test_every_breakage_is_taken_back_afterwards() -> None:
    for broken in BREAKAGES:
        with broken.apply():
            pass
    assert play(Scenario.of(0)).violations == []


@pytest.mark.played
def test_the_command_plays_and_prints_and_replays() -> None:
    command = ["-m", "proof", "run", "--trials", "3", "--dynamodb", "1", "--no-breakages", "--jobs", "1", "--json"]
    ran = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    assert ran.returncode == 0, ran.stderr
    figures = json.loads(ran.stdout)
    assert [figures[store]["trials"] for store in ("in_memory", "over_dynamodb")] == [3, 1]
    replayed = CliRunner().invoke(main, ["replay", "0"])
    assert replayed.exit_code == 0
    assert "loads the lane" in replayed.output


@pytest.mark.played
def test_a_day_of_troubles_ends_with_everything_told_and_little_remembered() -> None:
    soaked = CliRunner().invoke(main, ["soak", "--polls", "300"])
    assert soaked.exit_code == 0, soaked.output
    assert "0 alerts are owed" in soaked.output


@pytest.mark.played
def test_polls_that_leave_something_behind_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[PollContext] = []

    def leaves_much(context: PollContext) -> object:
        left.extend(replace(context) for _ in range(20))
        return as_it_is(context)

    monkeypatch.setattr("proof.__main__.as_it_is", leaves_much)
    soaked = CliRunner().invoke(main, ["soak", "--polls", "100"])
    assert soaked.exit_code == 1
    assert "Polls leave something behind" in soaked.output


def test_time_passes_only_for_who_waits() -> None:
    engine, seen = Engine(), list[tuple[str, float]]()

    def work(name: str, pause: float) -> None:
        for _ in range(2):
            engine.sleep(pause)
            seen.append((name, engine.now))

    engine.at(0.0, lambda: engine.start("slow", lambda: work("slow", 5.0)))
    engine.at(1.0, lambda: engine.start("fast", lambda: work("fast", 1.5)))
    engine.run(9.0)
    assert seen == [("fast", 2.5), ("fast", 4.0), ("slow", 5.0)]
