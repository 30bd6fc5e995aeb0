"""Judges a trial by what truly happened and what was received. It knows nothing of how the poll works."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from journey_watch.core.runs import JourneyKey, Status
from journey_watch.ports import whole_history
from proof.scenario import CALM, EPOCH, MINUTE, NEW, OLD, PEOPLE, STALENESS
from proof.world import Received, World

KINDS: Final = ("lost", "repeated", "out of order", "false", "wedged", "broke")


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must not be."""

    kind: str
    """One of KINDS."""
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def violations(world: World) -> list[Violation]:
    """All that is wrong with a trial that has been played."""
    found = [*_broken(world), *_wedged(world), *_accounts(world)]
    for channel in PEOPLE:
        found += [*_repeated(world, channel), *_out_of_order(world, channel), *_conditions(world, channel)]
        found += _stories(world, channel)
    return found


def _broken(world: World) -> Iterator[Violation]:
    return (Violation("broke", text) for text in world.broken)


def _wedged(world: World) -> Iterator[Violation]:
    """In the end nothing is owed any more."""
    for scope, state in world.store.load(world.lane).states.items():
        if state.undelivered:
            yield Violation("wedged", f"{len(state.undelivered)} alerts of {scope} are still owed in the end")


def _repeated(world: World, channel: str) -> Iterator[Violation]:
    counts = Counter(one.id for one in world.received[channel])
    for alert_id, count in counts.items():
        if count - 1 > world.allowed_repeats[channel, alert_id]:
            yield Violation("repeated", f"{channel} got {alert_id} {count} times")


def _first_deliveries(world: World, channel: str) -> list[Received]:
    seen: set[str] = set()
    first: list[Received] = []
    for one in world.received[channel]:
        if one.id not in seen:
            seen.add(one.id)
            first.append(one)
    return first


def _out_of_order(world: World, channel: str) -> Iterator[Violation]:
    """Of one run, a message never tells what came before something that an earlier message has told."""
    latest: dict[tuple[str, str], tuple[int, int]] = {}
    for one in _first_deliveries(world, channel):
        if "run_id" not in one.detail or "condition" in one.detail:
            continue
        run = one.detail["journey_id"], one.detail["run_id"]
        sequence, message = latest.get(run, (-1, -1))
        if one.detail["sequence"] < sequence and one.message != message:
            yield Violation("out of order", f"{channel} was told of {run} {one.detail['status']} too late")
        if one.detail["sequence"] >= sequence:
            latest[run] = one.detail["sequence"], one.message


def _conditions(world: World, channel: str) -> Iterator[Violation]:
    """What lasts opens, is reminded of and resolves, and is over when the trouble is."""
    stories: dict[tuple[str, str | None, str], list[str]] = defaultdict(list)
    in_order = sorted(_first_deliveries(world, channel), key=lambda one: one.detail["sequence"])
    for one in in_order:
        if "condition" in one.detail:
            key = one.detail.get("journey_id", "*"), one.detail.get("run_id"), one.detail["condition"]
            stories[key].append(one.detail["phase"])
    for (journey_id, run_id, condition), phases in stories.items():
        what = f"{channel} was told of {condition} of {journey_id}/{run_id}: {', '.join(phases)}"
        if phases[0] != "Opened" or any(
            (before, after)
            in {("Opened", "Opened"), ("Reminder", "Opened"), ("Resolved", "Reminder"), ("Resolved", "Resolved")}
            for before, after in pairwise(phases)
        ):
            yield Violation("false", what)
        if condition == "MISSING" and run_id is not None and _was_there(world, journey_id, run_id):
            yield Violation("false", f"{what}; and it was listed whenever the listing was complete")
        if phases[-1] != "Resolved" and _is_over(world, journey_id, run_id, condition):
            yield Violation("lost", f"{what}; and it is over")


