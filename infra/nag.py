"""cdk-nag findings that are as they should be."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, *findings: str, reason: str) -> None:
    """Accept findings of the AWS Solutions rules, like `DDB3` or `IAM5[Action::kms:Encrypt*]`, for a construct."""
    for finding in findings:
        Validations.of(construct).acknowledge(Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason))
