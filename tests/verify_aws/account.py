"""An account that has CloudFormation and no rights beyond: what a real client of it is answered, without a network."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Final

import boto3
from botocore.model import OperationModel

from verify_aws.surroundings import Surroundings
from verify_aws.waiting import ON_AWS

_NOTHING_LISTED: Final[Mapping[str, Mapping[str, Any]]] = {
    "ListStackResources": {"StackResourceSummaries": []},
    "DescribeLogGroups": {"logGroups": []},
    "ListQueues": {},
    "ListTables": {"TableNames": []},
    "GetResources": {"ResourceTagMappingList": []},
}


@dataclass
class Account:
    """One stack at most, and every other call refused but those that list what is left."""

    stack: str | None = None
    """The name of the stack that is there."""

    def surroundings(self) -> Surroundings:
        session = boto3.Session("test", "test", region_name="eu-west-1")
        session.events.register("before-call", self._answer)  # type: ignore[arg-type]  # an answer is used
        return Surroundings(
            session=session,
            account="111122223333",
            deploy=self.deploy,
            patience=ON_AWS,
            interval=timedelta(minutes=1),
            pause=timedelta(seconds=5),
        )

    def deploy(self) -> None:
        self.stack = "journey-watch-verify"

    def _answer(self, model: OperationModel, **_: object) -> tuple[SimpleNamespace, dict[str, Any]]:
        match model.name:
            case "DescribeStacks" if self.stack:
                return _said(200, Stacks=[{"StackName": self.stack, "StackId": self.stack, "StackStatus": "THERE"}])
            case "DescribeStacks":
                return _said(400, Error={"Code": "ValidationError", "Message": "Stack does not exist"})
            case "DeleteStack":
                self.stack = None
                return _said(200)
            case name if name in _NOTHING_LISTED:
                return _said(200, **_NOTHING_LISTED[name])
        return _said(403, Error={"Code": "AccessDenied", "Message": f"not authorized to perform {model.name}"})


def _said(status: int, **members: object) -> tuple[SimpleNamespace, dict[str, Any]]:
    return SimpleNamespace(status_code=status), {"ResponseMetadata": {"HTTPStatusCode": status}, **members}