def _was_there(world: World, journey_id: str, run_id: str) -> bool:
    """True if no complete listing of the trial can have lacked the run: nothing was deleted, and it is an old one."""
    journey = next((one for one in OLD if one.journey_id == journey_id), None)
    if journey is None or journey in _ever(world, "deleted"):
        return False
    first = next((step.at for step in world.scenario.steps if (step.journey, step.run_id) == (journey, run_id)), None)
    return first is not None and first < CALM - STALENESS


def _is_over(world: World, journey_id: str, run_id: str | None, condition: str) -> bool:
    journey = next((one for one in (*OLD, NEW) if one.journey_id == journey_id), None)
    if journey is None or run_id is None or journey in world.journeys_of("deleted", world.scenario.ends):
        return False
    run = world.runs(journey, world.scenario.ends).get(run_id)
    return run is not None and (condition != "STUCK" or run.status is not Status.RUNNING)


def _accounts(world: World) -> Iterator[Violation]:
    """What mutes held back stands in their accounts."""
    recorded = whole_history(world.store, world.lane, EPOCH)
    held_back = Counter(alert.muted_by for alert in recorded if alert.muted_by)
    for channel in PEOPLE:
        accounts: Counter[str | None] = Counter()
        for one in {one.id: one for one in world.received[channel] if "mute" in one.detail}.values():
            accounts[one.detail["mute"]] += one.detail["held_back"]
        if accounts != held_back:
            yield Violation("lost", f"{channel} was given account of {dict(accounts)}; held back was {dict(held_back)}")


def _stories(world: World, channel: str) -> Iterator[Violation]:
    """What a recipient knows of each run is its true story, in one unbroken chain, up to its end."""
    known: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
    told = [one.detail for one in world.received[channel] if "status" in one.detail and "condition" not in one.detail]
    muted = [
        {"id": alert.id, **alert.detail}
        for alert in whole_history(world.store, world.lane, EPOCH)
        if alert.muted_by and alert.status
    ]
    for detail in (*told, *muted):
        known[detail["journey_id"], detail["run_id"]][detail["id"]] = detail
    for journey in (*OLD, NEW):
        for run_id in world.runs(journey, world.scenario.ends):
            in_order = sorted(known.pop((journey.journey_id, run_id), {}).values(), key=lambda one: one["sequence"])
            links = [(one["previous_status"], one["status"]) for one in in_order]
            yield from _story(world, channel, journey, run_id, links)
    for journey_id, run_id in known:
        yield Violation("false", f"{channel} was told of {journey_id}/{run_id}, which there never was")


def _story(
    world: World, channel: str, journey: JourneyKey, run_id: str, links: Sequence[tuple[str | None, str]]
) -> Iterator[Violation]:
    history = [step for step in world.scenario.steps if (step.journey, step.run_id) == (journey, run_id)]
    statuses = [step.status.value for step in history]
    what = f"{channel} was told of {journey} {run_id}: {_chain(links)}; it was {statuses}"
    if journey in _ever(world, "unwatched"):
        # What is not watched for a while begins anew, and what happened just before may be told again.
        if not {status for _, status in links} <= set(statuses):
            yield Violation("false", what)
        return
    lived = iter(statuses)
    if not all(status in lived for _, status in links):
        yield Violation("false", what)
    if journey in _ever(world, "deleted"):
        return  # nobody can know how it ended
    at_first_look = [step.status.value for step in history if step.at < CALM - MINUTE]
    if any(before[1] != after[0] for before, after in pairwise(links)):
        yield Violation("lost", f"{what}: the chain is broken")
    expected = at_first_look[-1] if at_first_look else None
    if links and links[0][0] != expected:
        yield Violation("lost", f"{what}: its beginning is missing")
    last = links[-1][1] if links else expected
    if last != statuses[-1]:
        yield Violation("lost", f"{what}: its end is missing")


def _ever(world: World, kind: str) -> set[JourneyKey]:
    return {OLD[fault.target] for fault in world.scenario.faults if fault.kind == kind}


def _chain(links: Sequence[tuple[str | None, str]]) -> str:
    return ", ".join(f"{before}→{after}" for before, after in links) or "nothing"
