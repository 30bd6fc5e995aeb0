"""Where the programs of the local cloud are, and the environments they run in, which lead to no real account."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from infra.own_node import NODE, with_own_node
from local_cloud.errors import ToolMissingError

CHECKOUT = Path(__file__).resolve().parent.parent
ACCOUNT = "111122223333"
"""MiniStack's account: the one that the simulator's scenarios are about."""

LEFT_OVER = CHECKOUT / ".local-cloud"
"""What outlives a local cloud: the log of a step that failed; jsii's unpacked libraries, which save 8 s a synth."""

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Toolchain:
    """The installed programs, as paths."""

    cdk: Path
    ministack_python: Path
    """The interpreter of MiniStack's own environment. Functions run in it too."""

    @classmethod
    def find(cls, checkout: Path = CHECKOUT) -> Self:
        """Look where `make install` puts them. Raises ToolMissingError, naming the first that is not there."""
        if not NODE.exists():
            raise ToolMissingError("Node.js", f"no {NODE}")
        cdk = checkout / "node_modules" / ".bin" / "cdk"
        if not cdk.exists():
            raise ToolMissingError("The CDK command line", f"no {cdk}")
        python = checkout / ".venv-ministack" / "bin" / "python"
        if not python.exists():
            raise ToolMissingError("MiniStack", f"no {python}")
        return cls(cdk=cdk, ministack_python=python)


def credentials(region: str) -> dict[str, str]:
    """Made-up credentials: MiniStack accepts any, AWS none of these."""
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def ministack_environment(
    *,
    port: int,
    region: str,
    home: Path,
    endpoints: Mapping[str, str],
    speed: float,
    inbox: Path,
    permissions: Path,
) -> dict[str, str]:
    """The whole environment of MiniStack, which functions inherit: so it holds nothing of the user's but the PATH.

    `endpoints` maps a service, as in AWS_ENDPOINT_URL_<SERVICE>, to where functions find it instead of in MiniStack.
    """
    temporary = home / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "PYTHONUNBUFFERED": "1",
        **credentials(region),
        "BIND_HOST": LOOPBACK,  # its own default is every interface
        "MINISTACK_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": region,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "STATE_DIR": str(home / "state"),
        "S3_DATA_DIR": str(home / "s3"),
        "IOT_MTLS_ENABLED": "0",  # opens a port of its own
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{home}/no-docker.sock",  # else it removes containers it takes for its own
        **{f"AWS_ENDPOINT_URL_{service.upper()}": url for service, url in endpoints.items()},
        "LOCAL_CLOUD_SPEED": repr(speed),
        "LOCAL_CLOUD_INBOX": str(inbox),
        "LOCAL_CLOUD_PERMISSIONS": str(permissions),
    }


def simulator_environment() -> dict[str, str]:
    """The user's environment, unbuffered, so that the line that says it is ready comes at once."""
    return {**os.environ, "PYTHONUNBUFFERED": "1"}


def cdk_environment(*, endpoint: str, region: str, home: Path) -> dict[str, str]:
    """The environment of the CDK command line.

    HOME stays the user's: bundling needs pip's configuration. What CDK and the SDKs would read or write there is sent
    to `home` instead, and all AWS_* and CDK_* of the user are left out: no profile, no real account.
    """
    temporary = home / "tmp"
    temporary.mkdir(exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    direct = ",".join(filter(None, [LOOPBACK, os.environ.get("no_proxy") or os.environ.get("NO_PROXY")]))
    return with_own_node(inherited) | {
        **credentials(region),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONFIG_FILE": str(home / "no-aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / "no-aws-credentials"),
        "CDK_HOME": str(home),
        "TMPDIR": str(temporary),
        "NO_COLOR": "1",  # what it writes is a log
        "CDK_VALIDATION": "false",  # to load the rules takes seconds of a core; tests/infra judges templates by them
        "CDK_DISABLE_CLI_TELEMETRY": "1",
        "CDK_DISABLE_VERSION_CHECK": "1",
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(LEFT_OVER / "jsii"),
        # Where both spellings are set, some programs read this one and some the other.
        "NO_PROXY": direct,
        "no_proxy": direct,
    }
