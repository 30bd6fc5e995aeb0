"""Amazon Connect (`connect`): DescribeUser, which says what a user of an instance's own site is called."""

from collections.abc import Sequence

from simulator.api import Answer, ApiError, Call, Operation, Provider, Scene, json_answer
from simulator.connect_campaigns_api import refuse
from simulator.quotas import Quota


def _describe_user(call: Call, scene: Scene) -> Answer:
    instance, user_id = call.path["instance"], call.path["user"]
    user = scene.world.users.get((instance, user_id))
    if user is None or scene.world.instances.get(instance) != scene.world.site_of(call.caller):
        raise ApiError(404, f"User {user_id} not found")
    name = {"FirstName": user.first_name, "LastName": user.last_name}
    shown = {"Id": user_id, "Username": user.name, "IdentityInfo": {key: it for key, it in name.items() if it}}
    return json_answer({"User": shown})


def _this_user(call: Call) -> Sequence[str]:
    return (f"instance/{call.path['instance']}/agent/{call.path['user']}",)


CONNECT_USERS = Provider(
    "connect-users",
    (
        Operation(
            "DescribeUser",
            "GET",
            "/users/{instance}/{user}",
            _describe_user,
            Quota(per_second=2, burst=5),
            resources=_this_user,
        ),
    ),
    refuse,
    iam_prefix="connect",
)
