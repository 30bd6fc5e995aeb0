"""The one table: what was seen, what is owed, and what happened."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.adopted_table import AdoptedTable
from infra.nag import acknowledge
from journey_watch import contract


class StateTable(Construct):
    """The state table: the stack's own, encrypted with its key, or an existing one that is adopted by its name.

    An adopted table stays as it is, whatever becomes of the stack.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, key: kms.IKey, keep_data: bool, adopted: AdoptedTable | None
    ) -> None:
        super().__init__(scope, construct_id)
        self.table: dynamodb.ITable
        if adopted:
            self.table = dynamodb.Table.from_table_name(self, "Adopted", adopted.name)
        else:
            self.table = self._own_table(key, keep_data=keep_data)

    def _own_table(self, key: kms.IKey, *, keep_data: bool) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            "Table",
            partition_key=_string(contract.PARTITION_KEY),
            sort_key=_string(contract.SORT_KEY),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute=contract.EXPIRES_AT,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=keep_data
            ),
            deletion_protection=keep_data,
            # Not RetainExceptOnCreate: CloudFormation cannot delete a protected table, so a first deployment that fails
            # would end in ROLLBACK_FAILED. This way it leaves an empty table.
            removal_policy=RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY,
        )
        table.add_global_secondary_index(
            index_name=contract.LANE_INDEX,
            partition_key=_string(contract.LANE_INDEX_PARTITION_KEY),
            sort_key=_string(contract.LANE_INDEX_SORT_KEY),
        )
        if not keep_data:
            acknowledge(table, "DDB3", reason="keep_data = false asks for a throw-away deployment.")
        return table

    def grant_poller(self, poller: iam.IGrantable) -> None:
        """What one poll does: read the lane, commit, claim, acknowledge, look back when a mute ends. No Delete.

        TransactWriteItems is no action of IAM's: each of its items is judged as the PutItem or UpdateItem that it is.
        """
        iam.Grant.add_to_principal(
            grantee=poller,
            actions=["dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
            resource_arns=[self.table.table_arn],
        ).assert_success()
        # A query of an index is judged by the index's ARN, and by that alone.
        iam.Grant.add_to_principal(
            grantee=poller, actions=["dynamodb:Query"], resource_arns=[self._lane_index_arn]
        ).assert_success()

    def grant_reader(self, reader: iam.IGrantable) -> None:
        """What the page of live runs does: read lanes, and what happened in them."""
        iam.Grant.add_to_principal(
            grantee=reader,
            actions=["dynamodb:Query"],
            resource_arns=[self.table.table_arn, self._lane_index_arn],
        ).assert_success()

    @property
    def _lane_index_arn(self) -> str:
        return f"{self.table.table_arn}/index/{contract.LANE_INDEX}"


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
