"""A real account: its credentials, and the CDK that deploys into it."""

import os
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from tempfile import TemporaryDirectory
from typing import Final

import boto3

from operator_cli.aws_errors import check_setup
from operator_cli.deploy import ABOUT_BOOTSTRAP, USUAL_QUALIFIER, Target, is_bootstrapped
from verify_aws.surroundings import CHECKOUT, CONFIG_FILE, CannotRunError, DeploymentFailedError, Surroundings
from verify_aws.waiting import ON_AWS

_TAIL_LINES: Final = 40


def surroundings_on_aws(session: boto3.Session, *, qualifier: str) -> Surroundings:
    """The account of the session's credentials.

    Raises CannotRunError if it cannot be deployed to, ConfigurationError if AWS does not say whether it can, and what
    boto3 raises if AWS cannot be asked.
    """
    if not session.region_name:
        raise CannotRunError("No Region: name one with --region (make verify-aws REGION=…).")
    check_setup(session)
    account = session.client("sts").get_caller_identity()["Account"]
    _check_bootstrap(
        Target(session=session, account=account, region=session.region_name, profile=None, qualifier=qualifier)
    )

    def deploy() -> None:
        context = ["--context", f"config={CONFIG_FILE}"]
        if qualifier != USUAL_QUALIFIER:
            context += ["--context", f"@aws-cdk/core:bootstrapQualifier={qualifier}"]
        with TemporaryDirectory(prefix="verify-aws-") as assembly:
            _cdk(
                ["deploy", "--require-approval", "never", "--progress", "events", "--output", assembly, *context],
                environment_of(session),
            )

    return Surroundings(
        session=session,
        account=account,
        deploy=deploy,
        patience=ON_AWS,
        interval=timedelta(minutes=1),
        pause=timedelta(seconds=5),
    )


def environment_of(session: boto3.Session) -> Mapping[str, str]:
    """What leads the CDK to the session's account: its credentials as they are now, whatever profile they came from.

    They must last for a deployment of some minutes. Raises CannotRunError if there are none.
    """
    credentials = session.get_credentials()
    if credentials is None:
        raise CannotRunError("There are no AWS credentials: set AWS_PROFILE, or name one with --profile.")
    frozen = credentials.get_frozen_credentials()
    others = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"}
    inherited = {name: value for name, value in os.environ.items() if name not in others}
    return {
        **inherited,
        "AWS_REGION": session.region_name,
        "AWS_DEFAULT_REGION": session.region_name,
        "AWS_ACCESS_KEY_ID": frozen.access_key or "",
        "AWS_SECRET_ACCESS_KEY": frozen.secret_key or "",
        **({"AWS_SESSION_TOKEN": frozen.token} if frozen.token else {}),
        "CDK_DISABLE_CLI_TELEMETRY": "1",
    }


def _check_bootstrap(target: Target) -> None:
    if not is_bootstrapped(target):
        about = ABOUT_BOOTSTRAP.format(
            account=target.account, region=target.region, stack=target.bootstrap_stack, qualifier=target.qualifier
        )
        raise CannotRunError(f"{about}\nIf it is: npx cdk bootstrap aws://{target.account}/{target.region}")


def _cdk(arguments: list[str], environment: Mapping[str, str]) -> None:
    program = CHECKOUT / "node_modules" / ".bin" / "cdk"
    if not program.exists():
        raise CannotRunError(f"The CDK command line is missing (no {program}). Run `make install`, then try again.")
    done = subprocess.run(  # noqa: S603 - our own words
        [str(program), *arguments, "--ci", "--no-color", "--no-notices"],
        cwd=CHECKOUT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DeploymentFailedError("\n".join(done.stdout.splitlines()[-_TAIL_LINES:]))
