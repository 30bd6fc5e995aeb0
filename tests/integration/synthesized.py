"""Deploys configurations without the CDK's command line running the app for each: that takes 8 s of a core."""

from pathlib import Path

import aws_cdk as cdk

from app import build
from local_cloud.cdk import app_context
from local_cloud.cloud import LocalCloud
from local_cloud.toolchain import ACCOUNT


def deploy(
    cloud: LocalCloud,
    config: Path,
    *,
    account: str = ACCOUNT,
    reader: str | None = None,
    parameters: dict[str, str] | None = None,
) -> dict[str, str]:
    """Synthesize app.py, and `cdk deploy` the assembly; its outputs.

    `reader` is the role_arn whose stack it is to be instead, in the `account` that the role is in.
    """
    assembly = synthesize(
        config, cloud.directory / f"assembly-{account}", account=account, region=cloud.region, reader=reader
    )
    return cloud.deploy(app=assembly, parameters=parameters, account=account)


def synthesize(
    config: Path, assembly: Path, *, account: str = ACCOUNT, region: str = "eu-west-1", reader: str | None = None
) -> Path:
    """What `cdk synth` writes, from app.py run in this process, whose kernel already runs; the directory."""
    app = cdk.App(
        context=app_context(config=str(config), **({"reader": reader} if reader else {})), outdir=str(assembly)
    )
    build(app, {"CDK_DEFAULT_ACCOUNT": account, "CDK_DEFAULT_REGION": region})
    app.synth()
    return assembly
