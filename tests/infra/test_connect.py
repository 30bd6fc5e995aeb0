"""Watching Amazon Connect campaigns: where that can be, in which words, and what may be read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import botocore.session
import pytest
from aws_cdk import assertions
from botocore.model import StringShape

from infra.aws_sdk_models import sdk_operations
from infra.deployment_config import DeploymentConfig
from infra.reader_role import ReaderRoleStack
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.filters import What
from journey_watch.core.routing import AlertRule
from journey_watch.core.severity import Severity
from journey_watch.core.watch_list import WatchTarget
from journey_watch.providers.registry import REGISTRY
from tests.infra.conftest import ROOT, Synthesize, configured
from tests.infra.synthesis import Synthesized

CAMPAIGN = "arn:${AWS::Partition}:connect-campaigns:${AWS::Region}:${AWS::AccountId}:campaign"
ROLE = "arn:aws:iam::444455556666:role/Reader"
STATES, LISTING = "connect-campaigns:GetCampaignStateBatch", "connect-campaigns:ListCampaigns"

Read = Callable[..., DeploymentConfig]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a text as the configuration of a stack in a Region."""

    def config(text: str, region: str = "eu-west-2") -> DeploymentConfig:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return DeploymentConfig.from_file(path, own_account="111122223333", own_region=region)

    return config


def watching(*targets: WatchTarget) -> DeploymentConfig:
    return configured(watch=targets)


def reading(stack: Synthesized) -> set[tuple[str, str]]:
    return {pair for pair in stack.allowed(stack.poller_role) if pair[0].startswith("connect-campaigns:")}


def test_what_can_be_configured_is_what_can_be_polled() -> None:
    assert REGISTRY.keys() == REGISTRY.keys()


