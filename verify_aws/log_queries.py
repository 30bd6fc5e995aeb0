"""The saved queries: they are there, and the poller's log understands them."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from botocore.exceptions import ClientError

from infra.saved_queries import QUERIES
from verify_aws.findings import Finding, failed, not_checked, ok
from verify_aws.surroundings import Gap
from verify_aws.verification import Verification, said_by

ABOUT: Final = "saved queries"
_UNDERWAY: Final = frozenset({"Scheduled", "Running", "Unknown"})
_REFUSALS: Final = frozenset({"MalformedQueryException", "InvalidParameterException"})


def find(verification: Verification) -> Iterator[Finding]:
    """Each of them is saved, starts, and completes."""
    if Gap.QUERY_LANGUAGE in verification.surroundings.gaps:
        yield not_checked(ABOUT, Gap.QUERY_LANGUAGE)
    if Gap.SAVED_QUERIES in verification.surroundings.gaps:
        yield not_checked(ABOUT, Gap.SAVED_QUERIES)
        saved: Mapping[str, str] = {name: "\n| ".join(lines) for name, lines in QUERIES.items()}
    else:
        saved = _saved(verification)
    for missing in sorted(QUERIES.keys() - saved.keys()):
        yield failed(ABOUT, f'"{missing}" is not saved.')
    for name, query in saved.items():
        yield run_query(verification, ABOUT, name, query)


def run_query(verification: Verification, about: str, name: str, query: str) -> Finding:
    """Start a query of the poller's log, as a person would in Logs Insights, and wait for its end."""
    client = verification.surroundings.client("logs")
    now = datetime.now(UTC)
    try:
        started = client.start_query(
            logGroupNames=[verification.poller_log],
            startTime=int((now - timedelta(hours=1)).timestamp()),
            endTime=int(now.timestamp()),
            queryString=query,
        )["queryId"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in _REFUSALS:
            raise
        return failed(about, f'"{name}" is refused: {said_by(error)}', query=query)
    status = verification.waiting.until(
        f'the query "{name}"',
        lambda: client.get_query_results(queryId=started)["status"],
        lambda status: status not in _UNDERWAY,
        limit=verification.surroundings.patience.queries,
    )
    if status == "Complete":
        return ok(about, f'"{name}" was started and completed.')
    return failed(about, f'"{name}" was started and is {status}.', query=query)


def _saved(verification: Verification) -> Mapping[str, str]:
    folder = f"{verification.stack}/"
    answer = verification.surroundings.client("logs").describe_query_definitions(
        queryDefinitionNamePrefix=folder, maxResults=100
    )
    return {each["name"].removeprefix(folder): each["queryString"] for each in answer["queryDefinitions"]}
