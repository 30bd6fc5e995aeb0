"""The control API under ``/_simulator``: look at the simulation and steer it, over HTTP and JSON."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from journey_watch.core.errors import ConfigurationError
from simulator.events import Event
from simulator.faults import Fault
from simulator.simulation import Simulation
from simulator.world import NotInWorldError

Json = dict[str, Any]
Steer = Callable[[Request, bytes], Json]


def control_routes(simulation: Simulation) -> Mount:
    """The routes that control `simulation`. A request that makes no sense answers 400 and ``{"error": …}``."""
    control = _Control(simulation)
    table: tuple[tuple[str, str, Steer], ...] = (
        ("GET", "/state", control.state),
        ("GET", "/time", control.time),
        ("PUT", "/time", control.set_time),
        ("GET", "/events", control.events),
        ("POST", "/events", control.play),
        ("POST", "/events/next", control.play_next),
        ("GET", "/faults", control.faults),
        ("POST", "/faults", control.switch_on),
        ("DELETE", "/faults", control.switch_off),
        ("DELETE", "/faults/{name}", control.switch_off),
        ("GET", "/calls", control.calls),
        ("DELETE", "/calls", control.reset_calls),
        ("PUT", "/scenario", control.load),
    )
    return Mount("/_simulator", routes=[Route(path, _endpoint(steer), methods=[verb]) for verb, path, steer in table])


class _Control:
    """One method per route: what it returns is the JSON that is answered."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    def state(self, request: Request, body: bytes) -> Json:
        world = self._simulation.world
        return {
            **self.time(request, body),
            "ended": world.ended,
            "applications": {
                application.id: {
                    "account": application.site.account,
                    "region": application.site.region,
                    "refusal": application.refusal,
                    "journeys": {
                        journey.id: {
                            "state": journey.state,
                            "runs": {run.id: run.status for run in journey.runs.values() if run.listed},
                        }
                        for journey in application.journeys.values()
                    },
                }
                for application in world.applications.values()
            },
            "campaigns": {campaign.id: campaign.state for campaign in world.campaigns.values()},
            "roles": {role.arn: role.assumable for role in world.roles.values()},
        }

    def time(self, _request: Request, _body: bytes) -> Json:
        simulation = self._simulation
        return {
            "now": _plain(simulation.now),
            "elapsed_seconds": simulation.clock.elapsed.total_seconds(),
            "running": simulation.clock.running,
        }

    def set_time(self, request: Request, body: bytes) -> Json:
        match json.loads(body):
            case {"running": bool(running), **rest} if not rest:
                (self._simulation.start_clock if running else self._simulation.stop_clock)()
            case {"at": str(at), **rest} if not rest:
                self._simulation.move_to(at)
            case {"by": str(by), **rest} if not rest:
                self._simulation.advance(by)
            case _:
                raise ValueError('expected one of {"running": true}, {"at": "10s"}, {"by": "5s"}')
        return self.time(request, body)

    def events(self, _request: Request, _body: bytes) -> Json:
        pending = [_table(event) for event in self._simulation.pending]
        played = [
            {**_table(each.event), "time": _plain(each.time), "problem": each.problem}
            for each in list(self._simulation.played)
        ]
        return {"played": played, "pending": pending}

    def play(self, _request: Request, body: bytes) -> Json:
        asked = json.loads(body)
        events = asked if isinstance(asked, list) else [asked]
        if not events:
            raise ValueError("expected an event, or a list of some")
        self._simulation.play(*events)
        played = [_table(each.event) for each in list(self._simulation.played)[-len(events) :]]
        return {"played": played if isinstance(asked, list) else played[0]}

    def play_next(self, _request: Request, _body: bytes) -> Json:
        event = self._simulation.play_next()
        return {"played": _table(event) if event else None}

    def faults(self, _request: Request, _body: bytes) -> Json:
        return {"faults": [{**_table(fault), "hits": hits} for fault, hits in self._simulation.faults()]}

    def switch_on(self, request: Request, body: bytes) -> Json:
        self._simulation.switch_on(json.loads(body))
        return self.faults(request, body)

    def switch_off(self, request: Request, _body: bytes) -> Json:
        return {"switched_off": self._simulation.switch_off(request.path_params.get("name", "*"))}

    def calls(self, request: Request, _body: bytes) -> Json:
        wanted = dict(request.query_params)
        log = self._simulation.calls
        return {"total": log.count(**wanted), "operations": log.by_operation(**wanted)}

    def reset_calls(self, _request: Request, _body: bytes) -> Json:
        self._simulation.calls.reset()
        return {"total": 0, "operations": {}}

    def load(self, request: Request, body: bytes) -> Json:
        self._simulation.load(body.decode())
        return self.time(request, body)


def _endpoint(steer: Steer) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(steer(request, await request.body()))
        except (ConfigurationError, NotInWorldError, ValueError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    return endpoint


def _table(thing: Event | Fault) -> Json:
    return {"kind": thing.kind} | {field.name: _plain(getattr(thing, field.name)) for field in fields(thing)}


def _plain(value: object) -> object:
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Fault):
        return _table(value)
    if isinstance(value, Mapping):
        return dict(value)
    return value
