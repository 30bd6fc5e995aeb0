"""The CDK app: one configuration file, one stack. Nothing here calls AWS."""

import json
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from infra.bundle import build_bundle
from infra.checked_target import check_target
from infra.config_files import deployed_file
from infra.deployment_config import DeploymentConfig
from infra.journey_watch_stack import JourneyWatchStack
from infra.limits import check_limits
from infra.reader_role import ReaderRoleStack
from journey_watch.core.errors import ConfigurationError, JourneyWatchError


def build(app: cdk.App, environ: Mapping[str, str]) -> cdk.Stack:
    """Add the one stack that the context (`cdk -c KEY=VALUE`) asks for.

    config: the deployment's TOML file; default `config/local.toml` if there is one, else `config/default.toml`.
    reader: a role_arn of that file; then the stack is that role, for the account it is in.
    email: refused unless the file names that address, for the next deployment would take it away.
    Raises ConfigurationError, or BundleError if the function cannot be built.
    """
    # The CDK command line knows the account only if it has credentials; without, it makes its Region up, and the
    # template leaves both open.
    account = environ.get("CDK_DEFAULT_ACCOUNT")
    region = environ.get("CDK_DEFAULT_REGION") if account else None
    check_target(environ, account=account, region=region)
    path = Path(app.node.try_get_context("config") or deployed_file(Path()))
    config = DeploymentConfig.from_file(
        path,
        own_account=account or "own",
        own_region=region or "own",
    )
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    if reader := app.node.try_get_context("reader"):
        return ReaderRoleStack(app, config=config, role_arn=reader)
    email = app.node.try_get_context("email")
    if email is not None and config.with_recipient(email) != config:
        raise ConfigurationError(
            f"-c email: {path} does not name {email}, so that the next deployment would take it away again. Run make "
            f"deploy EMAIL={shlex.quote(email)}, which writes it into the file, or add it there under [alerts] and "
            "[ops]."
        )
    return JourneyWatchStack(
        app,
        config=config,
        bundle=build_bundle(config.for_poller()),
        env=cdk.Environment(account=account, region=region),
    )


if __name__ == "__main__":
    try:
        # The CDK's own rules would take two thirds of each synth; tests hold the templates against them.
        cdk_app = cdk.App(builtin_cloud_formation_validation=False)
        stack = build(cdk_app, os.environ)
        written = Path(cdk_app.synth().directory, stack.template_file)
        check_limits(json.loads(written.read_text(encoding="utf-8")), stack.stack_name)
    except JourneyWatchError as error:
        sys.exit(f"error: {error}")
