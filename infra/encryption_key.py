"""The deployment's own key. SNS's AWS-managed key would not do: CloudWatch alarms may not use it."""

from typing import Final

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.nag import acknowledge

_DATA_ACTIONS: Final = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")


class EncryptionKey(Construct):
    """Encrypts the table and the topics. It must outlive a table that outlives the stack."""

    def __init__(self, scope: Construct, construct_id: str, *, keep_data: bool) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            description=f"Journey Watch: state table and topics of {Aws.STACK_NAME}",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY,
            pending_window=None if keep_data else Duration.days(7),
        )

    def grant_data_access(self, role: iam.Role) -> None:
        """What DynamoDB (Developer Guide, "DynamoDB encryption at rest: usage notes") and SNS ask of their callers."""
        role.add_to_principal_policy(iam.PolicyStatement(actions=list(_DATA_ACTIONS), resources=[self.key.key_arn]))
        acknowledge(
            role,
            *(f"IAM5[Action::{action}]" for action in _DATA_ACTIONS if "*" in action),
            reason="The services ask for these families of actions; they are granted on this deployment's key alone.",
        )

    def grant_reading(self, role: iam.Role) -> None:
        """What DynamoDB asks of those who only read."""
        role.add_to_principal_policy(iam.PolicyStatement(actions=["kms:Decrypt"], resources=[self.key.key_arn]))
