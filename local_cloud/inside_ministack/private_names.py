"""The private names of MiniStack that the adaptations hang on. They may go with any release, so the pin is exact."""

import importlib
from typing import Any, Final

PRIVATE_NAMES: Final = {
    "ministack.app": ("app", "main", "pin_request_origin"),
    "ministack.core.arn": ("parse_arn",),
    "ministack.core.iam_actions": (
        "_resource_policy_denial",
        "access_denied_response",
        "extract_iam_action",
        "identity_denial_message",
    ),
    "ministack.core.iam_evaluator": (
        "AuthError",
        "EvalContext",
        "enforce",
        "evaluate_resource_policy",
        "pin_request_origin",
    ),
    "ministack.core.lambda_runtime": ("Worker", "execution_credentials", "zipfile"),
    "ministack.core.responses": ("get_account_id", "set_request_account_id"),
    "ministack.core.router": ("extract_access_key_id",),
    "ministack.services.iam": ("_roles",),
    "ministack.services.kms": ("key_policy_for_arn",),
    "ministack.services.lambda_svc": (
        "_emit_lambda_logs",
        "_execute_function_with_config_scope",
        "_execution_record_for_config",
        "_get_func_record_for_qualifier",
        "_get_func_record_for_ref",
        "_iter_all_esms",
    ),
    "ministack.services.sqs": (
        "_delete_messages_for_esm",
        "_queues",
        "_receive_messages_for_esm",
        "queue_policy_allows",
    ),
    "ministack.services.sts": ("_sessions", "handle_request", "register_session"),
    "ministack.services.scheduler": ("_SCHEDULE_TICK_INTERVAL",),
    "ministack.services.eventbridge": (
        "_SCHEDULER_TICK_INTERVAL",
        "_dispatch_to_lambda",
        "_dispatch_to_sqs",
        "_invoke_target",
        "_parse_rate_seconds",
    ),
    "ministack.services.cloudwatch": ("_composite_alarms", "_dispatch_alarm_actions", "_put_composite_alarm"),
    "ministack.services.dynamodb": (
        "_sse_description_from_spec",
        "_tables",
        "_update_continuous_backups",
        "_update_ttl",
    ),
    "ministack.services.cloudformation.provisioners": ("_RESOURCE_HANDLERS",),
    "ministack.services.sns": (
        "_error",
        "_fanout",
        "_find_subscription",
        "_http_post_sync",
        "_matches_filter_policy",
        "_message_payload_size",
        "_p",
        "_parse_batch_entries",
        "_parse_message_attributes",
        "_publish",
        "_publish_batch",
        "_refresh_subscription_counts",
        "_resolve_message_for_protocol",
        "_send_subscription_confirmation",
        "_topic_by_arn_any_scope",
        "_topics",
        "_xml",
    ),
}


def missing_names() -> list[str]:
    """The private names that this MiniStack does not have."""
    return [
        f"{module}.{name}"
        for module, names in PRIVATE_NAMES.items()
        for name in names
        if not hasattr(importlib.import_module(module), name)
    ]


def ministack() -> Any:  # noqa: ANN401 - what is used of it is checked by `missing_names` instead
    """The module of MiniStack's server."""
    return importlib.import_module("ministack.app")


def core(name: str) -> Any:  # noqa: ANN401 - as above
    """A module of what MiniStack's services share."""
    return importlib.import_module(f"ministack.core.{name}")


def service(name: str) -> Any:  # noqa: ANN401 - as above
    """A module of MiniStack's services."""
    return importlib.import_module(f"ministack.services.{name}")
