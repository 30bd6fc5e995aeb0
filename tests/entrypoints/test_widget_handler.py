"""The widget as CloudWatch calls it, with moto's table behind it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from journey_watch import contract
from journey_watch.core.errors import StoreUnavailableError
from journey_watch.core.pairs import Pair
from journey_watch.core.runs import JourneyKey, JourneyState, Lane, RecordedRun, Status
from journey_watch.core.transitions import StateChange
from journey_watch.core.watch_list import WatchTarget
from journey_watch.entrypoints import widget_handler
from journey_watch.live_page import Query
from journey_watch.live_page.composition import LivePage
from journey_watch.live_page.lane_reader import LaneReader
from journey_watch.settings import WatchConfig
from journey_watch.store.dynamodb import DynamoDBRunStore
from local_cloud.state_table import create_state_table
from tests.entrypoints.anything import JSON, almost
from tests.entrypoints.conftest import ACCOUNT, REGION, Context
from tests.live_page.markup import Markup
from tests.live_page.samples import FixedPolls
from tests.store.state_table import TABLE

LANES = (Lane("pinpoint", ACCOUNT, REGION), Lane("connect", ACCOUNT, REGION))
Invoke = Callable[..., str]

_QUERIES = almost(
    **dict.fromkeys(Query.__dataclass_fields__, st.sampled_from(["", "2", "true", "changed", "RUNNING", "\ud800<b>"]))
)
EVENTS = JSON | almost(
    view=_QUERIES,
    widgetContext=almost(
        params=_QUERIES,
        forms=almost(all=_QUERIES),
        theme=st.just("dark"),
        timezone=almost(offsetISO=st.sampled_from(["+05:30", "-23:59", "+99:99"])),
    ),
)


@dataclass(frozen=True)
class WidgetContext(Context):
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:widget"


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Iterator[Invoke]:
    """Answers for a table with one journey in each lane, each with a running run."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    with mock_aws():
        client = boto3.client("dynamodb", region_name=REGION)
        create_state_table(client, TABLE)
        store = DynamoDBRunStore(client, TABLE, keep=timedelta(days=90))
        now = datetime.now(UTC)
        for lane in LANES:
            runs = {"r": RecordedRun(Status.RUNNING, now - timedelta(hours=3))}
            state = JourneyState(1, now, runs, journey_name=f"<i>{lane.provider}</i>")
            store.commit(lane, StateChange(JourneyKey("app", "j"), seen_version=0, state=state), (), (), now)
        live_page = LivePage(LaneReader(client, TABLE), LANES, config=WatchConfig(), last_polls=FixedPolls())
        monkeypatch.setattr(widget_handler, "live_page", lambda: live_page)
        handler: Callable[[Any, Any], str] = widget_handler.handler

        def called(parameters: dict[str, Any] | None = None, **context: Any) -> str:  # noqa: ANN401 - JSON
            params = parameters or {}
            return handler({**params, "widgetContext": {"params": params, **context}}, WidgetContext())

        yield called


def test_it_describes_itself_with_every_parameter_it_takes() -> None:
    handler: Callable[[Any, Any], str] = widget_handler.handler
    said = handler({"describe": True}, WidgetContext())

    assert said.startswith("## ")
    assert {f"**{name}**" for name in Query.__dataclass_fields__ if name != "page"} <= set(said.split())


def test_it_answers_with_html_about_all_lanes(invoke: Invoke) -> None:
    text = Markup(invoke()).text

    assert "<i>pinpoint</i>" in text
    assert "<i>connect</i>" in text
    assert "3 h 00 min" in text


def test_the_widgets_parameters_narrow_it_down(invoke: Invoke) -> None:
    text = Markup(invoke({"lane": str(LANES[1])})).text

    assert "<i>pinpoint</i>" not in text
    assert "<i>connect</i>" in text


def test_it_is_dark_in_a_dark_dashboard_and_has_its_times(invoke: Invoke) -> None:
    html = invoke(theme="dark", timezone={"offsetISO": "+05:30"})

    assert "jw-dark cwdb-no-default-styles" in html
    assert "(UTC+05:30)" in html


def test_its_links_call_itself(invoke: Invoke) -> None:
    markup = Markup(invoke({"journey": "i"}))

    assert set(markup.attributes("endpoint")) == {WidgetContext().invoked_function_arn}
    assert len(markup.actions) == 2


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # it only reads
@given(event=EVENTS)
def test_whatever_the_event_it_answers_html_that_lambda_can_send(invoke: Invoke, event: object) -> None:  # noqa: ARG001 - it makes the table
    handler: Callable[[Any, Any], str] = widget_handler.handler
    html = handler(event, WidgetContext())

    assert html.startswith("<div")
    assert html.encode()


def test_a_table_that_cannot_be_read_fails_the_widget(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("dynamodb", region_name=REGION)
    live_page = LivePage(LaneReader(client, "gone"), LANES, config=WatchConfig(), last_polls=FixedPolls())
    monkeypatch.setattr(widget_handler, "live_page", lambda: live_page)

    with pytest.raises(StoreUnavailableError, match="gone"):
        invoke()


def test_it_is_put_together_from_its_environment(monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    environment = {
        contract.ENV_STATE_TABLE: TABLE,
        contract.ENV_ACCOUNT: ACCOUNT,
        contract.ENV_REGION: REGION,
        contract.ENV_SERVICE: "watch",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    pair = Pair("Zebra club", (("pinpoint", "j"), ("connect", "k")))
    config = WatchConfig(watch=(WatchTarget("pinpoint", "*"),), pairs=(pair,))
    monkeypatch.setattr("journey_watch.live_page.composition.bundled_watch_config", lambda: config)
    live_page = LivePage.from_environment()
    monkeypatch.setattr(widget_handler, "live_page", lambda: live_page)

    text = Markup(invoke()).text
    assert "<i>pinpoint</i>" in text
    assert "Zebra club" in text
