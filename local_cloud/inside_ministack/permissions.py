"""Judges every call of a deployed role by the role's own policies, where MiniStack would not, and writes it down.

MiniStack's `AUTH=true` judges most calls of a function under the function's role. Whoever calls without a role (the CDK
command line as it starts, a test, an operator: the key "test") is the account's root and may do everything.
"""

# ruff: noqa: SLF001 - private names of MiniStack are what this file is about; private_names.py guards them
import json
import re
import threading
import time
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from local_cloud.inside_ministack.private_names import core, ministack, service

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""

READING = ("kms:Decrypt", "kms:DescribeKey")
WRITING = (*READING, "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")
"""What DynamoDB asks of the callers who read, or write, an encrypted table (its guide, "Encryption: usage notes")."""
PUBLISHING = ("kms:Decrypt", "kms:GenerateDataKey")
"""What SNS asks of those who publish to an encrypted topic (its guide, "Key management")."""
USE_OF_KEYS = {
    **dict.fromkeys(("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"), READING),
    **dict.fromkeys(
        (
            "dynamodb:BatchWriteItem",
            "dynamodb:ConditionCheckItem",
            "dynamodb:DeleteItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
        ),
        WRITING,
    ),
    "sns:Publish": PUBLISHING,
}
"""By the call: what its caller must be allowed to do with the customer's key that encrypts what it touches."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call of a role is refused."""

    code: str
    """Of the error; empty for what the called service answers by itself."""
    message: str


_refused: ContextVar[Refusal | None] = ContextVar("local_cloud_refused", default=None)
"""Why the request that is being answered was refused."""


