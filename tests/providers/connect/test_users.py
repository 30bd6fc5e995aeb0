"""What a user of Connect's own site is called."""

from collections.abc import Iterator

import boto3
import pytest

from journey_watch.core.errors import SourceError
from journey_watch.providers.connect.client import users_client
from journey_watch.providers.connect.users import ConnectUsers
from simulator import running

SCENARIO = """
[[instance]]
id = "desk"
user = [
  { id = "u-1", name = "ada", first_name = "Ada", last_name = "Lovelace" },
  { id = "u-2", name = "grace", last_name = "Hopper" },
  { id = "u-3", name = "kay" },
]
"""


@pytest.fixture
def users(monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectUsers]:
    with running(SCENARIO) as simulator:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CONNECT", simulator.url)
        session = boto3.Session("made-up", "made-up", region_name="eu-west-1")
        yield ConnectUsers(lambda: users_client(session))


@pytest.mark.parametrize(("user", "name"), [("u-1", "Ada Lovelace"), ("u-2", "Hopper"), ("u-3", "kay")])
def test_a_user_is_called_by_their_name_or_by_what_they_sign_in_with(users: ConnectUsers, user: str, name: str) -> None:
    assert users.name("desk", user) == name


def test_somebody_who_is_not_there_is_a_refusal(users: ConnectUsers) -> None:
    with pytest.raises(SourceError):
        users.name("desk", "u-9")
