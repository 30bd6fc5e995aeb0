"""What a user of Connect's own site is called."""

from typing import TYPE_CHECKING

from journey_watch.aws.errors import source_error

if TYPE_CHECKING:
    from mypy_boto3_connect import ConnectClient


class ConnectUsers:
    """Reads DescribeUser."""

    def __init__(self, client: "ConnectClient") -> None:
        self._client = client

    def name(self, instance_id: str, user_id: str) -> str | None:
        """First and last name, else the name that they sign in with; None if neither is there. Raises SourceError."""
        try:
            user = self._client.describe_user(InstanceId=instance_id, UserId=user_id).get("User", {})
            person = user.get("IdentityInfo") or {}
            parts = [person.get("FirstName"), person.get("LastName")]
            name = " ".join(part.strip() for part in parts if isinstance(part, str)).strip() or user.get("Username")
        except Exception as error:
            raise source_error(error, f"Describing Connect user {user_id}") from error
        return name if isinstance(name, str) and name.strip() else None
