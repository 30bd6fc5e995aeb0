"""The bill: counted from what is really deployed, and within what was promised."""

from infra.deployment_config import DeploymentConfig
from infra.watch_entries import MAX_LANES_APART
from journey_watch.core.watch_list import WatchTarget
from journey_watch.providers.registry import REGISTRY
from tests.infra.conftest import EVERYTHING, ROOT, Synthesize, configured
from tests.infra.synthesis import Synthesized
from tools import cost
from tools.cost import Workload


def lane(*, per_journey_metrics: bool = False) -> float:
    return cost.total(cost.lane_lines(every_seconds=60, work=Workload(), per_journey_metrics=per_journey_metrics))


def test_the_first_lane_costs_at_most_ten_dollars_and_each_further_one_at_most_two() -> None:
    assert cost.total(cost.shared_lines(lanes=1)) + lane() <= 10
    assert lane() <= 2


def test_metrics_of_journeys_cost_more_than_all_else() -> None:
    assert lane(per_journey_metrics=True) - lane() > cost.total(cost.shared_lines(lanes=1)) + lane()


def test_as_many_alarms_are_counted_as_are_deployed(everything: Synthesized) -> None:
    assert len(everything.ids("AWS::CloudWatch::Alarm")) == cost.ALARMS_OF_THE_REST + cost.ALARMS_PER_LANE


def test_many_lanes_add_their_composite_alarms(synthesize: Synthesize) -> None:
    regions = sorted(REGISTRY["pinpoint"].regions)
    for lanes, expected in ((MAX_LANES_APART, 0), (MAX_LANES_APART + 1, cost.ALARMS_PER_LANE)):
        watch = tuple(WatchTarget("pinpoint", "*", region=region) for region in regions[:lanes])
        counted = [line.count for line in cost.shared_lines(lanes=lanes) if line.price == cost.COMPOSITE_ALARM]

        deployed = synthesize(configured(watch=watch)).ids("AWS::CloudWatch::CompositeAlarm")
        assert len(deployed) == sum(counted) == expected


def test_there_is_one_key_and_one_dashboard(everything: Synthesized) -> None:
    assert len(everything.ids("AWS::KMS::Key")) == len(everything.ids("AWS::CloudWatch::Dashboard")) == 1


def test_a_key_that_is_rotated_costs_a_dollar_more_in_the_second_year_and_in_the_third(everything: Synthesized) -> None:
    lines = list(cost.bill(EVERYTHING, Workload()))
    in_all = [float(line.rpartition(": ")[2]) for line in lines if " in all: " in line or " rotated " in line]

    assert everything.only("AWS::KMS::Key")["EnableKeyRotation"] is True
    assert [round(dollars - in_all[0], 2) for dollars in in_all] == [0, 1, 2]


def test_the_document_shows_what_the_command_prints() -> None:
    default = DeploymentConfig.from_file(ROOT / "config/default.toml")
    printed = "\n".join(cost.bill(default, Workload()))

    assert printed in (ROOT / "docs/cost.md").read_text(encoding="utf-8")
