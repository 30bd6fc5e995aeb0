"""The role that lets the poller read another account: a plain template, fit for `cdk deploy` and for StackSets."""

from aws_cdk import BootstraplessSynthesizer, CfnOutput, CfnParameter, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.deployment_config import DeploymentConfig
from infra.source_access import grant_reading
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.watch_list import lanes_of
from strict_toml.tables import nearest


class ReaderRoleStack(Stack):
    """The role that a configuration's `[[watch]]` entries name by this ARN, with just the permissions they need.

    Raises ConfigurationError if none of them names it.
    """

    def __init__(self, scope: Construct, *, config: DeploymentConfig, role_arn: str) -> None:
        targets = [target for target in config.watch if target.role_arn == role_arn]
        if not targets:
            known = sorted({target.role_arn for target in config.watch if target.role_arn})
            raise ConfigurationError(
                f'-c reader="{role_arn}" is no role_arn of the configuration{nearest(role_arn, known)}. '
                f"It names {', '.join(known) or 'none'}."
            )
        super().__init__(
            scope,
            f"{config.name}-reader",
            description=f"Lets Journey Watch ({config.name}) read this account. Deploy it in the watched Region",
            synthesizer=BootstraplessSynthesizer(),
        )
        poller_role = CfnParameter(
            self,
            "PollerRoleArn",
            description="The output PollerRoleArn of the Journey Watch stack",
            allowed_pattern=r"arn:aws[a-z-]*:iam::\d{12}:role/.+",
        )
        *path, name = role_arn.partition(":role/")[2].split("/")
        external_ids = sorted({target.external_id for target in targets if target.external_id})
        role = iam.Role(
            self,
            "Role",
            role_name=name,
            path=f"/{'/'.join(path)}/" if path else None,
            assumed_by=iam.ArnPrincipal(poller_role.value_as_string),
            external_ids=external_ids or None,
            description="Lets Journey Watch list journeys and their runs",
        )
        lanes = lanes_of(targets, own_account=self.account, own_region=self.region)
        grant_reading(role, lanes.values(), attribution=config.watching.attribution)
        CfnOutput(self, "ReaderRoleArn", value=role.role_arn, description="role_arn of the [[watch]] entries")
