"""The deployment's own key. SNS's AWS-managed key would not do: CloudWatch alarms may not use it."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.nag import acknowledge

# DynamoDB Developer Guide, "DynamoDB encryption at rest: usage notes". It names CreateGrant too, which only whoever
# makes the table needs. SNS Developer Guide, "Managing Amazon SNS encryption keys and costs".
_READING: Final = ("kms:Decrypt", "kms:DescribeKey")
_WRITING: Final = (*_READING, "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")
_PUBLISHING: Final = ("kms:Decrypt", "kms:GenerateDataKey*")


class EncryptionKey(Construct):
    """Encrypts the table and the topics. It must outlive a table that outlives the stack.

    `table_key_arn` is the key of a table that is not the stack's own; None for the stack's own table.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, keep_data: bool, table_key_arn: str | None = None
    ) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            description=f"Journey Watch: state table and topics of {Aws.STACK_NAME}",
            enable_key_rotation=True,
            # RetainExceptOnCreate: a first deployment that fails leaves no key behind.
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if keep_data else RemovalPolicy.DESTROY,
            pending_window=None if keep_data else Duration.days(7),
        )
        self._table_key_arn = table_key_arn or self.key.key_arn

    def grant_reading_table(self, role: iam.Role) -> None:
        """What DynamoDB asks of those who read an encrypted table. By way of DynamoDB only, as the others."""
        self._grant(role, _READING, self._table_key_arn, via="dynamodb")

    def grant_writing_table(self, role: iam.Role) -> None:
        """What DynamoDB asks of those who read and write an encrypted table."""
        self._grant(role, _WRITING, self._table_key_arn, via="dynamodb")

    def grant_publishing(self, role: iam.Role) -> None:
        """What SNS asks of those who publish to an encrypted topic."""
        self._grant(role, _PUBLISHING, self.key.key_arn, via="sns")

    @staticmethod
    def _grant(role: iam.Role, actions: Sequence[str], key_arn: str, *, via: str) -> None:
        """The services call KMS as the role. `via` keeps the role itself, and every other service, from the key.

        The policies of AWS's own keys for both services, `aws/dynamodb` and `aws/sns`, have the same condition.
        """
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=list(actions),
                resources=[key_arn],
                conditions={"StringEquals": {"kms:ViaService": f"{via}.{Aws.REGION}.amazonaws.com"}},
            )
        )
        acknowledge(
            role,
            *(f"IAM5[Action::{action}]" for action in actions if "*" in action),
            reason="The services ask for these families of actions; they are granted on this deployment's key alone.",
        )
