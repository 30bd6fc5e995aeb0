from local_cloud.demo.screen import FORMS
from local_cloud.demo.story import acts
from local_cloud.toolchain import CHECKOUT
from simulator import Simulation


def test_every_event_of_the_story_can_happen_in_its_world() -> None:
    simulation = Simulation((CHECKOUT / "local_cloud/demo/scenario.toml").read_text(encoding="utf-8"))
    for act in acts():
        for event in act.events:
            simulation.play(event)
    assert [played.problem for played in simulation.played if played.problem] == []


def test_an_act_ends_with_an_alert_since_the_next_begins_when_it_has_come() -> None:
    assert all(act.alerts for act in acts())


def test_an_alert_comes_again_where_the_function_is_killed_and_nowhere_else() -> None:
    for act in acts():
        assert [alert.again for alert in act.alerts] == (["email"] if act.killed else [None] * len(act.alerts))


def test_one_alert_is_shown_in_each_form() -> None:
    assert sorted(alert.specimen for act in acts() for alert in act.alerts if alert.specimen) == sorted(FORMS)
