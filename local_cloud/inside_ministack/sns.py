"""SNS as strict as AWS, posting to this machine alone, with an inbox that shows what each reader receives."""

# ruff: noqa: SLF001 - private names of MiniStack are what this file is about; private_names.py guards them
import json
import re
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from local_cloud.inside_ministack.private_names import service

Parameters = dict[str, Any]
"""A query request as MiniStack parses it."""
Answer = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""

BATCH_LIMIT_BYTES = 262_144
SUBJECT = re.compile(r"[!-~][ -~]{0,98}")
"""Printable ASCII that does not begin with a space, under 100 characters."""
ENTRY = "PublishBatchRequestEntries.member."


def adapt(inbox: Path) -> None:
    """Put checks before MiniStack's publishing and an inbox beside its fan-out: a JSON line for each delivery."""
    _refuse_what_aws_refuses()
    _write_deliveries_down(inbox)
    _send_attributes_of_plain_messages_only()
    _stay_on_this_machine()


def refusal(subject: str, message: str, structure: str, attributes: dict[str, dict[str, str]]) -> str | None:
    """Why AWS answers InvalidParameter to a message that MiniStack would take; None if it takes it too."""
    if not message:
        return "Invalid parameter: Empty message"
    if subject and not SUBJECT.fullmatch(subject):
        return "Invalid parameter: Subject"
    for name, value in attributes.items():
        if not (value.get("StringValue") or value.get("BinaryValue")):
            return f"The message attribute '{name}' must contain non-empty message attribute value"
    if structure == "json":
        try:
            bodies = json.loads(message)
        except ValueError:
            return "Invalid parameter: Message Structure - JSON message body failed to parse"
        if not isinstance(bodies, dict) or not isinstance(bodies.get("default"), str):
            return "Invalid parameter: Message Structure - No default entry in JSON message body"
    return None


def _refuse_what_aws_refuses() -> None:
    sns = service("sns")
    publish, publish_batch = sns._publish, sns._publish_batch

    def strict_publish(parameters: Parameters) -> Answer:
        subject, message, structure = (sns._p(parameters, name) for name in ("Subject", "Message", "MessageStructure"))
        reason = refusal(subject, message, structure, sns._parse_message_attributes(parameters))
        answer: Answer = sns._error("InvalidParameter", reason, 400) if reason else publish(parameters)
        return answer

    def strict_publish_batch(parameters: Parameters) -> Answer:
        entries = sns._parse_batch_entries(parameters)
        if sum(sns._message_payload_size(e["message"], e["message_attributes"]) for e in entries) > BATCH_LIMIT_BYTES:
            too_long: Answer = sns._error("BatchRequestTooLong", f"More than {BATCH_LIMIT_BYTES} bytes.", 400)
            return too_long
        reasons = [
            refusal(e["subject"], e["message"], e["message_structure"], e["message_attributes"]) for e in entries
        ]
        taken = [position for position, reason in enumerate(reasons, start=1) if reason is None]
        if taken or not entries:
            status, headers, body = publish_batch(_entries_only(parameters, taken))
        else:
            nothing = "<PublishBatchResult><Successful></Successful><Failed></Failed></PublishBatchResult>"
            status, headers, body = sns._xml(200, "PublishBatchResponse", nothing)
        failed = "".join(
            _failed_entry(entry["id"], reason) for entry, reason in zip(entries, reasons, strict=True) if reason
        )
        return status, headers, body.replace(b"</Failed>", f"{failed}</Failed>".encode())

    sns._publish, sns._publish_batch = strict_publish, strict_publish_batch


def _failed_entry(entry_id: str, reason: str) -> str:
    return (
        f"<member><Id>{escape(entry_id)}</Id><Code>InvalidParameter</Code>"
        f"<Message>{escape(reason)}</Message><SenderFault>true</SenderFault></member>"
    )


