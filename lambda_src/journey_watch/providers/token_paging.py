"""Reads listings page by page for APIs that botocore has no paginator for, and trusts nothing about the tokens."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from journey_watch.aws.errors import BROKEN_ANSWER
from journey_watch.core.errors import SourceError

Item = TypeVar("Item")
MAX_PAGES: Final = 500
"""Far beyond any real listing (100,000 runs); a server that always has one more page ends here."""
MAX_SECONDS: Final = 15.0
"""One slow listing may not use up the poll of all others. Looked at between pages, so one more call can follow."""
TOO_LONG: Final = "ListingTooLong"


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of an answer."""

    items: list[Item]
    malformed: int
    """Entries that could not be read."""
    next_token: str | None
    problem: SourceError | None = None
    """Why the next page cannot be asked for, though there may be one."""


@dataclass(frozen=True, slots=True)
class Listing(Generic[Item]):
    """All that could be read."""

    items: list[Item]
    malformed: int
    pages: int
    problem: SourceError | None
    """Why the pages end before the listing does; None if they do not."""

    @property
    def complete(self) -> bool:
        """True if every entry of every page was read."""
        return self.problem is None and not self.malformed


def page_of(
    body: object, read_item: Callable[[object], Item | None], *, entries: str, following: str, doing: str
) -> Page[Item]:
    """The page in a body, whose members are called `entries` and `following`.

    `read_item` gives None for an entry that cannot be read. Raises SourceError, whose message begins with `doing`, if
    the body is not a page at all.
    """
    listed = body.get(entries) if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(listed, list):
        # boto3 shows a body that is not JSON as an answer without members: that must not pass for an empty listing.
        raise SourceError(f"{doing} failed: the answer has no list of {entries}.", code=BROKEN_ANSWER)
    read = [read_item(entry) for entry in listed]
    items = [item for item in read if item is not None]
    malformed = len(read) - len(items)
    next_token = body.get(following) or None
    if next_token is not None and not isinstance(next_token, str):
        kind = type(next_token).__name__
        problem = SourceError(f"{doing} failed: {following} is no string but {kind}.", code=BROKEN_ANSWER)
        return Page(items, malformed, None, problem)
    return Page(items, malformed, next_token)


def read_pages(fetch: Callable[[str | None], Page[Item]], *, clock: Callable[[], float]) -> Listing[Item]:
    """Fetch page after page; `fetch` takes a token, None for the first page, and raises SourceError if it cannot.

    Ends with a `problem`, never an exception, when a page fails, a token repeats, or there is no end to them.
    """
    items: list[Item] = []
    malformed = pages = 0
    token: str | None = None
    seen: set[str] = set()
    give_up_at = clock() + MAX_SECONDS
    while True:
        try:
            page = fetch(token)
        except SourceError as error:
            return Listing(items, malformed, pages, error)
        items += page.items
        malformed += page.malformed
        pages += 1
        token = page.next_token
        if token is None:
            return Listing(items, malformed, pages, page.problem)
        if problem := _reason_to_stop(token, seen, pages, clock() >= give_up_at):
            return Listing(items, malformed, pages, problem)
        seen.add(token)


def _reason_to_stop(token: str, seen: set[str], pages: int, late: bool) -> SourceError | None:
    if token in seen:
        return SourceError(f"Page {pages} leads back to one that was read: its token repeats.", code=BROKEN_ANSWER)
    if pages >= MAX_PAGES:
        return SourceError(f"The listing has more than {MAX_PAGES} pages.", code=TOO_LONG)
    if late:
        return SourceError(f"The listing took more than {MAX_SECONDS:.0f} s: {pages} pages were read.", code=TOO_LONG)
    return None
