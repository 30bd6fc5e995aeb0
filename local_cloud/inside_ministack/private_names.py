"""The private names of MiniStack that the adaptations hang on. They may go with any release, so the pin is exact."""

import importlib
from typing import Any, Final

PRIVATE_NAMES: Final = {
    "ministack.app": ("main",),
    "ministack.services.scheduler": ("_SCHEDULE_TICK_INTERVAL",),
    "ministack.services.eventbridge": ("_SCHEDULER_TICK_INTERVAL", "_dispatch_to_lambda", "_parse_rate_seconds"),
    "ministack.services.lambda_svc": (
        "_execute_function_with_config_scope",
        "_execution_record_for_config",
        "_get_func_record_for_ref",
    ),
    "ministack.services.cloudwatch": ("_put_composite_alarm", "_composite_alarms"),
    "ministack.services.dynamodb": ("_update_continuous_backups", "_update_ttl"),
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


def service(name: str) -> Any:  # noqa: ANN401 - what is used of it is checked by `missing_names` instead
    """A module of MiniStack's services."""
    return importlib.import_module(f"ministack.services.{name}")