class Permissions:
    """MiniStack's evaluator, asked about more and with more context, and a JSON line for what it said.

    A line has time (epoch seconds), role (its ARN), action, resource, and `refused`: null, or the message. What was
    allowed is written once for each role, action and resource.
    """

    def __init__(self, record: Path) -> None:
        self._record = record
        self._used: set[tuple[str, str, str]] = set()
        self._lock = threading.Lock()
        self._enforce = core("iam_evaluator").enforce

    def adapt(self) -> None:
        """Put this in the place of MiniStack's evaluator."""
        core("iam_evaluator").enforce = self._enforce_more
        self._take_this_machine_for_https()
        self._judge_batches_as_publishing()
        self._name_what_is_refused()
        self._write_down_who_is_not_trusted()

    def refusal(self, access_key: str, action: str, resource: str, *, region: str) -> Refusal | None:
        """Why this caller may not do this to this resource; None if it may. It is as binding as any other judgement."""
        core("iam_evaluator").pin_request_origin("127.0.0.1", True)
        denied = self._enforce_more(access_key, action, action.partition(":")[0], region, resource)
        if denied is None:
            return None
        if isinstance(denied, core("iam_evaluator").AuthError):
            return Refusal(denied.code, denied.message)
        return _refused.get()

    def write_refusal(self, role: str, action: str, resource: str, message: str) -> None:
        """Write down what was refused elsewhere."""
        self._write(role, action, resource, message)

    def _enforce_more(  # noqa: PLR0917 - MiniStack's own signature
        self,
        access_key: str,
        action: str,
        service_name: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - an EvalResult or AuthError of MiniStack, None if allowed
        if action == "events:PutEvents":
            # MiniStack does not say whose events they are; tests/permissions judges that.
            service_context = {**(service_context or {}), "events:source": "journey-watch"}
        denied = self._enforce(access_key, action, service_name, region, resource_arn, service_context)
        role = role_of(access_key)
        if role is None or isinstance(denied, core("iam_evaluator").AuthError):
            return denied
        self._judged(role, action, resource_arn, denied)
        if denied is None and action in USE_OF_KEYS and (key := key_of(action, resource_arn)):
            via = {"kms:ViaService": f"{service_name}.{region}.amazonaws.com"}
            for key_action in USE_OF_KEYS[action]:
                denied = self._enforce(access_key, key_action, "kms", region, key, via)
                self._judged(role, key_action, key, denied, code="KMSAccessDenied" if service_name == "sns" else "")
                if denied is not None:
                    break
        return denied

    def _judged(self, role: str, action: str, resource: str, denied: Any, *, code: str = "") -> None:  # noqa: ANN401 - as above
        if denied is None:
            with self._lock:
                known = (role, action, resource) in self._used
                self._used.add((role, action, resource))
            if not known:
                self._write(role, action, resource, None)
            return
        actions = core("iam_actions")
        named = action.replace("sns:", "SNS:")  # as SNS spells itself
        explicit = denied.decision == "Deny"
        if denied.resource_policy_arn:
            message = actions._resource_policy_denial(resource.split(":")[2], action, denied.principal_arn, resource)
        else:
            message = actions.identity_denial_message(named, denied.principal_arn, resource, explicit)
        _refused.set(Refusal(code, message))
        self._write(role, action, resource, message)

    def _write(self, role: str, action: str, resource: str, refused: str | None) -> None:
        line = {"time": time.time(), "role": role, "action": action, "resource": resource, "refused": refused}
        with self._lock, self._record.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _take_this_machine_for_https(self) -> None:
        """Policies that refuse plain HTTP, as `enforce_ssl` writes them, mean the network, which is not used here."""
        pin = core("iam_evaluator").pin_request_origin
        ministack().pin_request_origin = lambda source_ip, _secure: pin(source_ip, True)

    def _judge_batches_as_publishing(self) -> None:
        """There is no sns:PublishBatch in IAM: sns:Publish covers it."""
        actions = core("iam_actions")
        extract = actions.extract_iam_action

        def extract_iam_action(*request: Any) -> str | None:  # noqa: ANN401 - MiniStack's own arguments
            action: str | None = extract(*request)
            return "sns:Publish" if action == "sns:PublishBatch" else action

        actions.extract_iam_action = extract_iam_action

    def _name_what_is_refused(self) -> None:
        """Answer with AWS's whole sentence: MiniStack's leaves the resource out, and knows nothing of keys."""
        actions = core("iam_actions")
        respond = actions.access_denied_response

        def access_denied_response(*call: Any, **details: Any) -> Answer:  # noqa: ANN401 - MiniStack's own arguments
            refused = _refused.get()
            if refused is None or details.get("error_code") or details.get("message"):
                unchanged: Answer = respond(*call, **details)
                return unchanged
            status, headers, body = respond(*call, **details, message=refused.message, error_code=refused.code)
            return (400 if refused.code else status), headers, body

        actions.access_denied_response = access_denied_response

    def _write_down_who_is_not_trusted(self) -> None:
        """A role's policies may let it assume another, whose trust does not name it: STS itself refuses that."""
        sts = service("sts")
        handle = sts.handle_request

        async def handle_request(
            method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
        ) -> Answer:
            status, answer_headers, answer = await handle(method, path, headers, body, query)
            caller = role_of(core("router").extract_access_key_id(headers, query))
            form = parse_qs(body.decode(errors="replace"))
            if status == 403 and caller and form.get("Action") == ["AssumeRole"]:  # noqa: PLR2004 - HTTP
                said = re.search(r"<Message>(.*?)</Message>", answer.decode(), re.DOTALL)
                self._write(caller, "sts:AssumeRole", form["RoleArn"][0], said[1] if said else "")
            return status, answer_headers, answer

        sts.handle_request = handle_request


def role_of(access_key: str) -> str | None:
    """The ARN of the role whose session has this key; None for anybody else."""
    session = service("sts")._sessions.get(access_key)
    if session is None or ":assumed-role/" not in session["Arn"]:
        return None
    _, _, _, _, account, session_name = session["Arn"].split(":", 5)
    name = session_name.split("/")[1]
    role = service("iam")._roles.get_scoped(account, None, name)
    return str(role["Arn"]) if role else f"arn:aws:iam::{account}:role/{name}"


def key_of(action: str, resource_arn: str) -> str | None:
    """The ARN of the customer's key that encrypts what a call touches."""
    key = ""
    if action.startswith("dynamodb:"):
        table = service("dynamodb")._tables.get(resource_arn.partition(":table/")[2].split("/")[0]) or {}
        key = (table.get("SSEDescription") or {}).get("KMSMasterKeyArn", "")
    elif action.startswith("sns:"):
        topic = service("sns")._topic_by_arn_any_scope(resource_arn) or {"attributes": {}}
        key = topic["attributes"].get("KmsMasterKeyId", "")
    return key if ":key/" in key else None
