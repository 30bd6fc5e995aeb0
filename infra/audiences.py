"""Which alerts a subscription gets: those that are for a recipient it belongs to, and loud enough for it as that."""

from collections.abc import Mapping

from aws_cdk import aws_sns as sns

from journey_watch import contract
from journey_watch.core.severity import SENT, Severity


def audience_policy(least: Mapping[str, Severity]) -> dict[str, sns.SubscriptionFilter]:
    """The filter policy of somebody who is these recipients, each from this severity on."""
    wanted = [
        contract.audience(recipient, severity)
        for recipient, minimum in least.items()
        for severity in SENT
        if severity.reaches(minimum)
    ]
    return {contract.ATTRIBUTE_RECIPIENT: sns.SubscriptionFilter.string_filter(allowlist=wanted)}
