"""Sends alerts to an SNS topic, a batch at a time.

Limits: https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from journey_watch.aws.errors import source_error
from journey_watch.channels.sns.entries import MAX_BATCH, entry_of, size_of
from journey_watch.channels.sns.mail_pace import MailPace
from journey_watch.core.alerts import Alert
from journey_watch.messages.forms.sns import TopicMessage

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import BatchResultErrorEntryTypeDef, PublishBatchRequestEntryTypeDef

ENTRIES_PER_BATCH: Final = 10
HELD_BACK: Final = "An earlier alert of its run was refused, and a later one must not overtake it."

_MAY_BE_ONE_MESSAGE: Final = frozenset(
    {"BatchRequestTooLong", "InvalidParameter", "ParameterValueInvalid", "ValidationException"}
)
"""Codes with which SNS refuses a whole batch where one message in it may be the reason."""
_ADVICE: Final = {
    "AccessDenied": "Let the function's role publish to the topic.",
    "AuthorizationError": "Let the function's role publish to the topic.",
    "KMSAccessDenied": "Let the function's role use the topic's key.",
    "KMSDisabled": "Enable the topic's key.",
    "KMSInvalidState": "Enable the topic's key, or cancel its deletion.",
    "KMSNotFound": "Deploy the stack again: the topic's key is gone.",
    "NotFound": "Deploy the stack again: the topic is gone.",
}
"""What the operator should do about it, by SNS's error code."""


@dataclass(frozen=True, slots=True)
class _Outgoing:
    alert: Alert
    entry: "PublishBatchRequestEntryTypeDef"
    size: int
    """In bytes."""


@dataclass(slots=True)
class _Refusals:
    reasons: dict[str, str] = field(default_factory=dict)
    """By alert id."""
    threads: set[str] = field(default_factory=set)

    def add(self, alert: Alert, reason: str) -> None:
        self.reasons[alert.id] = reason
        self.threads.add(alert.thread)


class SnsNotifier:
    """A Notifier over one topic. Not thread-safe.

    `compose` decides what readers of the topic get; the same alert must always give the same message. Every batch waits
    for its turn at the `pace`: SNS stops sending e-mail to a reader who gets more than ten messages a second, and
    Amazon Q shows no more. A topic that only programs read has none.
    """

    def __init__(
        self,
        client: "SNSClient",
        topic_arn: str,
        *,
        compose: Callable[[Alert], TopicMessage],
        pace: MailPace | None = None,
    ) -> None:
        self._client = client
        self._topic_arn = topic_arn
        self._compose = compose
        self._pace = pace
        self._entries_per_batch = pace.at_once if pace else ENTRIES_PER_BATCH

    def publish(self, alerts: Sequence[Alert]) -> Mapping[str, str]:
        """Send all, in order; see the port. A batch never holds two alerts of a thread: SNS might accept the later."""
        refusals = _Refusals()
        batch: list[_Outgoing] = []
        for alert in alerts:
            outgoing = self._prepared(alert, refusals)
            if outgoing is None:
                continue
            if batch and not self._has_room(batch, outgoing):
                self._send(batch, refusals)
                batch = []
            if alert.thread in refusals.threads:
                refusals.add(alert, HELD_BACK)
            else:
                batch.append(outgoing)
        if batch:
            self._send(batch, refusals)
        return refusals.reasons

    def _prepared(self, alert: Alert, refusals: _Refusals) -> _Outgoing | None:
        try:
            entry = entry_of(self._compose(alert))
            outgoing = _Outgoing(alert, entry, size_of(entry))
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            refusals.add(alert, f"Its stored envelope cannot be read by this version: {error!r}.")
            return None
        if outgoing.size > MAX_BATCH:
            refusals.add(alert, f"It takes {outgoing.size} bytes; SNS accepts {MAX_BATCH}.")
            return None
        return outgoing

    def _has_room(self, batch: Sequence[_Outgoing], outgoing: _Outgoing) -> bool:
        return (
            len(batch) < self._entries_per_batch
            and sum(other.size for other in batch) + outgoing.size <= MAX_BATCH
            and all(other.alert.thread != outgoing.alert.thread for other in batch)
        )

    def _send(self, batch: Sequence[_Outgoing], refusals: _Refusals) -> None:
        if self._pace:
            self._pace.wait(len(batch))
        try:
            answer = self._client.publish_batch(
                TopicArn=self._topic_arn,
                PublishBatchRequestEntries=[
                    {**outgoing.entry, "Id": str(position)} for position, outgoing in enumerate(batch)
                ],
            )
        except Exception as error:  # noqa: BLE001 - a broken answer makes botocore's parser raise whatever it likes
            self._refused_whole(batch, error, refusals)
            return
        accepted = {entry.get("Id") for entry in answer.get("Successful", [])}
        failed = {entry.get("Id"): entry for entry in answer.get("Failed", [])}
        for position, outgoing in enumerate(batch):
            if str(position) not in accepted:
                refusals.add(outgoing.alert, _reason_of_entry(failed.get(str(position))))

    def _refused_whole(self, batch: Sequence[_Outgoing], error: Exception, refusals: _Refusals) -> None:
        problem = source_error(error, "Publishing to SNS")
        if problem.code in _MAY_BE_ONE_MESSAGE and len(batch) > 1:
            # The others would be refused with it for ever: leftovers come in the same order each time.
            for outgoing in batch:
                self._send([outgoing], refusals)
            return
        for outgoing in batch:
            refusals.add(outgoing.alert, _advised(str(problem), problem.code))


def _reason_of_entry(failed: "BatchResultErrorEntryTypeDef | None") -> str:
    if failed is None:
        return "SNS answered, but said nothing about this message."
    code = failed.get("Code", "an error without a code")
    return _advised(f"SNS refused it with {code}: {failed.get('Message', 'no reason given')}", code)


def _advised(reason: str, code: str) -> str:
    return f"{reason} {_ADVICE[code]}" if code in _ADVICE else reason
