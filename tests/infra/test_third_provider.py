"""A provider is one folder and one entry: what is configured, granted, bundled, polled and shown follows from it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from infra.aws_sdk_models import sdk_operations
from infra.deployment_config import DeploymentConfig
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.provider import Provider
from journey_watch.core.runs import JourneyKey, Lane
from journey_watch.live_page import LaneSnapshot, PageRequest, WidgetLinks
from journey_watch.live_page.composition import LivePage
from journey_watch.providers.registry import REGISTRY
from journey_watch.settings import WatchConfig
from tests.infra.conftest import Synthesize
from tests.live_page.samples import FixedPolls, FixedReader
from tests.permissions.deployment import ACCOUNT
from tests.providers.toy.entry import NEWSLETTER_ENTRY

LANE = Lane("newsletter", ACCOUNT, "eu-west-1")
CONFIG = """
[[watch]]
provider = "newsletter"
publisher_id = "*"
stuck_after = "3h"

[alerts]
rules = [{ when = "*->COMPLETED", newsletters = ["news"], severity = "warning" }]
mute = [{ name = "night", publisher_id = "daily", until = 2099-01-01T00:00:00Z }]
"""


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REGISTRY, "newsletter", NEWSLETTER_ENTRY)


@pytest.fixture
def config(tmp_path: Path) -> DeploymentConfig:
    file = tmp_path / "newsletters.toml"
    file.write_text(CONFIG, encoding="utf-8")
    return DeploymentConfig.from_file(file, own_region="eu-west-1")


def test_it_is_configured_in_its_own_words(config: DeploymentConfig) -> None:
    (target,) = config.watch
    (rule,), (mute,) = config.watching.rules, config.watching.mutes

    assert (target.provider, target.container_id, target.thresholds.stuck_after) == ("newsletter", "*", 3 * 3600)
    assert rule.journeys == ("news",)
    assert mute.container_id == "daily"


def test_a_region_that_it_does_not_have_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "newsletters.toml"
    file.write_text(
        '[[watch]]\nprovider = "newsletter"\npublisher_id = "daily"\nregion = "us-east-1"', encoding="utf-8"
    )

    with pytest.raises(ConfigurationError, match="eu-west-1"):
        DeploymentConfig.from_file(file)


def test_the_poller_may_read_it_and_is_invoked_for_its_lane(config: DeploymentConfig, synthesize: Synthesize) -> None:
    stack = synthesize(config, account=ACCOUNT, region="eu-west-1")

    actions = {action for action, _ in stack.allowed(stack.poller_role)}
    assert "newsletters:ListIssues" in actions
    assert not {action for action in actions if action.startswith(("mobiletargeting:", "connect-campaigns:"))}
    (schedule,) = stack.properties("AWS::Scheduler::Schedule")
    assert str(LANE) in schedule["Target"]["Input"]


def test_the_bundle_has_the_models_of_what_it_calls() -> None:
    assert sdk_operations()["newsletters"] == ("ListIssues",)


def test_the_page_shows_it() -> None:
    class Snapshots(FixedReader):
        def read(self, lanes: Mapping[Lane, Provider], *, since: datetime) -> Sequence[LaneSnapshot]:  # noqa: ARG002 - the port's
            return [LaneSnapshot(lane, provider, {}) for lane, provider in lanes.items()]

    links = WidgetLinks("arn:aws:lambda:eu-west-1:111122223333:function:widget")
    page = LivePage(Snapshots([]), [LANE], config=WatchConfig(), last_polls=FixedPolls())
    assert f"{LANE}: 0 newsletters" in page.html(PageRequest(), links)


def test_its_source_is_made_for_a_lane() -> None:
    source = REGISTRY[LANE.provider].make_source(None)  # type: ignore[arg-type]  # it needs none

    assert source.observe([JourneyKey("daily", "news")]).keys() == {JourneyKey("daily", "news")}
