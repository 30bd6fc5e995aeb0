"""Who makes a call, as CloudTrail writes them down: from a short text such as `role:Ops/ada` to a `userIdentity`.

Shapes: AWS CloudTrail User Guide, "CloudTrail userIdentity element".
"""

import hashlib
from typing import Any, Final

from simulator.world import Site

FORMS: Final = "user:NAME, root, role:ROLE/SESSION, sso:PERMISSION-SET/NAME, connect:USER-ID or service:NAME"
_CONNECT_ROLE: Final = "AWSServiceRoleForAmazonConnect_made0up"


class UnknownCallerError(ValueError):
    """A text that is none of the FORMS."""


def user_identity(by: str, site: Site, invoked_by: str = "") -> dict[str, Any]:
    """The `userIdentity` of a caller. Raises UnknownCallerError."""
    kind, _, rest = by.partition(":")
    first, _, second = rest.partition("/")
    account = site.account
    through = {"invokedBy": invoked_by} if invoked_by else {}
    match kind:
        case "user" if rest:
            arn = f"arn:aws:iam::{account}:user/{rest}"
            return {"type": "IAMUser", "arn": arn, "accountId": account, "userName": rest, **through}
        case "root" if not rest:
            return {"type": "Root", "arn": f"arn:aws:iam::{account}:root", "accountId": account, **through}
        case "role" if second:
            return _assumed(first, second, account) | through
        case "sso" if second:
            role = f"AWSReservedSSO_{first}_{_digest(first)}"
            return _assumed(role, second, account, path="aws-reserved/sso.amazonaws.com/") | through
        case "connect" if rest:
            path = "aws-service-role/connect.amazonaws.com/"
            return _assumed(_CONNECT_ROLE, rest, account, path=path) | {"invokedBy": "connect.amazonaws.com"}
        case "service" if rest:
            return {"type": "AWSService", "invokedBy": rest}
    raise UnknownCallerError(f'"{by}" is nobody; expected {FORMS}')


def user_name(identity: dict[str, Any]) -> str:
    """What LookupEvents calls the caller: of a role's session, the session."""
    principal: str = identity.get("principalId", "")
    return str(identity.get("userName") or principal.partition(":")[2] or identity.get("invokedBy", ""))


def _assumed(role: str, session: str, account: str, *, path: str = "") -> dict[str, Any]:
    role_id = f"AROA{_digest(role).upper()}"
    arn = f"arn:aws:iam::{account}:role/{path}{role}"
    issuer = {"type": "Role", "principalId": role_id, "arn": arn, "accountId": account, "userName": role}
    return {
        "type": "AssumedRole",
        "principalId": f"{role_id}:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
        "accountId": account,
        "sessionContext": {"sessionIssuer": issuer, "attributes": {"mfaAuthenticated": "false"}},
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
