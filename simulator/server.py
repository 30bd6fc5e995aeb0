"""The HTTP server: on 127.0.0.1 only, in this process or, for tests, in a thread of it."""

import asyncio
import contextlib
import re
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from simulator.answering import Reply, refuse_unknown, reply_to
from simulator.api import ApiError, Call, Operation, Provider
from simulator.control_api import control_routes
from simulator.judge import Judge
from simulator.providers import PROVIDERS
from simulator.scenario import Scenario, load_scenario
from simulator.simulation import Simulation
from simulator.world import Site

HOST = "127.0.0.1"
_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/")


class _DroppableProtocol(H11Protocol):
    """Hands the connection to the request, so that a fault can break it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _SentReply(Response):
    """A Reply over ASGI: late, or cut off."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.answer.body, reply.answer.status, dict(reply.answer.headers))
        self._reply = reply

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(self._reply.delay)
        if self._reply.drop is None:
            await super().__call__(scope, receive, send)
            return
        transport: asyncio.Transport = scope["state"]["transport"]
        if self._reply.drop == "mid_body":
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            half = self.body[: len(self.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
        transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


def build_app(simulation: Simulation, judge: Judge | None = None) -> Starlette:
    """The ASGI application: the control API and every provider. Without a judge every caller may do everything."""
    by_route: dict[tuple[str, str], list[tuple[Provider, Operation]]] = {}
    for provider in PROVIDERS:
        for operation in provider.operations:
            by_route.setdefault((operation.method, operation.path), []).append((provider, operation))
    routes = [
        Route(path, _endpoint(simulation, judge, served), methods=[method])
        for (method, path), served in by_route.items()
    ]
    unknown = _endpoint(simulation, judge, [])
    return Starlette(routes=[control_routes(simulation), *routes], exception_handlers={404: unknown, 405: unknown})


def _endpoint(
    simulation: Simulation, judge: Judge | None, served: list[tuple[Provider, Operation]]
) -> Callable[..., Awaitable[Response]]:
    """Answers for the operations of one path. Those that share it say in the form, or in a header, which is meant."""

    async def endpoint(request: Request, _error: Exception | None = None) -> Response:
        body = await request.body()
        action = request.headers.get("x-amz-target") or _form(body).get("Action")
        for provider, operation in served:
            if operation.action in (None, action):
                call = _call(simulation, operation.name, request, body)
                call, refusal = await _judged(judge, provider, operation, call)
                return _SentReply(reply_to(simulation, provider, operation, call, refusal))
        provider = served[0][0] if served else PROVIDERS[0]
        return _SentReply(Reply(refuse_unknown(simulation, provider, _call(simulation, "unknown", request, body))))

    return endpoint


def _form(body: bytes) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(body.decode("utf-8", "replace")).items()}


async def _judged(
    judge: Judge | None, provider: Provider, operation: Operation, call: Call
) -> tuple[Call, ApiError | None]:
    """The call, by the account that the judge knows its caller to be of, and why it is refused."""
    if judge is None or not provider.iam_prefix:
        return call, None
    try:
        resources = operation.resources(call)
    except ApiError as error:
        return call, error
    action = f"{provider.iam_prefix}:{operation.name}"
    # In a thread of its own: it waits for another process.
    verdict = await asyncio.to_thread(judge.verdict, call.access_key, call.caller.region, action, resources)
    caller = call.caller if verdict.account is None else Site(verdict.account, call.caller.region)
    return replace(call, caller=caller), verdict.refusal


def _call(simulation: Simulation, operation: str, request: Request, body: bytes) -> Call:
    signed = _CREDENTIAL.search(request.headers.get("authorization", ""))
    access_key, region = (signed["key"], signed["region"]) if signed else ("", "")
    return Call(
        operation=operation,
        caller=simulation.site_of(access_key, region),
        access_key=access_key,
        path={} if operation == "unknown" else request.path_params,
        query=dict(request.query_params),
        body=body,
    )


class SimulatorServer(uvicorn.Server):
    """A uvicorn server that says when it listens, and does not wait long for its clients when it ends."""

    def __init__(self, simulation: Simulation, *, on_listening: Callable[[], None], judge: Judge | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                build_app(simulation, judge),
                http=_DroppableProtocol,
                ws="none",
                lifespan="off",
                loop="asyncio",
                access_log=False,
                log_config=None,
                log_level="critical",  # a connection dropped on purpose is not worth a line
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_listening()


def listen(port: int = 0) -> socket.socket:
    """A socket bound to this port of 127.0.0.1, 0 for any free one. Raises OSError when the port is taken."""
    # Without the protocol asyncio leaves Nagle's algorithm on, which costs 40 ms an answer.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, port))
    except OSError:
        bound.close()
        raise
    return bound


def url_of(bound: socket.socket) -> str:
    """The endpoint URL of a server on this socket."""
    return f"http://{HOST}:{bound.getsockname()[1]}"


@dataclass(frozen=True)
class RunningSimulator:
    """A simulator that is up: the endpoint URL for clients, and its control."""

    url: str
    control: Simulation


@contextlib.contextmanager
def running(
    scenario: Scenario | Path | str = "",
    *,
    start_clock: bool = False,
    judge: Judge | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> Iterator[RunningSimulator]:
    """A simulator in a thread of this process, on a free port of 127.0.0.1, ready when the block begins.

    `scenario` is one that was loaded, the path of its file, or its TOML. Unless `start_clock`, nothing happens but
    by the control. Without a `judge` every caller may do everything. `monotonic` is what the clock and the quotas
    count by.
    Raises ConfigurationError for a scenario that is not right.
    """
    simulation = Simulation(load_scenario(scenario) if isinstance(scenario, Path) else scenario, monotonic=monotonic)
    bound = listen()
    listening = threading.Event()
    server = SimulatorServer(simulation, on_listening=listening.set, judge=judge)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, name="simulator", daemon=True)
    thread.start()
    listening.wait()
    if start_clock:
        simulation.start_clock()
    try:
        yield RunningSimulator(url_of(bound), simulation)
    finally:
        server.should_exit = True
        thread.join()
