"""What every function needs before it can do anything: a log that is kept for a month, and a role that may write it."""

from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

KEPT: Final = logs.RetentionDays.ONE_MONTH


def logged_role(scope: Construct, *, description: str) -> tuple[logs.LogGroup, iam.Role]:
    """A function's log group and its role, under `scope`. What else the role may do is granted where it is wired."""
    log_group = logs.LogGroup(scope, "Log", retention=KEPT, removal_policy=RemovalPolicy.DESTROY)
    role = iam.Role(scope, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description=description)
    log_group.grant_write(role)
    return log_group, role
