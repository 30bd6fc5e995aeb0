"""The whole verification, in order. Whatever happens on the way, the stack is taken away at the end."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from infra.deployment_config import DeploymentConfig
from verify_aws import (
    alarm,
    alerts,
    dashboard,
    leftovers,
    log_queries,
    metrics,
    mute,
    polls,
    provider_answers,
    roles,
    widget,
)
from verify_aws.findings import Finding, failed, not_checked, ok
from verify_aws.surroundings import CannotRunError, DeploymentFailedError, Surroundings
from verify_aws.temporary_recipients import TemporaryRecipients
from verify_aws.verification import Step, Verification
from verify_aws.waiting import Waiting

STEPS: Final[Mapping[str, Step]] = {
    "what the providers answer": provider_answers.find,
    "the roles": roles.find,
    "three polls of each lane": polls.find,
    "a test alert": alerts.find,
    "a mute": mute.find,
    "an alarm": alarm.find,
    "the saved queries": log_queries.find,
    "the dashboard": dashboard.find,
    "the widget": widget.find,
    "the metrics": metrics.find,
    "what went wrong meanwhile": polls.find_trouble,
}

Tell = Callable[[Finding], object]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run: where, how to wait, and whom to tell."""

    surroundings: Surroundings
    waiting: Waiting
    tell: Tell
    begin: Callable[[str], object]
    """Told what comes next, before it is looked at."""
    keep: bool = False
    """True: the stack stays."""

    def perform(self) -> None:
        """Deploy, look, destroy. Raises CannotRunError before anything is deployed."""
        config = self.surroundings.config
        if leftovers.stack_id(self.surroundings, config.name):
            raise CannotRunError(
                f"There is a stack {config.name} already, of an earlier run perhaps. Remove it with: "
                f"{leftovers.DELETE} {config.name}"
            )
        region = self.surroundings.session.region_name
        self.tell(ok("account", f"Account {self.surroundings.account}, Region {region}."))
        try:
            if self._deploy(config):
                self._look(config)
        except KeyboardInterrupt:
            self.tell(
                not_checked(
                    "interrupted",
                    "The rest was not looked at. The stack goes now; should that be interrupted too: "
                    f"{leftovers.DELETE} {config.name}",
                )
            )
            raise
        finally:
            self._destroy(config.name)

    def _deploy(self, config: DeploymentConfig) -> bool:
        self.begin("the deployment")
        try:
            self.surroundings.deploy()
        except DeploymentFailedError as error:
            self.tell(failed("deploy", f"The stack {config.name} could not be deployed.", log=str(error)))
            return False
        self.tell(ok("deploy", f"The stack {config.name} is deployed."))
        return True

    def _look(self, config: DeploymentConfig) -> None:
        recipients = TemporaryRecipients(self.surroundings, f"{config.name}-{secrets.token_hex(3)}")
        verification = Verification(self.surroundings, self.waiting, config, recipients)
        try:
            for name, find in STEPS.items():
                self.begin(name)
                for finding in _guarded(name, find, verification):
                    self.tell(finding)
        finally:
            for problem in recipients.remove():
                self.tell(
                    failed("recipients", f"A queue, its rule or its subscription could not be removed: {problem}")
                )

    def _destroy(self, stack: str) -> None:
        if self.keep:
            self.tell(
                not_checked(
                    "destroy",
                    f"The stack {stack} stays, as asked, and costs about $11 a month. Remove it with: "
                    f"{leftovers.DELETE} {stack}",
                )
            )
            return
        self.begin("the end of the stack")
        with self.surroundings.while_destroying():
            for finding in leftovers.remove(self.surroundings, self.waiting, stack):
                self.tell(finding)


def _guarded(name: str, find: Step, verification: Verification) -> Iterator[Finding]:
    """A step that cannot go on is one finding, and the next steps still have their turn."""
    try:
        yield from find(verification)
    except Exception as error:  # noqa: BLE001 - whatever AWS answers, the others must be looked at
        yield failed(name, f"This could not be looked at to its end: {type(error).__name__}: {error}")
