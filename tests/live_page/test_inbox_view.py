"""The local page's inbox: each alert once, in all its forms."""

from hypothesis import given, settings

from journey_watch.core.alerts import Alert
from journey_watch.core.condition_rules import Phase
from journey_watch.live_page.elements import ATTRIBUTES, ELEMENTS
from local_cloud.page.inbox_view import SHOWN, inbox_html, letters
from tests.live_page.deliveries import delivered, delivery
from tests.live_page.markup import Markup
from tests.messages.alert_builders import alert, condition, every_kind


def test_the_forms_of_one_alert_are_one_letter() -> None:
    told = alert()

    (letter,) = letters(delivered(told))

    assert [each.endpoint for each in letter.email] == ["a@b.c", "d@e.f"]
    assert (letter.envelope, letter.word) == (told.envelope, "critical")
    assert letter.card is not None
    assert letter.title == told.envelope["detail"]["summary"]


def test_what_is_over_looks_like_it() -> None:
    over = delivered(condition(Phase.RESOLVED))

    assert 'class="letter resolved"' in inbox_html(over)
    assert [letter.word for letter in letters([each for each in over if each.protocol == "email"])] == ["resolved"]


def test_the_latest_alert_comes_first() -> None:
    first, second = alert(run_id="1"), alert(run_id="2")

    found = letters([*delivered(first, at=1.0), *delivered(second, at=2.0)])

    assert [letter.envelope for letter in found] == [second.envelope, first.envelope]


def test_what_is_no_alert_of_ours_is_a_letter_of_its_own() -> None:
    alarm = delivery("email", "You are receiving this email because your alarm …", subject='ALARM: "heartbeat"')

    (letter,) = letters([alarm])

    assert (letter.title, letter.word) == ('ALARM: "heartbeat"', "none")


def test_each_form_stands_under_its_name() -> None:
    text = Markup(inbox_html(delivered(alert()))).text

    places = [text.index(words) for words in ("E-mail", "To: a@b.c, d@e.f", "Chat card", "JSON", '"detail-type"')]
    assert places == sorted(places)


def test_an_empty_inbox_says_so_and_a_full_one_how_many_there_are_beside_and_leads_to_them() -> None:
    assert "Nothing has been told yet" in inbox_html([])
    many = [one for n in range(SHOWN + 3) for one in delivered(alert(run_id=f"{n}"))]
    markup = Markup(inbox_html(many, asked={"hours": "48", "letters": "50"}))
    assert "… and 3 older:  show more" in markup.text
    assert markup.attributes("href") == [f"?hours=48&letters={2 * SHOWN}"]
    everything = Markup(inbox_html(many, 2 * SHOWN))
    assert everything.counts["article"] == SHOWN + 3
    assert "older" not in everything.text


@given(told=every_kind())
@settings(deadline=None, max_examples=60)
def test_hostile_alerts_are_text(told: Alert) -> None:
    markup = Markup(inbox_html(delivered(told)))

    assert {tag for tag, _ in markup.elements} <= ELEMENTS
    assert {name for _, attributes in markup.elements for name in attributes} <= ATTRIBUTES
    assert markup.counts["section"] == 3
    assert markup.counts["a"] == markup.counts["cwdb-action"] == 0
