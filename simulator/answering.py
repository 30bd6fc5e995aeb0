"""How a call becomes an answer, or something worse."""

import hashlib
from dataclasses import dataclass, replace
from typing import Literal

from simulator.api import Answer, ApiError, Call, Operation, Provider, Scene
from simulator.faults import Dropped, Failed, Fault, Latency, Malformed, Throttled
from simulator.simulation import Simulation

_THROTTLED = ApiError(429, "Too many requests")


@dataclass(frozen=True)
class Reply:
    """An answer, the seconds to wait before it, and where in it the connection breaks."""

    answer: Answer
    delay: float = 0.0
    drop: Literal["before_headers", "mid_body"] | None = None


def reply_to(
    simulation: Simulation, provider: Provider, operation: Operation, call: Call, refusal: ApiError | None = None
) -> Reply:
    """Answers the call, with the faults that hit it, and counts it; or refuses it, for this reason."""
    received = None if refusal else simulation.receive(call)
    if refusal:
        reply = Reply(_refused(provider, call, refusal))
    elif received is None:
        reply = Reply(_refused(provider, call, _THROTTLED))
    else:
        scene, faults = received
        reply = _spoil(_answer(provider, operation, call, scene, faults), faults)
    simulation.calls.record(call, "dropped" if reply.drop else str(reply.answer.status))
    return reply


def refuse_unknown(simulation: Simulation, provider: Provider, call: Call) -> Answer:
    """404 for what the simulator does not serve, counted under the operation's name ``unknown``."""
    simulation.calls.record(call, "404")
    return _refused(provider, call, ApiError(404, "The simulator has no such operation", "UnknownOperationException"))


def _answer(provider: Provider, operation: Operation, call: Call, scene: Scene, faults: list[Fault]) -> Answer:
    for fault in faults:
        if isinstance(fault, Throttled):
            return _refused(provider, call, _THROTTLED)
        if isinstance(fault, Failed):
            return _refused(provider, call, ApiError(fault.status, "A simulated fault", fault.code))
    try:
        return operation.answer(call, scene)
    except ApiError as error:
        return _refused(provider, call, error)


def _spoil(answer: Answer, faults: list[Fault]) -> Reply:
    reply = Reply(answer)
    for fault in faults:
        if isinstance(fault, Latency):
            reply = replace(reply, delay=reply.delay + fault.delay.total_seconds())
        elif isinstance(fault, Dropped):
            reply = replace(reply, drop=fault.when)
        elif isinstance(fault, Malformed):
            true = reply.answer.body
            body = true[: len(true) // 2] if fault.body is None else fault.body.encode()
            reply = replace(reply, answer=replace(answer, status=200, body=body))
    return reply


def _refused(provider: Provider, call: Call, error: ApiError) -> Answer:
    # AWS numbers requests; a digest is as good, and the same in every run.
    request_id = hashlib.sha256(repr(call).encode()).hexdigest()[:32]
    return provider.refuse(error, request_id)
