"""One invocation of the function: the real poll over ports that misbehave, and a note of how it ended."""

from collections.abc import Callable
from datetime import timedelta

from journey_watch.core.commit_plan import CommitLimits
from journey_watch.core.errors import PollFailedError, StoreUnavailableError
from journey_watch.polling.poll_context import PollContext
from journey_watch.polling.time_budget import TimeBudget
from proof.engine import Killed
from proof.ports import SimulatedCallHistory, SimulatedChannel, SimulatedSource, SimulatedStore
from proof.world import TIMEOUT_SECONDS, Invocation


def run(invocation: Invocation, poll: Callable[[PollContext], object]) -> None:
    """Let it poll once. Raises Killed if it dies."""
    world, deployment = invocation.world, invocation.deployment
    context = PollContext(
        world.lane,
        deployment.targets,
        source=SimulatedSource(invocation),
        store=SimulatedStore(invocation),
        channels=deployment.channels(lambda place: SimulatedChannel(invocation, place), at_once=world.scenario.at_once),
        config=deployment.config,
        commit_limits=CommitLimits(max_events=world.scenario.max_alerts),
        history_pages=world.scenario.history_pages,
        time_budget=TimeBudget(invocation.now, invocation.now() + timedelta(seconds=TIMEOUT_SECONDS)),
        call_history=SimulatedCallHistory(invocation),
    )
    try:
        world.note(invocation.name, "begins")
        poll(context)
        world.note(invocation.name, "ends")
    except (PollFailedError, StoreUnavailableError) as error:
        world.note(invocation.name, f"fails: {error}")
    except Killed:
        world.note(invocation.name, "dies")
        world.allowed_repeats.update(invocation.unconfirmed)
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it should not be
        world.note(invocation.name, f"breaks: {error!r}")
        world.broken.append(f"{invocation.name} broke: {error!r}")
