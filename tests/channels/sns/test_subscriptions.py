"""Who gets nothing of a topic: the pending, the deleted, and those who never were there."""

import boto3
import pytest
from botocore.stub import Stubber

from journey_watch.channels.sns.subscriptions import TopicSubscriptions, Unheard
from journey_watch.core.errors import SourceError

MAIL = "arn:aws:sns:eu-west-1:123456789012:mail"


def test_whoever_is_pending_or_gone_is_unheard_and_whoever_is_confirmed_is_not() -> None:
    client = boto3.client("sns", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    listed = {
        "confirmed@example.com": f"{MAIL}:1",
        "pending@example.com": "PendingConfirmation",
        "by-hand@example.com": "PendingConfirmation",
        "deleted@example.com": "Deleted",
    }
    subscriptions = [{"Endpoint": address, "SubscriptionArn": arn} for address, arn in listed.items()]
    expected = ("confirmed@example.com", "pending@example.com", "deleted@example.com", "never@example.com")
    topics = TopicSubscriptions(client, {MAIL: expected})
    with Stubber(client) as stub:
        stub.add_response("list_subscriptions_by_topic", {"Subscriptions": subscriptions}, {"TopicArn": MAIL})
        assert topics.unheard() == [
            Unheard("by-hand@example.com", MAIL, pending=True),
            Unheard("deleted@example.com", MAIL, pending=False),
            Unheard("never@example.com", MAIL, pending=False),
            Unheard("pending@example.com", MAIL, pending=True),
        ]
        stub.add_client_error("list_subscriptions_by_topic", "AuthorizationError")
        with pytest.raises(SourceError):
            topics.unheard()
