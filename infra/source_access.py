"""Permission to read what is watched: the poller's own, and that of a reader role in another account."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from aws_cdk import Fn
from aws_cdk import aws_iam as iam

from infra.nag import acknowledge
from journey_watch.aws.access import Access
from journey_watch.aws.event_history import ACCESS as EVENT_HISTORY
from journey_watch.core.attribution import Attribution
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.watch_list import WatchTarget
from journey_watch.providers.entry import ProviderEntry
from journey_watch.providers.registry import REGISTRY

# IAM and AWS STS quotas: a managed policy has at most 6,144 characters, a role at most 10 of them.
_ARNS_PER_POLICY: Final = 6_144 - 700  # the rest is for what stands around the ARNs
_MANAGED_POLICIES: Final = 10
_MAX_NAMES: Final = {
    "${AWS::Partition}": "aws-us-gov",
    "${AWS::Region}": "ap-northeast-1",
    "${AWS::AccountId}": "111122223333",
}


def grant_reading(
    role: iam.Role, lanes: Iterable[Sequence[WatchTarget]], *, attribution: Attribution = Attribution.OFF
) -> None:
    """Let a role read the targets of lanes in the role's own account, and look up who has changed them.

    Raises ConfigurationError if a role cannot hold so many permissions.
    """
    policies = list(_policies(lanes, attribution))
    if len(policies) > 1 + _MANAGED_POLICIES:
        raise ConfigurationError('[[watch]] names more than one role may be allowed; watch "*" instead of single ids.')
    for number, pieces in enumerate(policies):
        statements = [_statement(piece) for piece in pieces]
        if number == 0:
            for statement in statements:
                role.add_to_principal_policy(statement)
        else:
            iam.ManagedPolicy(
                role,
                f"Reading{number}",
                roles=[role],
                document=iam.PolicyDocument(statements=statements, minimize=True),
            )
    acknowledge(
        role,
        *(
            f"IAM5[Resource::{resource.replace('${', '<').replace('}', '>')}]"
            for pieces in policies
            for piece in pieces
            for resource in piece.resources
            if "*" in resource
        ),
        reason="Read-only, and no wider than the watch list.",
    )


def grant_assuming(role: iam.Role, reader_role_arn: str) -> None:
    """Let a role assume a reader role, and no other, in another account."""
    role.add_to_principal_policy(iam.PolicyStatement(actions=["sts:AssumeRole"], resources=[reader_role_arn]))


def _policies(lanes: Iterable[Sequence[WatchTarget]], attribution: Attribution) -> Iterator[list[Access]]:
    """The permissions in portions that fit into a policy each; statements with the same actions are merged there."""
    portion: list[Access] = []
    size = 0
    for targets in lanes:
        entry = REGISTRY[targets[0].provider]
        for access in (*entry.access(targets), *attribution_access(entry, targets, attribution)):
            for resource in access.resources:
                needed = _size(resource)
                if size + needed > _ARNS_PER_POLICY:
                    yield portion
                    portion, size = [], 0
                portion.append(Access(access.actions, (resource,)))
                size += needed
    if portion:
        yield portion


def attribution_access(
    entry: ProviderEntry, targets: Sequence[WatchTarget], attribution: Attribution
) -> Iterator[Access]:
    """What looking up who did it takes, in the account of the role that reads."""
    if attribution is not Attribution.OFF and entry.words.calls is not None:
        yield EVENT_HISTORY
    if attribution is Attribution.ON:
        yield from entry.naming_access(targets)


def _size(resource: str) -> int:
    for name, longest in _MAX_NAMES.items():
        resource = resource.replace(name, longest)
    return len(f'"{resource}",')


def _statement(access: Access) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=list(access.actions),
        resources=[Fn.sub(resource) if "${" in resource else resource for resource in access.resources],
    )
