"""A real account: its credentials, and the CDK that deploys into it."""

import subprocess
from collections.abc import Mapping
from datetime import timedelta
from tempfile import TemporaryDirectory
from typing import Final

import boto3

from operator_cli.aws_session import account_of, environment_of
from operator_cli.deploy import ABOUT_BOOTSTRAP, USUAL_QUALIFIER, Target, is_bootstrapped
from verify_aws.surroundings import CHECKOUT, CONFIG_FILE, CannotRunError, DeploymentFailedError, Surroundings
from verify_aws.waiting import ON_AWS

_TAIL_LINES: Final = 40


def surroundings_on_aws(session: boto3.Session, *, qualifier: str) -> Surroundings:
    """The account of the session's credentials.

    Raises CannotRunError if it cannot be deployed to, ConfigurationError if AWS does not say whether it can, and what
    boto3 raises if AWS cannot be asked.
    """
    account = account_of(session)
    _check_bootstrap(Target(session=session, account=account, region=session.region_name, qualifier=qualifier))

    def deploy() -> None:
        context = ["--context", f"config={CONFIG_FILE}"]
        if qualifier != USUAL_QUALIFIER:
            context += ["--context", f"@aws-cdk/core:bootstrapQualifier={qualifier}"]
        with TemporaryDirectory(prefix="verify-aws-") as assembly:
            _cdk(
                ["deploy", "--require-approval", "never", "--progress", "events", "--output", assembly, *context],
                environment_of(session, account),
            )

    return Surroundings(
        session=session,
        account=account,
        deploy=deploy,
        patience=ON_AWS,
        interval=timedelta(minutes=1),
        pause=timedelta(seconds=5),
    )


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
