"""The account of a mute says whose it was, and counts in plain words."""

from datetime import timedelta

from journey_watch.core.alerts import Alert
from journey_watch.core.mute_tally import MuteTally
from journey_watch.core.mutes import Mute
from journey_watch.messages.envelope import AlertContext
from journey_watch.messages.forms.email import email_text
from journey_watch.messages.mute_ended import mute_ended_alert, tallied
from journey_watch.providers.pinpoint.words import PINPOINT
from tests.core.builders import LANE, NOON
from tests.messages.alert_builders import alert, attributed


def account(count: int, mute: Mute | None = None) -> Alert:
    context = AlertContext(LANE, PINPOINT, NOON + timedelta(hours=1))
    return mute_ended_alert(
        "release", tallied(MuteTally(), [alert()] * count, "p"), context, since=NOON, sequence=3, mute=mute
    )


def test_it_says_who_had_set_the_mute_and_why() -> None:
    mute = Mute(id="release", reason="deploying\nnow", set_by="ada")
    assert account(2, mute).detail["summary"] == (
        'The mute "release" (set by ada: deploying now) has ended. It held back 2 alerts: 2 CANCELLED.'
    )


def test_one_alert_is_one_alert() -> None:
    built = account(1)
    assert built.detail["summary"] == 'The mute "release" has ended. It held back 1 alert: 1 CANCELLED.'
    assert "mute ended, 1 alert held back: 1 CANCELLED" in email_text(built)


def test_it_counts_who_made_a_change_and_names_nobody() -> None:
    context = AlertContext(LANE, PINPOINT, NOON + timedelta(hours=1))
    for held_back in ([attributed()], [alert(), attributed()]):
        built = mute_ended_alert("release", tallied(MuteTally(), held_back, "p"), context, since=NOON, sequence=3)
        assert "1 CANCELLED explained" in built.detail["summary"]
        assert "Ada" not in str(built.envelope)
