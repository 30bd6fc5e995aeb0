"""What a user of Connect's own site is called."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from journey_watch.aws.errors import source_error
from journey_watch.providers.untrusted_values import read_text

if TYPE_CHECKING:
    from mypy_boto3_connect import ConnectClient


class ConnectUsers:
    """Reads DescribeUser, one user at a time, with a client that is made when it is first needed."""

    def __init__(self, make_client: Callable[[], "ConnectClient"]) -> None:
        self._make_client = make_client
        self._client: ConnectClient | None = None

    def name(self, instance_id: str, user_id: str) -> str | None:
        """Return first and last name, else the name they sign in with; None if neither is there. Raises SourceError."""
        try:
            self._client = self._client or self._make_client()
            answer: object = self._client.describe_user(InstanceId=instance_id, UserId=user_id)
        except Exception as error:
            raise source_error(error, "Describing a Connect user") from error
        user = _member(answer, "User")
        person = _member(user, "IdentityInfo")
        parts = [read_text(_member(person, name)) for name in ("FirstName", "LastName")]
        return " ".join(part.strip() for part in parts if part) or read_text(_member(user, "Username"))


def _member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None
