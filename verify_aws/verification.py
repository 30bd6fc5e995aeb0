"""What every step is given: the deployed stack, where it is, and how to wait."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from infra.deployment_config import DeploymentConfig
from journey_watch import contract
from journey_watch.core.runs import Lane
from operator_cli.deployment import Deployment
from verify_aws.findings import Finding
from verify_aws.surroundings import Surroundings
from verify_aws.temporary_recipients import TemporaryRecipients
from verify_aws.waiting import Waiting


@dataclass(frozen=True)
class Verification:
    """One throw-away deployment under examination. Its methods raise what boto3 raises."""

    surroundings: Surroundings
    waiting: Waiting
    config: DeploymentConfig
    recipients: TemporaryRecipients

    @cached_property
    def deployment(self) -> Deployment:
        return Deployment(self.config.name, self.surroundings.session)

    @property
    def stack(self) -> str:
        return self.config.name

    @property
    def lanes(self) -> list[Lane]:
        return self.deployment.lanes

    @cached_property
    def poller_log(self) -> str:
        """The name of the poller's log group."""
        function = self.surroundings.client("lambda").get_function_configuration(
            FunctionName=self.deployment.outputs["PollerFunctionName"]
        )
        name: str = function["LoggingConfig"]["LogGroup"]
        return name

    @cached_property
    def resources(self) -> Mapping[str, tuple[str, str]]:
        """Physical id and type of everything in the stack, by logical id."""
        pages = self.surroundings.client("cloudformation").get_paginator("list_stack_resources")
        return {
            each["LogicalResourceId"]: (each["PhysicalResourceId"], each["ResourceType"])
            for page in pages.paginate(StackName=self.stack)
            for each in page["StackResourceSummaries"]
        }

    def of_type(self, kind: str) -> list[str]:
        """Physical ids of the stack's resources of a type."""
        return [physical for physical, its_kind in self.resources.values() if its_kind == kind]

    def log_lines(self) -> Iterator[Mapping[str, Any]]:
        """What the poller has logged since the stack was made, as far as it is JSON."""
        pages = self.surroundings.client("logs").get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=self.poller_log):
            for event in page["events"]:
                try:
                    line = json.loads(event["message"])
                except ValueError:
                    continue
                if isinstance(line, dict):
                    yield line

    def completed_polls(self) -> Counter[str]:
        """How many polls of each lane have come to their end, by the log."""
        ended = Counter(
            str(line.get("lane")) for line in self.log_lines() if line.get("message") == contract.LOG_POLL_COMPLETED
        )
        return Counter({str(lane): ended[str(lane)] for lane in self.lanes})

    def await_polls(self, count: int) -> Mapping[str, int]:
        """Wait until so many more polls of every lane have ended; how many did, by lane."""
        before = self.completed_polls()

        def since() -> dict[str, int]:
            return {lane: polls - before[lane] for lane, polls in self.completed_polls().items()}

        return self.waiting.until(
            f"{count} polls of each lane",
            since,
            lambda polls: min(polls.values(), default=count) >= count,
            limit=count * self.surroundings.patience.poll,
        )


Step = Callable[[Verification], Iterator[Finding]]
"""Yields what it finds as it finds it."""


def said_by(error: ClientError) -> str:
    """An error answer of AWS in its own words."""
    said = error.response.get("Error", {})
    return f"{said.get('Code', 'no code')}: {said.get('Message', 'no message')}"
