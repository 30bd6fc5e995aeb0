"""`make deploy`: deploys to the AWS account of the current credentials with the CDK, and takes no recipient away.

Recipients are those of one file, so that the next deployment, by whatever command, still knows them.
"""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
import click
from botocore.exceptions import ClientError

from infra.config_files import DEFAULT, LOCAL, add_recipient, copy_default, deployed_file
from infra.deployment_config import RECIPIENTS_KEY, DeploymentConfig
from journey_watch.core.errors import ConfigurationError, JourneyWatchError
from journey_watch.messages.untrusted_text import for_terminal
from operator_cli.aws_errors import AWS_ERRORS, Options, explained, is_refusal
from operator_cli.aws_session import account_of, environment_of, open_session
from strict_toml.tables import quoted

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

CHECKOUT: Final = Path(__file__).resolve().parent.parent
USUAL_QUALIFIER: Final = "hnb659fds"
"""The CDK's own, which tells its bootstrap resources apart from those of others."""
OPTIONS: Final = Options("PROFILE=NAME", "REGION=NAME", "Ask whoever gave you these credentials.")
_QUALIFIER: Final = re.compile(r"[A-Za-z0-9_-]{1,10}")
_BOOTSTRAP_STACK: Final = "CDKToolkit"

ABOUT_BOOTSTRAP: Final = """\
The CDK was never used in account {account}, Region {region}: it has to be bootstrapped first, once.
That makes the stack {stack}, with a bucket for code and a few roles. CloudFormation deploys with one of them,
cdk-{qualifier}-cfn-exec-role-…, which is an administrator (AdministratorAccess): whoever may assume the CDK's
deploy role can have anything done in this account. If that is not wanted, stop here, and bootstrap by hand with less:
  npx cdk bootstrap --cloudformation-execution-policies POLICY_ARN"""


_QUEUED: Final = ("webhook:", "pagerduty:", "signed-webhook:")
"""How the recipients that have a queue of their own are listed."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where to deploy to."""

    session: boto3.Session
    account: str
    region: str
    qualifier: str

    @property
    def bootstrap_stack(self) -> str:
        """Another qualifier has a stack of its own: bootstrapping must not take the usual one from other apps."""
        return _BOOTSTRAP_STACK if self.qualifier == USUAL_QUALIFIER else f"{_BOOTSTRAP_STACK}-{self.qualifier}"


def check_cdk_arguments(arguments: Sequence[str]) -> None:
    """Refuse what would lead the CDK to another account than the one that is checked. Raises ConfigurationError."""
    for argument in arguments:
        if argument.partition("=")[0] == "--profile":
            raise ConfigurationError("CDK_ARGS names a profile for the CDK alone; choose it with PROFILE=NAME instead.")


def check_config(checkout: Path, named: Path | None, email: str | None) -> None:
    """Raise ConfigurationError if the file has mistakes, or the address is none. Writes nothing."""
    config = DeploymentConfig.from_file(named or checkout / deployed_file(checkout))
    if email is not None:
        config.with_recipient(email)


def choose_config(checkout: Path, named: Path | None, email: str | None) -> Path:
    """The file to deploy. An e-mail address is written into it, or into a config/local.toml made for it.

    Raises ConfigurationError if that is no address, or the file has mistakes, or cannot be written.
    """
    path = named or checkout / deployed_file(checkout)
    if email is None:
        return path
    DeploymentConfig().with_recipient(email)
    if named is None and deployed_file(checkout) == DEFAULT:
        path = copy_default(checkout)
        click.echo(f"Wrote {LOCAL}, a copy of {DEFAULT}: edit it to watch something else. Later deployments use it.")
    if add_recipient(path, email):
        click.echo(f"Added {email} to {_shown(path)}, under [alerts] and [ops]; everybody who was there stays.")
    return path


