"""What a user of Connect's own site is called."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from journey_watch.aws.errors import source_error

if TYPE_CHECKING:
    from mypy_boto3_connect import ConnectClient


class ConnectUsers:
    """Reads DescribeUser, one user at a time, with a client that is made when it is first needed."""

    def __init__(self, make_client: Callable[[], "ConnectClient"]) -> None:
        self._make_client = make_client
        self._client: ConnectClient | None = None

    def name(self, instance_id: str, user_id: str) -> str | None:
        """First and last name, else the name that they sign in with; None if neither is there. Raises SourceError."""
        try:
            self._client = self._client or self._make_client()
            user = self._client.describe_user(InstanceId=instance_id, UserId=user_id).get("User", {})
            person = user.get("IdentityInfo") or {}
            parts = [person.get("FirstName"), person.get("LastName")]
            name = " ".join(part.strip() for part in parts if isinstance(part, str)).strip() or user.get("Username")
        except Exception as error:
            raise source_error(error, "Describing a Connect user") from error
        return name if isinstance(name, str) and name.strip() else None
