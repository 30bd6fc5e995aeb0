"""What the three functions have in common: the bundle, the runtime, a role, and a log that is kept for a month."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.bundle import Bundle
from infra.nag import acknowledge
from journey_watch import contract

RUNTIME: Final = lambda_.Runtime.PYTHON_3_13
"""The newest on which the tests run."""
KEPT: Final = logs.RetentionDays.ONE_MONTH


@dataclass(frozen=True, slots=True)
class LoggedFunction:
    """A function, its role, which may write the log and nothing else yet, and the log."""

    function: lambda_.Function
    role: iam.Role
    log_group: logs.LogGroup


def add_function(
    scope: Construct,
    *,
    bundle: Bundle,
    handler: str,
    description: str,
    role_description: str,
    memory_mb: int,
    timeout: Duration,
    environment: Mapping[str, str],
    **options: Any,  # noqa: ANN401 - further properties of lambda_.Function, which checks them
) -> LoggedFunction:
    """Add a function under `scope`. What else its role may do is granted where it is wired."""
    log_group = logs.LogGroup(scope, "Log", retention=KEPT, removal_policy=RemovalPolicy.DESTROY)
    role = iam.Role(
        scope, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description=role_description
    )
    log_group.grant_write(role)
    function = lambda_.Function(
        scope,
        "Function",
        description=description,
        code=lambda_.Code.from_asset(str(bundle.path), asset_hash=bundle.digest),
        handler=handler,
        runtime=RUNTIME,
        architecture=lambda_.Architecture.ARM_64,
        memory_size=memory_mb,
        timeout=timeout,
        role=role,
        log_group=log_group,
        environment={contract.ENV_SERVICE: Stack.of(scope).stack_name, **environment},
        **options,
    )
    acknowledge(function, "L1", reason="Python 3.13 is the newest runtime that the tests run on.")
    return LoggedFunction(function, role, log_group)
