"""Reads listings page by page for APIs that botocore has no paginator for, and trusts nothing about the tokens."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from journey_watch.adapters.aws_errors import BROKEN_ANSWER
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


def page_of(answer: object, member: str, read_item: Callable[[object], Item | None], *, doing: str) -> Page[Item]:
    """The page that an answer holds under `member`; `read_item` gives None for an entry that cannot be read.

    Raises SourceError, whose message begins with `doing`, if the answer is not a page at all.
    """
    body = answer.get(member) if isinstance(answer, dict) else None
    entries = body.get("Item") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(entries, list):
        # boto3 shows a body that is not JSON as an answer without members: that must not pass for an empty listing.
        raise SourceError(f"{doing} failed: the answer has no list of Item in {member}.", code=BROKEN_ANSWER)
    token = body.get("NextToken") or None
    if token is not None and not isinstance(token, str):
        raise SourceError(f"{doing} failed: NextToken is no string but {type(token).__name__}.", code=BROKEN_ANSWER)
    read = [read_item(entry) for entry in entries]
    items = [item for item in read if item is not None]
    return Page(items, len(read) - len(items), token)


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
            return Listing(items, malformed, pages, None)
        if problem := _reason_to_stop(token, seen, pages, clock() >= give_up_at):
            return Listing(items, malformed, pages, problem)
        seen.add(token)


def _reason_to_stop(token: str, seen: set[str], pages: int, late: bool) -> SourceError | None:
    if token in seen:
        return SourceError(f"Page {pages} leads back to one that was read: its NextToken repeats.", code=BROKEN_ANSWER)
    if pages >= MAX_PAGES:
        return SourceError(f"The listing has more than {MAX_PAGES} pages.", code=TOO_LONG)
    if late:
        return SourceError(f"The listing took more than {MAX_SECONDS:.0f} s: {pages} pages were read.", code=TOO_LONG)
    return None
