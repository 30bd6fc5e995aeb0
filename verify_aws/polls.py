"""Whether every lane is polled by its schedule, and whether anything was given up."""

from collections.abc import Iterator

from journey_watch import contract
from verify_aws.findings import Finding, failed, ok
from verify_aws.verification import Verification

POLLS = 3


def find(verification: Verification) -> Iterator[Finding]:
    """Three polls of each lane, started by the schedules alone."""
    if not verification.lanes:
        yield failed("polls", "The stack has no lane, so nothing is polled.")
        return
    for lane, polls in verification.await_polls(POLLS).items():
        if polls >= POLLS:
            yield ok("polls", f"{lane} was polled {polls} times by its schedule, each time to the end.", polls=polls)
        else:
            yield failed(
                "polls", f"{lane} was polled to the end {polls} times, not {POLLS}.{_last_failure(verification, lane)}"
            )


def find_trouble(verification: Verification) -> Iterator[Finding]:
    """Looked at last, when everything else has been tried: polls that failed, and dead letters."""
    errors = [line for line in verification.log_lines() if line.get("level") in {"ERROR", "CRITICAL"}]
    said = sorted({f"{line.get('message')}: {line.get('reason', line.get('exception_name', ''))}" for line in errors})
    if errors:
        yield failed("log", f"The poller logged {len(errors)} errors, among them: {said[0]}", errors=said[:10])
    else:
        yield ok("log", "The poller logged no error in all that time.")
    for queue, count in verification.deployment.dead_letters().items():
        if count:
            yield failed("dead letters", f"What was given up lies in {queue}: {count} of it.", queue=queue)
        else:
            yield ok("dead letters", f"{queue} is empty.")


def _last_failure(verification: Verification, lane: str) -> str:
    failures = [
        str(line.get("reason"))
        for line in verification.log_lines()
        if line.get("message") == contract.LOG_POLL_FAILED and line.get("lane") == lane
    ]
    return f" The last failure: {failures[-1]}" if failures else " Its log has no failed poll either."