def check_recipients(config: DeploymentConfig, shown: str, *, deployed: set[str] | None, let_go: Sequence[str]) -> None:
    """Refuse what would tell nobody, or would take a recipient away who was not named for it.

    `deployed` are the recipients of the stack that is there, None if there is none yet. Raises ConfigurationError.
    """
    lost = sorted((deployed or set()) - config.recipients - set(let_go))
    if lost:
        raise ConfigurationError(
            f"The deployed stack {config.name} sends to {', '.join(lost)}, and {shown} does not: nothing is deployed. "
            f"Add who is missing to {shown}, name the right file with CONFIG=PATH, or, if they are to get nothing any "
            f'more, add REMOVE="{" ".join(lost)}" to the command.{_waiting_in_queues(lost)}'
        )
    if deployed is None and not config.alerts_somebody:
        raise ConfigurationError(
            f"{shown} names nobody who gets the alerts. Say who: make deploy EMAIL=you@example.com, or name a reader "
            "under [alerts] in the file. If you are going to subscribe to the topic yourself, use npx cdk deploy."
        )


def _waiting_in_queues(lost: Sequence[str]) -> str:
    queued = [name for name in lost if name.startswith(_QUEUED)]
    if not queued:
        return ""
    return (
        f" The queue of {', '.join(queued)} is deleted then, with the alerts that wait in it: docs/integrations.md "
        'says under "Removing a recipient" how to deliver them first.'
    )


def open_target(*, profile: str | None, region: str | None, qualifier: str) -> Target:
    """Return the account and Region to deploy to. Raises ConfigurationError with what to set."""
    if not _QUALIFIER.fullmatch(qualifier):
        raise ConfigurationError(f"QUALIFIER is {quoted(qualifier)}; expected at most 10 letters, digits, - and _.")
    try:
        session = open_session(profile=profile, region=region, options=OPTIONS)
        account = account_of(session)
    except AWS_ERRORS as error:
        raise ConfigurationError(explained(error, OPTIONS)) from error
    return Target(session=session, account=account, region=session.region_name, qualifier=qualifier)


def is_bootstrapped(target: Target) -> bool:
    """Raises ConfigurationError if AWS does not say."""
    try:
        target.session.client("ssm").get_parameter(Name=f"/cdk-bootstrap/{target.qualifier}/version")
    except AWS_ERRORS as error:
        if _code(error) == "ParameterNotFound":
            return False
        raise _cannot_look("whether the CDK is bootstrapped", "ssm:GetParameter", error) from error
    return True


def deployed_recipients(cloudformation: "CloudFormationClient", stack: str) -> set[str] | None:
    """Those of the stack that is there; None if there is none. Raises ConfigurationError if AWS does not say."""
    try:
        body: Any = cloudformation.get_template(StackName=stack).get("TemplateBody")
    except AWS_ERRORS as error:
        if _code(error) == "ValidationError":
            return None
        raise _cannot_look("who gets alerts now", "cloudformation:GetTemplate", error) from error
    if not body:  # A first deployment that got no further than its change set.
        return None
    try:
        return set((json.loads(body) if isinstance(body, str) else body)["Metadata"][RECIPIENTS_KEY])
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"The stack {stack} that is there is none of Journey Watch's: its template does not say whom it sends to. "
            "Give this deployment another name in its configuration."
        ) from error


def _cannot_look(what: str, permission: str, error: Exception) -> ConfigurationError:
    if not is_refusal(error):
        return ConfigurationError(f"Cannot see {what}. {explained(error, OPTIONS)}")
    return ConfigurationError(
        f"Cannot see {what} ({error}). That needs {permission}; without it, deploy by hand with npx cdk deploy, which "
        "does not look."
    )


def _code(error: Exception) -> str:
    return str(error.response.get("Error", {}).get("Code")) if isinstance(error, ClientError) else ""


def cdk(target: Target, *arguments: str) -> None:
    """Run the CDK with the target's credentials and Region. Raises CalledProcessError after the CDK explained it."""
    program = CHECKOUT / "node_modules/.bin/cdk"
    if not program.exists():
        raise ConfigurationError("The CDK command line is not installed: run make install.")
    environment = environment_of(target.session, target.account)
    try:
        subprocess.run([str(program), *arguments], cwd=CHECKOUT, env=environment, check=True)  # noqa: S603
    except OSError as error:
        raise ConfigurationError(f"{program} cannot be run: {error.strerror}. Try make install.") from error


def about_bootstrap(target: Target) -> str:
    """Explain what bootstrapping creates."""
    return ABOUT_BOOTSTRAP.format(
        account=target.account, region=target.region, stack=target.bootstrap_stack, qualifier=target.qualifier
    )


