"""Whether every role may do what it is used for, in the judgement of IAM itself."""

import json
from collections.abc import Iterator
from typing import Any, Final

from infra.deployed_stack import DeployedStack
from infra.operations import Operation, operations
from journey_watch.core.runs import JourneyKey
from journey_watch.core.watch_list import lanes_of
from verify_aws.findings import Finding, failed, not_checked, ok
from verify_aws.surroundings import Gap
from verify_aws.verification import Verification, said_by

ABOUT: Final = "roles"
ALLOWED: Final = "allowed"
FORBIDDEN: Final = Operation("iam:CreateUser", "*")
"""No role may do it: where it is allowed, a role may do anything, or nothing is judged."""
ANY_JOURNEY: Final = JourneyKey("0a1b2c3d4e5f60718293a4b5c6d7e8f9", "9e8d7c6b5a4f30219e8d7c6b5a4f3021")
"""The stack watches all of them, so any one stands for the others."""


def find(verification: Verification) -> Iterator[Finding]:
    """Ask `iam:SimulatePrincipalPolicy` about every operation of every role."""
    iam = verification.surroundings.client("iam")
    stack = deployed_stack(verification)
    watched = lanes_of(verification.config.watch, own_account=stack.account, own_region=stack.region)
    known, attribution = {lane: [ANY_JOURNEY] for lane in watched}, verification.config.watching.attribution
    without_conditions = Gap.CONDITIONS in verification.surroundings.gaps
    if without_conditions:
        yield not_checked(ABOUT, Gap.CONDITIONS)
    for role, used in sorted(operations(stack, watched, known, attribution).items()):
        asked = sorted(each for each in used if not (without_conditions and each.context))
        if not used:
            continue
        decisions = {each: _decision(iam, stack.arn(role), each) for each in (*asked, FORBIDDEN)}
        denied = [each for each in asked if decisions[each] != ALLOWED]
        for each in denied:
            yield failed(
                ABOUT,
                f"{role} may not do what it is used for: {each}. IAM says {decisions[each]}.",
                role=role,
                action=each.action,
            )
        if decisions[FORBIDDEN] == ALLOWED:
            yield failed(ABOUT, f"{role} may do what no role should: {FORBIDDEN}.", role=role)
        elif not denied:
            yield ok(ABOUT, f"{role} may do all {len(asked)} things that were asked about.", operations=len(asked))


def deployed_stack(verification: Verification) -> DeployedStack:
    """The template as it is deployed, with the ids that CloudFormation gave."""
    template = verification.surroundings.client("cloudformation").get_template(StackName=verification.stack)
    body = template["TemplateBody"]
    session = verification.surroundings.session
    return DeployedStack(
        template=json.loads(body) if isinstance(body, str) else body,
        physical_ids={logical: physical for logical, (physical, _) in verification.resources.items()},
        partition=session.get_partition_for_region(session.region_name),
        region=session.region_name,
        account=verification.surroundings.account,
    )


def _decision(iam: Any, role_arn: str, operation: Operation) -> str:  # noqa: ANN401 - boto3 makes it at run time
    """`allowed`, `implicitDeny`, `explicitDeny`, or why IAM does not judge the question."""
    try:
        (result,) = iam.simulate_principal_policy(
            PolicySourceArn=role_arn,
            ActionNames=[operation.action],
            ResourceArns=[operation.resource],
            ContextEntries=[
                {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
                for key, value in operation.context
            ],
        )["EvaluationResults"]
    except iam.exceptions.InvalidInputException as error:
        return said_by(error)
    decision: str = result["EvalDecision"]
    return decision