@pytest.mark.parametrize(("provider", "service"), [("pinpoint", "pinpoint"), ("connect", "connectcampaignsv2")])
def test_the_regions_are_those_of_botocores_endpoint_data(provider: str, service: str) -> None:
    session = botocore.session.get_session()
    known = {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions(service, partition)
    }

    assert REGISTRY[provider].regions == known


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "watch[0].instance_id is missing"),
        (
            'instance_id = "*"\njourneys = ["*"]',
            "watch[0].journeys is not a known key. Keys here: provider, instance_id",
        ),
        ('instance_id = "*"\napplication_id = "*"', "watch[0].application_id is not a known key"),
        ('instance_id = "*"\ncampaigns = ["a"]', 'names ids, but instance_id is "*"'),
        ('instance_id = "i"\ncampaigns = ["a", "*"]', 'watch[0].campaigns has "*" among others'),
        ('instance_id = "i"\ncampaigns = ["a", "b-*"]', 'watch[0].campaigns has the id "a" among names or wildcards'),
        ('instance_id = "i"\ncampaigns = [" "]', 'watch[0].campaigns[0] is " "; expected an id'),
        ('instance_id = "i"\ntypes = ["managed"]', 'watch[0].types[0] is "managed" (did you mean "MANAGED"?)'),
        ('instance_id = "i"\ntypes = []', "watch[0].types is empty"),
        ('instance_id = "i"\ncampaigns = ["a"]\ntypes = ["JOURNEY"]', "watch[0].types is of no use where ids"),
        ('instance_id = "i"\ntype = ["JOURNEY"]', 'watch[0].type is not a known key (did you mean "types"?)'),
        ('instance_id = "i"\nregion = "eu-west-1"', 'watch[0].region is "eu-west-1" (did you mean "eu-west-2"?)'),
        ('instance_id = "i"\nregion = "us-east-2"', "Expected one of: af-south-1, ap-northeast-1,"),
    ],
)
def test_a_wrong_entry_is_refused_in_the_words_of_connect(read: Read, text: str, expected: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(f'[[watch]]\nprovider = "connect"\n{text}\n')

    assert expected in str(caught.value)


def test_campaigns_may_be_named_by_wildcards_and_chosen_by_type(read: Read) -> None:
    entry = '[[watch]]\nprovider = "connect"\ninstance_id = "*"\n'

    (target,) = read(entry + 'campaigns = ["black-*", "Été ?"]\ntypes = ["JOURNEY"]').watch

    assert target == WatchTarget("connect", "*", ("black-*", "Été ?"), journey_types=("JOURNEY",))


def test_what_wildcards_may_share_must_be_in_one_entry(read: Read) -> None:
    entry = '[[watch]]\nprovider = "connect"\ninstance_id = "i"\ncampaigns = '

    with pytest.raises(ConfigurationError, match=r"watch\[1\] watches journeys that watch\[0\] watches too"):
        read(f'{entry}["black-*"]\n{entry}["cyber-*"]')


@pytest.mark.parametrize("key", ['journeys = ["black-*"]', 'types = ["JOURNEY"]'])
def test_pinpoint_has_neither_wildcards_nor_types(read: Read, key: str) -> None:
    with pytest.raises(ConfigurationError, match=r"watch\[0\]\.(journeys\[0\] is|types is not a known key)"):
        read(f'[[watch]]\nprovider = "pinpoint"\napplication_id = "a"\nregion = "eu-west-1"\n{key}')


def test_the_types_are_those_of_botocores_model() -> None:
    model = botocore.session.get_session().get_service_model("connectcampaignsv2")
    shape = model.shape_for("ExternalCampaignType")

    assert isinstance(shape, StringShape)
    assert set(REGISTRY["connect"].journey_types) == set(shape.enum)


def test_a_named_instance_cannot_be_in_a_region_without_campaigns(read: Read) -> None:
    entry = '[[watch]]\nprovider = "connect"\ninstance_id = "i"\n'

    with pytest.raises(ConfigurationError, match=r"watch\[0\] is in the stack's own Region, eu-west-1.*eu-west-2"):
        read(entry, "eu-west-1")

    assert read(entry, "eu-west-2").watch == (WatchTarget("connect", "i"),)
    assert read(entry, "own").watch == (WatchTarget("connect", "i"),)  # a Region that synth does not know


@pytest.mark.parametrize(
    ("region", "lanes"),
    [
        ("eu-west-2", {"pinpoint/111122223333/eu-west-2", "connect/111122223333/eu-west-2"}),
        ("eu-west-1", {"pinpoint/111122223333/eu-west-1"}),
        ("af-south-1", {"connect/111122223333/af-south-1"}),
    ],
)
def test_the_default_watches_what_its_region_has_and_says_what_it_leaves_out(
    synthesize: Synthesize, region: str, lanes: set[str]
) -> None:
    config = DeploymentConfig.from_file(ROOT / "config/default.toml", own_account="111122223333", own_region=region)
    stack = synthesize(config, account="111122223333", region=region)

    assert {each["Target"]["Input"] for each in stack.properties("AWS::Scheduler::Schedule")} == {
        f'{{"lane":"{lane}"}}' for lane in lanes
    }
    assert sum(f"{region} has no " in warning for warning in stack.warnings) == 2 - len(lanes)


def test_a_region_that_has_nothing_of_what_is_watched_refuses_to_deploy(synthesize: Synthesize) -> None:
    config = DeploymentConfig.from_file(ROOT / "config/default.toml", own_region="eu-west-3")

    with pytest.raises(ConfigurationError) as refused:
        synthesize(config, account="111122223333", region="eu-west-3")

    assert str(refused.value).startswith("Nothing would be watched. eu-west-3 has no ")
    for provider in REGISTRY:
        assert f'eu-west-3 has no "{provider}"' in str(refused.value)


@pytest.mark.parametrize("region", ["eusc-de-east-1", "us-isob-east-1", "xx-newpartition-abc-east-12"])
def test_a_region_of_any_partition_is_known_for_one(synthesize: Synthesize, region: str) -> None:
    """Were it taken for a Region that is not known yet, a provider would be polled that does not exist there."""
    config = DeploymentConfig.from_file(ROOT / "config/default.toml", own_region=region)

    with pytest.raises(ConfigurationError, match=f'Nothing would be watched. {region} has no "'):
        synthesize(config, account="111122223333", region=region)


def test_a_rule_may_speak_of_campaigns(read: Read) -> None:
    rule = '[[alerts.rules]]\nwhen = "*->PAUSED"\nseverity = "warning"\n'

    (read_rule,) = read(rule + 'campaigns = ["c*"]\ninstance_id = "i"').watching.rules

    assert read_rule == AlertRule(
        What(after="PAUSED"), Severity.WARNING, journeys=("c*",), container_id="i", provider="connect"
    )
    with pytest.raises(ConfigurationError, match="has application_id and instance_id; expected one of them"):
        read(rule + 'application_id = "a"\ninstance_id = "i"')


def test_everything_is_read_by_one_wildcard(synthesize: Synthesize) -> None:
    stack = synthesize(watching(WatchTarget("connect", "*")))

    assert reading(stack) == {(LISTING, "*"), (STATES, f"{CAMPAIGN}/*")}


@pytest.mark.parametrize("campaigns", [("c1", "c2"), ("black-*",)], ids=["ids", "a wildcard"])
def test_states_are_granted_on_all_campaigns_however_they_are_named(
    synthesize: Synthesize, campaigns: tuple[str, ...]
) -> None:
    """AWS may judge GetCampaignStateBatch by `campaign/*`: a grant of single campaigns would refuse every poll."""
    stack = synthesize(watching(WatchTarget("connect", "i", campaigns), WatchTarget("connect", "j", ("c3",))))

    assert reading(stack) == {(LISTING, "*"), (STATES, f"{CAMPAIGN}/*")}


def test_every_operation_in_the_bundle_is_allowed_and_no_other(synthesize: Synthesize) -> None:
    stack = synthesize(watching(WatchTarget("connect", "*")))

    assert {action for action, _ in reading(stack)} == {
        f"connect-campaigns:{operation}" for operation in sdk_operations()["connectcampaignsv2"]
    }


def test_listing_campaigns_is_the_only_permission_on_everything(synthesize: Synthesize) -> None:
    stack = synthesize(watching(WatchTarget("connect", "*"), WatchTarget("connect", "*", region="eu-west-2")))

    assert {action for action, to in stack.allowed(stack.poller_role) if to == "*"} == {LISTING}


def test_a_reader_role_may_read_campaigns_beside_journeys(context: dict[str, Any]) -> None:
    config = watching(
        WatchTarget("pinpoint", "*", region="eu-west-1", role_arn=ROLE),
        WatchTarget("connect", "*", region="eu-west-2", role_arn=ROLE),
    )
    stack = ReaderRoleStack(cdk.App(context=context), config=config, role_arn=ROLE)
    reader = Synthesized(assertions.Template.from_stack(stack).to_json())
    (role,) = reader.ids("AWS::IAM::Role")

    allowed = reader.allowed(role)
    assert (LISTING, "*") in allowed
    assert (STATES, CAMPAIGN.replace("${AWS::Region}", "eu-west-2") + "/*") in allowed
    assert any(action == "mobiletargeting:GetJourneyRuns" for action, _ in allowed)