def _entries_only(parameters: Parameters, positions: Sequence[int]) -> Parameters:
    """The batch request with the entries at these positions alone, numbered anew."""
    kept = {name: value for name, value in parameters.items() if not name.startswith(ENTRY)}
    for new, old in enumerate(positions, start=1):
        prefix = f"{ENTRY}{old}."
        kept |= {
            f"{ENTRY}{new}.{name.removeprefix(prefix)}": value
            for name, value in parameters.items()
            if name.startswith(prefix)
        }
    return kept


def _write_deliveries_down(inbox: Path) -> None:
    sns = service("sns")
    fanout = sns._fanout
    one_at_a_time = threading.Lock()

    def fanout_written_down(  # noqa: PLR0917 - MiniStack's own signature
        topic_arn: str,
        message_id: str,
        message: str,
        subject: str,
        structure: str = "",
        attributes: dict[str, dict[str, str]] | None = None,
        **fifo: str,
    ) -> None:
        topic = sns._topic_by_arn_any_scope(topic_arn) or {"subscriptions": []}
        for subscription in topic["subscriptions"]:
            body = sns._resolve_message_for_protocol(message, structure, subscription["protocol"])
            if not subscription["confirmed"] or not sns._matches_filter_policy(subscription, attributes or {}, body):
                continue
            if subscription["protocol"] == "sqs" and not _is_let_in(topic_arn, subscription["endpoint"]):
                continue
            line = {
                "time": time.time(),
                "topic_arn": topic_arn,
                "message_id": message_id,
                "protocol": subscription["protocol"],
                "endpoint": subscription["endpoint"],
                "subject": subject,
                "body": body,
                "attributes": {name: value.get("StringValue", "") for name, value in (attributes or {}).items()},
            }
            with one_at_a_time, inbox.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        # After the writing: whoever sees a message in a queue finds it in the inbox too.
        fanout(topic_arn, message_id, message, subject, structure, attributes, **fifo)

    sns._fanout = fanout_written_down


def _is_let_in(topic_arn: str, queue_arn: str) -> bool:
    """Whether the queue's own policy lets the topic in: without one that does, SNS drops what is for the queue."""
    allows = service("sqs").queue_policy_allows
    return bool(allows(queue_arn, "sns.amazonaws.com", topic_arn, topic_arn.split(":")[4]))


def _send_attributes_of_plain_messages_only() -> None:
    """Hand filters and recipients no attributes of a message with a body for each protocol.

    AWS: "Message attributes are sent only when the message structure is String, not JSON" (Amazon SNS Developer Guide,
    "Amazon SNS message attributes").
    """
    sns = service("sns")
    fanout = sns._fanout

    def fanout_as_documented(  # noqa: PLR0917 - MiniStack's own signature
        topic_arn: str,
        message_id: str,
        message: str,
        subject: str,
        structure: str = "",
        attributes: dict[str, dict[str, str]] | None = None,
        **fifo: str,
    ) -> None:
        sent = {} if structure == "json" else attributes
        fanout(topic_arn, message_id, message, subject, structure, sent, **fifo)

    sns._fanout = fanout_as_documented


def _stay_on_this_machine() -> None:
    """Post to loopback addresses only, and confirm what nobody else can confirm."""
    sns = service("sns")
    post = sns._http_post_sync

    def post_here(endpoint: str, payload: str, kind: str) -> int:
        return int(post(endpoint, payload, kind)) if urlsplit(endpoint).hostname in ("127.0.0.1", "localhost") else 200

    async def confirm(topic_arn: str, subscription: dict[str, Any]) -> None:
        confirm_subscription(topic_arn, subscription["arn"])

    sns._http_post_sync = post_here
    sns._send_subscription_confirmation = confirm


def confirm_subscription(topic_arn: str, subscription_arn: str) -> None:
    """What the owner of an https endpoint would do with the link it is sent."""
    sns = service("sns")
    subscription = sns._find_subscription(topic_arn, subscription_arn)
    subscription["confirmed"] = True
    subscription["attributes"]["PendingConfirmation"] = "false"
    sns._refresh_subscription_counts(sns._topic_by_arn_any_scope(topic_arn))
