"""AWS STS: AssumeRole with each role's trust, and GetCallerIdentity, in the query protocol's XML."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from simulator.api import Answer, ApiError, Call, Operation, Provider, Scene, Session

_CODES = {400: "ValidationError", 403: "AccessDenied", 429: "Throttling", 500: "InternalFailure"}
_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
_XML = {"content-type": "text/xml"}
_SHORTEST, _LONGEST = timedelta(minutes=15), timedelta(hours=12)


def refuse(error: ApiError, request_id: str) -> Answer:
    """An error as STS writes it."""
    kind = "Sender" if error.status < 500 else "Receiver"  # noqa: PLR2004 - the HTTP server errors
    code = error.code or _CODES.get(error.status, "UnknownError")
    inner = _element("Error", _elements({"Type": kind, "Code": code, "Message": error.message}))
    body = f'<ErrorResponse xmlns="{_NAMESPACE}">{inner}{_element("RequestId", request_id)}</ErrorResponse>'
    return Answer(error.status, body.encode(), _XML)


def _assume_role(call: Call, scene: Scene) -> Answer:
    form = {key: values[0] for key, values in parse_qs(call.body.decode()).items()}
    arn, session_name = form.get("RoleArn", ""), form.get("RoleSessionName", "")
    lasts = timedelta(seconds=float(form.get("DurationSeconds", "3600")))
    if not arn or not session_name or not _SHORTEST <= lasts <= _LONGEST:
        raise ApiError(400, "RoleArn, RoleSessionName and a DurationSeconds from 900 to 43200 are required")
    role = scene.world.roles.get(arn)
    if role is None or not role.assumable or role.external_id not in (None, form.get("ExternalId")):
        # As in AWS, the same for a role that does not exist: a caller learns nothing about other accounts.
        caller = _caller(call, scene).arn
        raise ApiError(403, f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {arn}")
    return _new_session(scene, arn, session_name, lasts)


def _new_session(scene: Scene, role_arn: str, session_name: str, lasts: timedelta) -> Answer:
    account, role_name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    session = Session(account, f"arn:aws:sts::{account}:assumed-role/{role_name}/{session_name}")
    secret = hashlib.sha256(f"{session.arn}/{len(scene.sessions)}".encode()).digest()
    access_key = "ASIA" + base64.b32encode(secret).decode()[:16]
    scene.sessions[access_key] = session
    # Callers renew by their own clock, whatever the scenario's says.
    expires = (datetime.now(UTC) + lasts).isoformat(timespec="seconds").replace("+00:00", "Z")
    credentials = {
        "AccessKeyId": access_key,
        "SecretAccessKey": secret.hex()[:40],
        "SessionToken": secret.hex(),
        "Expiration": expires,
    }
    user = {"AssumedRoleId": f"AROA{access_key[4:]}:{session_name}", "Arn": session.arn}
    return _result(
        "AssumeRole",
        _element("Credentials", _elements(credentials)) + _element("AssumedRoleUser", _elements(user)),
    )


def _get_caller_identity(call: Call, scene: Scene) -> Answer:
    caller = _caller(call, scene)
    fields = {"UserId": call.access_key or "anonymous", "Account": caller.account, "Arn": caller.arn}
    return _result("GetCallerIdentity", _elements(fields))


def _caller(call: Call, scene: Scene) -> Session:
    account = call.caller.account
    return scene.sessions.get(call.access_key) or Session(account, f"arn:aws:iam::{account}:user/caller")


def _result(operation: str, inner: str) -> Answer:
    result = _element(f"{operation}Result", inner)
    metadata = _element("ResponseMetadata", _element("RequestId", hashlib.sha256(inner.encode()).hexdigest()[:32]))
    body = f'<{operation}Response xmlns="{_NAMESPACE}">{result}{metadata}</{operation}Response>'
    return Answer(200, body.encode(), _XML)


def _elements(texts: dict[str, str]) -> str:
    return "".join(_element(name, escape(text)) for name, text in texts.items())


def _element(name: str, inner: str) -> str:
    return f"<{name}>{inner}</{name}>"


STS = Provider(
    "sts",
    (
        Operation("AssumeRole", "POST", "/", _assume_role, action="AssumeRole"),
        Operation("GetCallerIdentity", "POST", "/", _get_caller_identity, action="GetCallerIdentity"),
    ),
    refuse,
)
