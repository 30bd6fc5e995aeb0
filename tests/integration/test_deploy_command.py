"""`make deploy` as a newcomer types it, into an account that is empty, without a terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_cloud.cloud import LocalCloud
from local_cloud.toolchain import CHECKOUT

pytestmark = pytest.mark.integration


def test_the_first_deployment_bootstraps_and_the_next_takes_nobody_away(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text((CHECKOUT / "config/default.toml").read_text(encoding="utf-8"), encoding="utf-8")

    with LocalCloud.start() as cloud:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
        nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "CDK_HOME": str(tmp_path)}

        def deploy(*arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(  # noqa: S603 - our own words
                [sys.executable, "-m", "operator_cli.deploy", "--config", str(mine), *arguments],
                cwd=CHECKOUT,
                env=kept | cloud.environment | nowhere,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )

        unasked = deploy("--email", "you@example.com")
        assert unasked.returncode == 1
        assert "add BOOTSTRAP=1" in unasked.stderr

        refused = deploy("--bootstrap")
        assert refused.returncode == 1
        assert "names nobody who gets the alerts" in refused.stderr

        first = deploy("--bootstrap", "--email", "you@example.com", "--", "--output", str(tmp_path / "cdk.out"))
        assert first.returncode == 0, first.stderr
        assert "AdministratorAccess" in first.stdout
        assert addresses(cloud) == {"you@example.com"}

        mine.write_text(mine.read_text(encoding="utf-8").replace("you@", "me@"), encoding="utf-8")
        second = deploy()
        assert second.returncode == 1
        assert "sends to you@example.com" in second.stderr
        assert addresses(cloud) == {"you@example.com"}


def addresses(cloud: LocalCloud) -> set[str]:
    found = cloud.client("sns").list_subscriptions()["Subscriptions"]
    return {subscription["Endpoint"] for subscription in found if subscription["Protocol"] == "email"}