def bootstrap(target: Target, *, agreed: bool) -> None:
    """Bootstrap the account and Region. Ask first unless the operator has agreed."""
    click.echo(about_bootstrap(target))
    if not agreed:
        click.confirm("Bootstrap it?", abort=True)
    own = ("--qualifier", target.qualifier, "--toolkit-stack-name", target.bootstrap_stack)
    arguments = () if target.qualifier == USUAL_QUALIFIER else own
    cdk(target, "bootstrap", f"aws://{target.account}/{target.region}", *arguments)


def deploy(target: Target, config: Path, arguments: Sequence[str], *, interactive: bool) -> None:
    """Deploy a file. The CDK asks before it widens permissions; where nobody can answer, the change is shown first."""
    context = ["-c", f"config={config}"]
    if target.qualifier != USUAL_QUALIFIER:
        context += ["-c", f"@aws-cdk/core:bootstrapQualifier={target.qualifier}"]
    approval: tuple[str, ...] = ()
    if not interactive and not any(argument.startswith("--require-approval") for argument in arguments):
        click.echo("Nobody can be asked here (no terminal): this is what is going to change, and then it is deployed.")
        cdk(target, "diff", *context)
        approval = ("--require-approval", "never")
    cdk(target, "deploy", *context, *approval, *arguments)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--email", metavar="ADDRESS", help="Somebody more who gets the alerts; is written into the configuration."
)
@click.option(
    "--config",
    "named",
    type=click.Path(path_type=Path),
    help="The file to deploy. Default: config/local.toml if there is one, else config/default.toml.",
)
@click.option("--remove", "let_go", multiple=True, metavar="RECIPIENT", help="Somebody who is to get nothing any more.")
@click.option("--profile", help="Whose credentials to use, of your AWS configuration.")
@click.option("--region", help="Deploy to this Region. Default: the Region of your AWS configuration.")
@click.option("--bootstrap", "may_bootstrap", is_flag=True, help="Bootstrap the CDK without asking if it is necessary.")
@click.option("--qualifier", default=USUAL_QUALIFIER, show_default=True, help="Of the CDK's bootstrap resources.")
@click.argument("cdk_arguments", nargs=-1, type=click.UNPROCESSED)
def main(
    *,
    email: str | None,
    named: Path | None,
    let_go: tuple[str, ...],
    profile: str | None,
    region: str | None,
    may_bootstrap: bool,
    qualifier: str,
    cdk_arguments: tuple[str, ...],
) -> None:
    """Deploy Journey Watch to your AWS account.

    CDK_ARGUMENTS, after --, are handed on to `cdk deploy`. Exit codes: 0 it is deployed, 1 it was refused or failed,
    2 the command is not understood; any other is the CDK's own.
    """
    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    check_cdk_arguments(cdk_arguments)
    check_config(CHECKOUT, named and named.absolute(), email)
    target = open_target(profile=profile, region=region, qualifier=qualifier)
    bootstrapped = is_bootstrapped(target)
    if not (bootstrapped or interactive or may_bootstrap):
        raise ConfigurationError(
            f"{about_bootstrap(target)}\nNobody can be asked here (no terminal), so nothing was changed. To bootstrap "
            "and deploy, add BOOTSTRAP=1 to make deploy."
        )
    path = choose_config(CHECKOUT, named and named.absolute(), email)
    config = DeploymentConfig.from_file(path)
    deployed = deployed_recipients(target.session.client("cloudformation"), config.name)
    check_recipients(config, _shown(path), deployed=deployed, let_go=let_go)
    click.echo(f"Deploying {_shown(path)} as {config.name} to account {target.account}, Region {target.region}.")
    if not bootstrapped:
        bootstrap(target, agreed=may_bootstrap)
    deploy(target, path, cdk_arguments, interactive=interactive)
    click.echo("Done. AWS now asks every new address by e-mail to confirm; until then it gets nothing.")


def _shown(path: Path) -> str:
    return str(path.relative_to(CHECKOUT) if path.is_relative_to(CHECKOUT) else path)


if __name__ == "__main__":
    try:
        main()
    except JourneyWatchError as problem:
        sys.exit(f"error: {for_terminal(str(problem))}")
    except subprocess.CalledProcessError as failed:
        sys.exit(failed.returncode)
