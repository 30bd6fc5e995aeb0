"""Lets the simulator ask what its callers may do: it plays services that MiniStack knows nothing of."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from local_cloud.inside_ministack.permissions import Permissions, role_of
from local_cloud.inside_ministack.private_names import core, ministack

PATH = "/_local_cloud/judge"

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def answer_others(permissions: Permissions) -> None:
    """Answer `POST /_local_cloud/judge`, beside everything else that MiniStack answers.

    Asked is {"access_key", "region", "action", "resources"}; a resource is "*" or what follows the account in its ARN.
    Answered is {"account", "refusal"}: the account of the caller's role, null for who has none, and null or why the
    call is refused: {"code", "message"}.
    """
    app = ministack()
    everything_else = app.app

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await everything_else(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        judged = json.dumps(_judge(permissions, **json.loads(body))).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(judged)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": judged})

    app.app = answer


def _judge(
    permissions: Permissions, *, access_key: str, region: str, action: str, resources: list[str]
) -> dict[str, Any]:
    responses = core("responses")
    responses.set_request_account_id(access_key)
    account = responses.get_account_id()
    for resource in resources:
        arn = resource if resource == "*" else f"arn:aws:{action.partition(':')[0]}:{region}:{account}:{resource}"
        refusal = permissions.refusal(access_key, action, arn, region=region)
        if refusal is not None:
            return {
                "account": account if role_of(access_key) else None,
                "refusal": {"code": refusal.code or "AccessDeniedException", "message": refusal.message},
            }
    return {"account": account if role_of(access_key) else None, "refusal": None}
