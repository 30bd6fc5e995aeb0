"""The local cloud in place of an account: the same steps, as far as it goes."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from local_cloud.cloud import SIMULATED, LocalCloud
from local_cloud.emf_bridge import EmfBridge
from local_cloud.errors import LocalCloudError
from local_cloud.toolchain import ACCOUNT
from local_cloud.waiting import patience
from operator_cli.aws_errors import Options
from operator_cli.aws_session import open_session
from verify_aws.surroundings import CLIENTS, CONFIG_FILE, CannotRunError, DeploymentFailedError, Surroundings
from verify_aws.waiting import Patience

REGION: Final = "eu-west-2"
"""One that has both Pinpoint and Connect campaigns."""
SPEED: Final = 30.0
"""The schedule of every minute fires every 2 s."""
SCENARIO: Final = Path(__file__).with_name("local_scenario.toml")
PATIENCE: Final = Patience(
    poll=timedelta(seconds=60),
    delivery=timedelta(seconds=20),
    filters=timedelta(seconds=0),
    metrics=timedelta(seconds=30),
    queries=timedelta(seconds=20),
    deletion=timedelta(seconds=60),
)
"""On a machine of usual speed."""


@contextmanager
def surroundings_on_this_machine() -> Iterator[Surroundings]:
    """A local cloud for as long as the block lasts. Raises CannotRunError if it does not start."""
    try:
        started = LocalCloud.start(scenario=SCENARIO, config=str(CONFIG_FILE), speed=SPEED, region=REGION)
        with started as cloud, _led_to(cloud):
            yield _surroundings(cloud)
    except LocalCloudError as error:
        raise CannotRunError(str(error)) from error


def _surroundings(cloud: LocalCloud) -> Surroundings:
    bridges: list[EmfBridge] = []

    def deploy() -> None:
        try:
            cloud.deploy()
        except LocalCloudError as error:
            raise DeploymentFailedError(str(error)) from error
        bridges.append(EmfBridge(cloud, cloud.outputs["PollerFunctionName"]))

    def carry_metrics() -> None:
        for bridge in bridges:
            bridge.carry()

    return Surroundings(
        session=open_session(profile=None, region=cloud.region, options=Options("", "", ""), clients=CLIENTS),
        account=ACCOUNT,
        deploy=deploy,
        patience=PATIENCE.times(patience()),
        interval=timedelta(minutes=1) / SPEED,
        pause=timedelta(seconds=0.5),
        look_again=carry_metrics,
        while_destroying=lambda: cloud.permissions.expecting_refusals("*"),
        is_local=True,
    )


@contextmanager
def _led_to(cloud: LocalCloud) -> Iterator[None]:
    """Lead every client of this process to the cloud, and none to a real account, whatever the user has set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    endpoints = {f"AWS_ENDPOINT_URL_{service.upper()}": cloud.simulator.url for service in SIMULATED}
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "NO_PROXY": "127.0.0.1"}
    before = dict(os.environ)
    _set_environment({**kept, **cloud.environment, **endpoints, **nothing})
    try:
        yield
    finally:
        _set_environment(before)


def _set_environment(variables: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(variables)
