"""The event bus that gets every alert. It is somebody's own: it is named, not made."""

from collections.abc import Mapping

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from journey_watch import contract


class EventBusChannel(Construct):
    """The bus with a name or an ARN; without either, nothing."""

    def __init__(self, scope: Construct, construct_id: str, *, name_or_arn: str | None) -> None:
        super().__init__(scope, construct_id)
        self._bus: events.IEventBus | None = None
        if name_or_arn:
            named = (
                events.EventBus.from_event_bus_arn
                if name_or_arn.startswith("arn:")
                else events.EventBus.from_event_bus_name
            )
            self._bus = named(self, "EventBus", name_or_arn)

    @property
    def environment(self) -> Mapping[str, str]:
        """The bus, if there is one."""
        return {contract.ENV_EVENT_BUS: self._bus.event_bus_arn} if self._bus else {}

    @property
    def topics(self) -> Mapping[str, sns.ITopic]:
        """None: what a bus does with an event, only its owner can tell."""
        return {}

    def grant_sending(self, role: iam.Role) -> None:
        """The bus's own policy decides too, if it is another account's."""
        if self._bus:
            self._bus.grant_put_events_to(role)
