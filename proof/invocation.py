"""One invocation of the function: the real poll over ports that misbehave, and a note of how it ended."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from journey_watch.core.commit_plan import CommitLimits
from journey_watch.core.errors import PollFailedError, StoreUnavailableError
from journey_watch.core.watch_list import ALL, Thresholds, WatchTarget
from journey_watch.polling.poll_context import PollContext
from journey_watch.polling.time_budget import TimeBudget
from journey_watch.ports import Channel
from journey_watch.settings import WatchConfig
from proof.engine import Killed
from proof.ports import SimulatedChannel, SimulatedSource, SimulatedStore
from proof.scenario import CHANNELS
from proof.world import TIMEOUT_SECONDS, Invocation

_PATIENCE: Final = Thresholds(stuck_after=240, unreachable_after=120, remind_every=600, catch_up_after=90)


def run(invocation: Invocation, poll: Callable[[PollContext], object]) -> None:
    """Let it poll once. Raises Killed if it dies."""
    world = invocation.world
    at_once, digest_over = world.scenario.at_once, world.scenario.digest_over
    target = WatchTarget("pinpoint", ALL, thresholds=_PATIENCE)
    channels = {
        name: Channel(
            SimulatedChannel(invocation, name),
            for_operators=name == "operators",
            at_once=at_once,
            max_single=12,
            one_by_one=name == "queue",
        )
        for name in CHANNELS
    }
    context = PollContext(
        world.lane,
        [target],
        source=SimulatedSource(invocation),
        store=SimulatedStore(invocation),
        channels=channels,
        config=WatchConfig(watch=(target,), digest_over=digest_over),
        commit_limits=CommitLimits(max_events=world.scenario.max_alerts),
        time_budget=TimeBudget(invocation.now, invocation.now() + timedelta(seconds=TIMEOUT_SECONDS)),
    )
    try:
        world.note(invocation.name, "begins")
        poll(context)
        world.note(invocation.name, "ends")
    except (PollFailedError, StoreUnavailableError) as error:
        world.note(invocation.name, f"fails: {error}")
    except Killed:
        world.note(invocation.name, "dies")
        world.allowed_repeats.update(invocation.unacknowledged)
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it should not be
        world.note(invocation.name, f"breaks: {error!r}")
        world.broken.append(f"{invocation.name} broke: {error!r}")
