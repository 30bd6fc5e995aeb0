"""What recipients received: the mail server, Amazon Q and every other subscriber of SNS, in one place."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one confirmed subscriber whose filter policy let it pass, in the body of its protocol."""

    time: float
    """When SNS handed it out, in epoch seconds."""
    topic_arn: str
    message_id: str
    """Given by SNS; the same for every subscriber."""
    protocol: str
    """"email", "https", "sqs", "lambda": as subscribed. Amazon Q in a chat channel is "https"."""
    endpoint: str
    subject: str
    """Empty if the publisher gave none."""
    body: str
    """The text alone. SQS, Lambda and https subscribers get it wrapped in SNS's envelope."""
    attributes: Mapping[str, str]
    """Message attributes by name, as strings; arrays are JSON."""


class Inbox:
    """All deliveries since MiniStack started, oldest first."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def deliveries(self, *, protocol: str | None = None, topic_arn: str | None = None) -> list[Delivery]:
        """What has been delivered, by any protocol and topic unless one is named."""
        if not self._file.exists():
            return []
        lines = self._file.read_text(encoding="utf-8").split("\n")[
            :-1
        ]  # what follows the last newline is still being written
        return [
            delivery
            for delivery in (Delivery(**json.loads(line)) for line in lines)
            if protocol in (None, delivery.protocol) and topic_arn in (None, delivery.topic_arn)
        ]
