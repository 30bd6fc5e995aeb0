"""A mute that ends: reading what it held back is the one thing the poller does with the table's index."""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from journey_watch.core.mutes import Mute
from journey_watch.core.runs import LANE_ITSELF, Lane
from verify_aws.findings import Finding, failed, ok
from verify_aws.verification import Verification

MUTE_ID = "verification"
LENGTH_IN_POLLS = 1.5
"""Of a minute each: so long that a poll of every lane falls into it, even if schedules fire some seconds late."""
POLLS_AFTERWARDS = 2


def find(verification: Verification) -> Iterator[Finding]:
    """Set a mute, see every lane note it, see every lane note its end, and two more polls of each."""
    length = LENGTH_IN_POLLS * max(verification.surroundings.interval, timedelta(seconds=5))
    now = datetime.now(UTC)
    verification.deployment.put_mute(
        Mute(id=MUTE_ID, reason="verification", set_by="verify-aws", since=now, until=now + length)
    )
    # What a mute held back is told an interval after its end, when no earlier poll can add to it.
    patience = verification.surroundings.patience.poll + timedelta(minutes=1)
    missing = set(verification.lanes)

    def not_noted() -> set[Lane]:
        # One lane may have forgotten it again before another has noted it.
        missing.difference_update(_muted(verification))
        return missing

    verification.waiting.until("every lane to note the mute", not_noted, _nobody, limit=length + patience)
    if missing:
        yield failed("mute", f"These lanes did not note a mute of {length.total_seconds():.0f} s: {_list(missing)}.")
        return
    still = verification.waiting.until(
        "every lane to note its end", lambda: _muted(verification), _nobody, limit=length + patience
    )
    if still:
        yield failed(
            "mute",
            f"The mute is over, and these lanes cannot note its end: {_list(still)}. The poller's log says why; the "
            "end of a mute is when it queries the table's index.",
        )
        return
    yield ok("mute", f"A mute of {length.total_seconds():.0f} s was noted by every lane, and so was its end.")
    polls = verification.await_polls(POLLS_AFTERWARDS)
    late = {lane for lane, count in polls.items() if count < POLLS_AFTERWARDS}
    if late:
        yield failed("mute", f"After the mute these lanes were not polled to the end any more: {_list(late)}.")
    else:
        yield ok("mute", f"After the mute every lane was polled {POLLS_AFTERWARDS} times more.", polls=dict(polls))


def _muted(verification: Verification) -> set[Lane]:
    """The lanes that remember the mute as being in force."""
    scopes = {lane: verification.deployment.state(lane).scopes.get(LANE_ITSELF) for lane in verification.lanes}
    return {lane for lane, watcher in scopes.items() if watcher is not None and MUTE_ID in watcher.mutes}


def _nobody(lanes: Collection[Lane]) -> bool:
    return not lanes


def _list(lanes: Iterable[object]) -> str:
    return ", ".join(sorted(map(str, lanes)))
