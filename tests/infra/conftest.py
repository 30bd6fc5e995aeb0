"""Synthesis takes seconds, so each configuration is synthesized once a session."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions

from infra.bundle import Bundle
from infra.deployment_config import DeploymentConfig
from infra.journey_watch_stack import JourneyWatchStack
from journey_watch.core.watch_list import WatchTarget
from journey_watch.settings import WatchConfig
from tests.entrypoints.conftest import deployment as deployment  # noqa: PLC0414 - a fixture here too
from tests.infra.synthesis import Synthesized

ROOT = Path(__file__).parent.parent.parent

EVERYTHING = DeploymentConfig(watching=WatchConfig(watch=(WatchTarget("pinpoint", "*"),)))


def telling(config: DeploymentConfig, **ways: Any) -> DeploymentConfig:  # noqa: ANN401 - the ways of a Recipient
    """The same deployment with these ways of telling under `[alerts]`."""
    return replace(config, default=replace(config.default, **ways))


def configured(**changes: object) -> DeploymentConfig:
    """EVERYTHING, with something else in what the poller is told."""
    return replace(EVERYTHING, watching=replace(EVERYTHING.watching, **changes))  # type: ignore[arg-type]  # of WatchConfig


Synthesize = Callable[..., Synthesized]


@pytest.fixture(scope="session")
def stub_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Templates do not depend on what is in it."""
    directory = tmp_path_factory.mktemp("code")
    (directory / "stub.py").touch()
    return Bundle(directory, "stub", "0123456789ab")


@pytest.fixture(scope="session")
def context() -> dict[str, Any]:
    """The feature flags that the command line would set."""
    flags: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    return flags


@pytest.fixture(scope="session")
def synthesize(stub_bundle: Bundle, context: dict[str, Any]) -> Synthesize:
    known: dict[Any, Synthesized] = {}

    def synthesized(
        config: DeploymentConfig = EVERYTHING, *, account: str | None = None, region: str | None = None
    ) -> Synthesized:
        key = (config, account, region)
        if key not in known:
            stack = JourneyWatchStack(
                cdk.App(context=context),
                config=config,
                bundle=stub_bundle,
                env=cdk.Environment(account=account, region=region),
            )
            found = assertions.Annotations.from_stack(stack).find_warning("*", assertions.Match.any_value())
            known[key] = Synthesized(
                assertions.Template.from_stack(stack).to_json(), tuple(str(each.entry.data) for each in found)
            )
        return known[key]

    return synthesized


@pytest.fixture
def everything(synthesize: Synthesize) -> Synthesized:
    """All applications, all journeys, in the stack's own account and Region."""
    return synthesize()
