"""Finds recipients who get nothing: SNS sends nothing to a subscription that nobody confirmed, and tells nobody."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from journey_watch.aws.errors import source_error

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

_PENDING: Final = "PendingConfirmation"
"""What SNS gives in place of the ARN until somebody has followed the link."""


@dataclass(frozen=True, slots=True)
class Unheard:
    """An address that asked for the messages of a topic and does not get them."""

    address: str
    topic_arn: str
    pending: bool
    """True: SNS waits for somebody to follow its link. False: the topic has no subscription of it, or none any more."""


class TopicSubscriptions:
    """The subscriptions of topics; `expected` are the addresses each should have, by topic ARN."""

    def __init__(self, client: "SNSClient", expected: Mapping[str, Collection[str]]) -> None:
        self._client = client
        self._expected = expected

    def unconfirmed(self) -> list[str]:
        """The addresses of `unheard`, once for each topic. Raises SourceError if SNS does not say."""
        return [each.address for each in self.unheard()]

    def unheard(self) -> list[Unheard]:
        """Who asked for messages and does not get them, by topic and address.

        A subscription that is never confirmed disappears after two days, and so does one that was given up: so an
        expected address that is not there counts too. Raises SourceError if SNS does not say.
        """
        return [each for topic, expected in self._expected.items() for each in self._missing(topic, expected)]

    def _missing(self, topic_arn: str, expected: Collection[str]) -> list[Unheard]:
        pages = self._client.get_paginator("list_subscriptions_by_topic")
        try:
            found = [each for page in pages.paginate(TopicArn=topic_arn) for each in page["Subscriptions"]]
        except Exception as error:
            raise source_error(error, "Listing the subscriptions of a topic") from error
        pending = {each["Endpoint"] for each in found if each["SubscriptionArn"] == _PENDING}
        confirmed = {each["Endpoint"] for each in found if each["SubscriptionArn"].startswith("arn:")}
        return [
            Unheard(address, topic_arn, pending=address in pending)
            for address in sorted((pending | set(expected)) - confirmed)
        ]
