"""The judge itself: what IAM makes of a policy, and which permissions a call needs."""

from typing import Any

import pytest

from infra.operations import Operation
from tests.permissions.calls import Site, permissions
from tests.permissions.policy import Statement, allows

TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/state"
QUERY = Operation("dynamodb:Query", TABLE)
SITE = Site("111122223333", "eu-west-1")


def statement(effect: str = "Allow", action: str = "dynamodb:Query", to: str = TABLE, **more: object) -> Statement:
    return {"Effect": effect, "Action": action, "Resource": to, **more}


def needs(service: str, operation: str, **parameters: object) -> list[tuple[str, str]]:
    return [(each.action, each.resource) for each in permissions(service, operation, parameters, SITE)]


@pytest.mark.parametrize(
    ("action", "to", "allowed"),
    [
        ("dynamodb:Query", TABLE, True),
        ("DynamoDB:query", TABLE, True),
        ("dynamodb:Q*", "*", True),
        ("dynamodb:Query", "arn:aws:dynamodb:*:table/stat?", True),
        ("dynamodb:Query", TABLE.upper(), False),
        ("dynamodb:Query", f"{TABLE}/*", False),
        ("dynamodb:Query", f"{TABLE}?", False),
        ("dynamodb:Quer", TABLE, False),
        ("dynamodb:GetItem", TABLE, False),
        ("dynamodb:Query", TABLE.replace("state", "[s]tate"), False),
    ],
)
def test_stars_and_question_marks_match_and_nothing_else_does(action: str, to: str, *, allowed: bool) -> None:
    assert allows([statement(action=action, to=to)], QUERY) is allowed


def test_what_nobody_allows_is_refused() -> None:
    assert not allows([], QUERY)


def test_a_denial_outweighs_every_permission() -> None:
    assert not allows([statement(), statement("Deny", "dynamodb:*", "*"), statement()], QUERY)


@pytest.mark.parametrize("via", ["dynamodb.eu-west-1.amazonaws.com", None])
def test_a_condition_holds_only_for_the_value_it_names(via: str | None) -> None:
    operation = Operation("kms:Decrypt", "key", (("kms:ViaService", via),) if via else ())
    limit = {"StringEquals": {"kms:ViaService": ["dynamodb.eu-west-1.amazonaws.com"]}}

    assert allows([statement(action="kms:Decrypt", to="key", Condition=limit)], operation) is bool(via)


@pytest.mark.parametrize("more", [{"NotAction": "*"}, {"Condition": {"StringLike": {"aws:RequestedRegion": ["*"]}}}])
def test_what_the_judge_has_not_learnt_is_no_permission_but_an_error(more: dict[str, Any]) -> None:
    with pytest.raises(NotImplementedError, match="teach tests/permissions"):
        allows([statement(**more)], QUERY)


def test_a_call_that_nobody_has_looked_up_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"Look up what dynamodb\.Scan needs"):
        needs("dynamodb", "Scan", TableName="state")


def test_a_query_of_an_index_needs_the_index_and_not_the_table() -> None:
    assert needs("dynamodb", "Query", TableName="state") == [("dynamodb:Query", TABLE)]
    assert needs("dynamodb", "Query", TableName="state", IndexName="by") == [("dynamodb:Query", f"{TABLE}/index/by")]


def test_a_transaction_needs_what_its_items_are() -> None:
    items = [{kind: {"TableName": "state"}} for kind in ("Put", "Update", "Delete", "ConditionCheck")]

    assert needs("dynamodb", "TransactWriteItems", TransactItems=items) == [
        (f"dynamodb:{action}", TABLE) for action in ("PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem")
    ]


def test_a_batch_of_messages_is_published() -> None:
    assert needs("sns", "PublishBatch", TopicArn="topic") == [("sns:Publish", "topic")]
