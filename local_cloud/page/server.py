"""Serves the page on 127.0.0.1. The live runs are rendered by the very code that the dashboard's widget runs."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from infra.deployment_config import DeploymentConfig
from journey_watch.core.watch_list import lanes_of
from journey_watch.live_page import PageRequest, Query, UrlLinks
from journey_watch.live_page.composition import LivePage
from journey_watch.live_page.lane_reader import LaneReader
from local_cloud.cloud import LocalCloud
from local_cloud.inbox import Inbox
from local_cloud.page.inbox_view import LETTERS, SHOWN, inbox_html
from local_cloud.page.poll_log import PollLog
from local_cloud.toolchain import ACCOUNT, CHECKOUT, LOOPBACK

_STATIC: Final = Path(__file__).with_name("static")
_HEADERS: Final = {
    "Cache-Control": "no-store",
    # The page shows names that anybody may have typed. They are escaped; this is the second lock.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}


def build_app(live_page: LivePage, inbox: Inbox) -> Starlette:
    """The page's few routes. Endpoints are plain functions: Starlette runs them in threads."""

    def live(request: Request) -> Response:
        query = Query.read(request.query_params)
        return HTMLResponse(live_page.html(PageRequest(query), UrlLinks()), headers=_HEADERS)

    def letters(request: Request) -> Response:
        asked = request.query_params.get(LETTERS, "")
        most = max(SHOWN, int(asked[:6])) if asked.isdecimal() else SHOWN
        return HTMLResponse(inbox_html(inbox.deliveries(), most, request.query_params), headers=_HEADERS)

    def file(name: str) -> Route:
        def send(_: Request) -> Response:
            return FileResponse(_STATIC / name, headers=_HEADERS)

        return Route(f"/{name if name != 'index.html' else ''}", send)

    return Starlette(
        routes=[
            *(file(name) for name in ("index.html", "page.css", "page.js")),
            Route("/live", live),
            Route("/inbox", letters),
        ],
        # Another site whose name is made to point here gets nothing.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[LOOPBACK])],
    )


class _Server(uvicorn.Server):
    def __init__(self, app: Starlette) -> None:
        super().__init__(
            uvicorn.Config(app, ws="none", lifespan="off", loop="asyncio", log_config=None, timeout_graceful_shutdown=1)
        )
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@contextmanager
def served(live_page: LivePage, inbox: Inbox) -> Iterator[str]:
    """The page's URL, on a free port; it is there as long as the block runs."""
    server = _Server(build_app(live_page, inbox))
    with socket.create_server((LOOPBACK, 0)) as bound:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, name="page", daemon=True)
        thread.start()
        server.listening.wait()
        try:
            yield f"http://{LOOPBACK}:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def page_of(cloud: LocalCloud, *, config: str) -> Iterator[str]:
    """The URL of the page about the stack that was deployed with this configuration."""
    deployed = DeploymentConfig.from_file(CHECKOUT / config, own_account=ACCOUNT, own_region=cloud.region)
    lanes = lanes_of(deployed.watch, own_account=ACCOUNT, own_region=cloud.region)
    reader = LaneReader(cloud.client("dynamodb"), cloud.outputs["StateTableName"])
    poller = cloud.client("lambda").get_function_configuration(FunctionName=cloud.outputs["PollerFunctionName"])
    polls = PollLog(cloud.client("logs"), poller["LoggingConfig"]["LogGroup"])
    live_page = LivePage(reader, list(lanes), config=deployed.watching, last_polls=polls)
    with served(live_page, cloud.inbox) as url:
        yield url
