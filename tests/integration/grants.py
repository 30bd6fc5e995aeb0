"""Gives a role just these permissions, or takes some away from a deployed one, which counts at once."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any

import boto3

from local_cloud.cloud import LocalCloud
from local_cloud.toolchain import ACCOUNT

Statement = dict[str, Any]


@contextmanager
def session_of_a_role(cloud: LocalCloud, *statements: dict[str, Any]) -> Iterator[boto3.Session]:
    """A session of a new role that has only these permissions."""
    iam, root = cloud.client("iam"), {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    trust = {"Statement": [{"Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName="visitor", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]}
    iam.put_role_policy(RoleName="visitor", PolicyName="all", PolicyDocument=json.dumps(policy))
    keys = cloud.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="test")["Credentials"]
    yield boto3.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name=cloud.region,
    )
    iam.delete_role_policy(RoleName="visitor", PolicyName="all")
    iam.delete_role(RoleName="visitor")


@contextmanager
def taken_away(
    cloud: LocalCloud, role_arn: str, action: str, resource: str = "*", *, via: str = "", expected: bool = True
) -> Iterator[None]:
    """While the block runs, the role's inline policies do not allow an action on resources that match a wildcard.

    `via` names the service by way of which alone it was allowed. Unless `expected` is false, the refusals that this
    leads to fail no test. Raises AssertionError if no policy allowed it before.
    """
    iam, role = cloud.client("iam"), role_arn.rpartition("/")[2]
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    before = {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}
    after = {name: _without(document, action, resource, via) for name, document in before.items()}
    assert before != after, f"{role_arn} was not allowed {action} on {resource}"
    with cloud.permissions.expecting_refusals(*([action] if expected else [])):
        try:
            for name, document in after.items():
                _put(cloud, role, name, document)
            yield
        finally:
            for name, document in before.items():
                _put(cloud, role, name, document)


def _put(cloud: LocalCloud, role: str, name: str, document: dict[str, Any]) -> None:
    iam = cloud.client("iam")
    if document["Statement"]:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
    else:
        iam.delete_role_policy(RoleName=role, PolicyName=name)


def _without(document: dict[str, Any], action: str, resource: str, via: str) -> dict[str, Any]:
    kept: list[Statement] = []
    for statement in document["Statement"]:
        affected = not via or f'"{via}.' in json.dumps(statement.get("Condition", {}))
        kept += _left_of(statement, action, resource) if affected else [statement]
    return {**document, "Statement": kept}


def _left_of(statement: Statement, action: str, resource: str) -> Iterator[Statement]:
    actions, resources = _listed(statement["Action"]), _listed(statement["Resource"])
    hit = [each for each in actions if fnmatchcase(action, each)]
    if others := [each for each in actions if each not in hit]:
        yield {**statement, "Action": others}
    if hit and (spared := [each for each in resources if not fnmatchcase(each, resource)]):
        yield {**statement, "Action": hit, "Resource": spared}


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
