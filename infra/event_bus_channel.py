"""The event buses that get alerts as events. They are somebody's own: they are named, not made."""

from collections.abc import Mapping, Sequence

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.recipients import Recipient
from journey_watch import contract
from journey_watch.core.routing import DEFAULT
from journey_watch.messages.envelope import SOURCE


class EventBusChannel(Construct):
    """The bus of each recipient that has one."""

    def __init__(self, scope: Construct, construct_id: str, *, recipients: Sequence[Recipient]) -> None:
        super().__init__(scope, construct_id)
        self._buses = {
            recipient.name: self._bus(recipient.name, recipient.event_bus)
            for recipient in recipients
            if recipient.event_bus
        }

    @property
    def environment(self) -> Mapping[str, str]:
        """The buses by recipient, if there are any."""
        arns = {name: bus.event_bus_arn for name, bus in self._buses.items()}
        return {contract.ENV_EVENT_BUSES: Stack.of(self).to_json_string(arns)} if arns else {}

    @property
    def topics(self) -> Mapping[str, sns.ITopic]:
        """None: what a bus does with an event, only its owner can tell."""
        return {}

    def grant_sending(self, role: iam.Role) -> None:
        """A bus's own policy decides too, if it is another account's."""
        if not self._buses:
            return
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["events:PutEvents"],
                resources=[bus.event_bus_arn for bus in self._buses.values()],
                # The poller can put no event that looks like another program's.
                conditions={"StringEquals": {"events:source": SOURCE}},
            )
        )

    def _bus(self, recipient: str, name_or_arn: str) -> events.IEventBus:
        by_arn, by_name = events.EventBus.from_event_bus_arn, events.EventBus.from_event_bus_name
        named = by_arn if name_or_arn.startswith("arn:") else by_name
        return named(self, "EventBus" if recipient == DEFAULT else f"EventBus-{recipient}", name_or_arn)
