"""What AWS's services do in the name of a role they were given, and MiniStack does without asking its policies."""

# ruff: noqa: SLF001 - private names of MiniStack are what this file is about; private_names.py guards them
import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from local_cloud.inside_ministack.permissions import Permissions
from local_cloud.inside_ministack.private_names import core, service

READING_A_QUEUE = ("sqs:ReceiveMessage", "sqs:GetQueueAttributes")
"""With sqs:DeleteMessage, what Lambda needs of a function's role to feed it from a queue (its guide, "Using SQS")."""


def judge(permissions: Permissions) -> None:
    """Let Scheduler, Lambda's queue readers and Lambda's logging do only what their roles allow."""
    _schedules(permissions)
    _event_sources(permissions)
    _logs(permissions)


def _schedules(permissions: Permissions) -> None:
    """A schedule that may not invoke its function leaves its event in its dead-letter queue, if it may do that."""
    eventbridge = service("eventbridge")
    invoke = eventbridge._invoke_target

    def invoke_as_role(
        target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: object = None
    ) -> None:
        role = target.get("RoleArn")
        if role is None or ":lambda:" not in target["Arn"]:
            invoke(target, event, rule, view)
            return
        if _trusted_by(role, rule["Arn"], permissions) and _allowed(
            permissions, _session(role), ["lambda:InvokeFunction"], target["Arn"]
        ):
            invoke(target, event, rule, view)
            return
        letters = target.get("DeadLetterConfig", {}).get("Arn")
        if letters and _allowed(permissions, _session(role), ["sqs:SendMessage"], letters):
            eventbridge._dispatch_to_sqs(core("arn").parse_arn(letters), target.get("Input", "{}"))

    eventbridge._invoke_target = invoke_as_role


def _trusted_by(role: str, schedule: str, permissions: Permissions) -> bool:
    """Whether Scheduler may assume the role for a schedule. It names the schedule's group as the source."""
    _, _, name, region, account, path = schedule.split(":", 5)
    group = f"arn:aws:{name}:{region}:{account}:schedule-group/{path.split('/')[1]}"
    evaluator = core("iam_evaluator")
    record = service("iam")._roles.get_scoped(account, None, role.rpartition("/")[2]) or {}
    context = evaluator.EvalContext(
        principal_arn="scheduler.amazonaws.com",
        principal_type="Service",
        principal_account="",
        action="sts:AssumeRole",
        resource_arn=role,
        region=region,
        service_context={"aws:sourcearn": group, "aws:sourceaccount": account},
    )
    trust = record.get("AssumeRolePolicyDocument")
    if evaluator.evaluate_resource_policy(trust, context, service="scheduler.amazonaws.com").decision == "Allow":
        return True
    message = f"The role's trust does not let scheduler.amazonaws.com assume it for {group}"
    permissions.write_refusal(role, "sts:AssumeRole", role, message)
    return False


def _event_sources(permissions: Permissions) -> None:
    """Lambda reads the queues of a function as the function's role."""
    sqs = service("sqs")
    receive, delete = sqs._receive_messages_for_esm, sqs._delete_messages_for_esm

    def allowed(queue_url: str, actions: Iterable[str]) -> bool:
        queue = sqs._queues[queue_url]["attributes"]["QueueArn"]
        return all(
            _allowed(permissions, _session_of_function(config), actions, queue) for config in _functions_reading(queue)
        )

    def receive_as_role(queue_url: str, most: int) -> list[dict[str, Any]]:
        return receive(queue_url, most) if allowed(queue_url, READING_A_QUEUE) else []

    def delete_as_role(queue_url: str, receipts: set[str]) -> None:
        if allowed(queue_url, ["sqs:DeleteMessage"]):
            delete(queue_url, receipts)

    sqs._receive_messages_for_esm, sqs._delete_messages_for_esm = receive_as_role, delete_as_role


def _functions_reading(queue: str) -> Iterator[dict[str, Any]]:
    lambda_svc = service("lambda_svc")
    for _account, _region, mapping in lambda_svc._iter_all_esms():
        if mapping["EventSourceArn"] == queue:
            _, config = lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))
            yield config


def _logs(permissions: Permissions) -> None:
    """Lambda writes a function's log as the function's role; what it may not write is lost, and the function runs."""
    lambda_svc = service("lambda_svc")
    emit = lambda_svc._emit_lambda_logs

    def emit_as_role(function: dict[str, Any], *output: Any, **more: Any) -> None:  # noqa: ANN401 - MiniStack's own
        config = function.get("config") or function
        _, _, _, region, account, *_ = config["FunctionArn"].split(":")
        group = config.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
        # A stream for each invocation, whose name no policy knows.
        stream = f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:any"
        if _allowed(permissions, _session_of_function(config), ["logs:CreateLogStream", "logs:PutLogEvents"], stream):
            emit(function, *output, **more)

    lambda_svc._emit_lambda_logs = emit_as_role


def _allowed(permissions: Permissions, access_key: str, actions: Iterable[str], resource: str) -> bool:
    region = resource.split(":")[3]
    return all(permissions.refusal(access_key, action, resource, region=region) is None for action in actions)


def _session_of_function(config: dict[str, Any]) -> str:
    return str(core("lambda_runtime").execution_credentials(config)["AWS_ACCESS_KEY_ID"])


def _session(role: str) -> str:
    """The key of a session that Scheduler has of a role."""
    account, name = role.split(":")[4], role.rpartition("/")[2]
    digest = hashlib.sha256(role.encode()).hexdigest()
    key = f"ASIA{digest[:16].upper()}"
    service("sts").register_session(
        key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/scheduler",
            "UserId": f"{name}:scheduler",
            "SecretAccessKey": digest,
            "SessionToken": digest,
        },
    )
    return key
