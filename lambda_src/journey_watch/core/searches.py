"""Searches: whose call led to a change that was told. It is recorded, and there to be read only minutes later."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CallWindow:
    """The calls that may have led to a change: which, asking for what, and when."""

    names: tuple[str, ...]
    """As CloudTrail names them: `StopCampaign`. Never empty."""
    argument: str
    """What the call must have asked for, in the provider's word: `CANCELLED`; empty where its name says all."""
    earliest: datetime
    latest: datetime
    changed_at: datetime | None = None
    """The provider's time of the change; None if it gives none. A call after it counts only within clock skew."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is still being looked for: whose call an alert is about."""

    sort_key: str
    """Of the TRANSITION item that keeps the alert."""
    since: datetime
    """When the alert was made."""
    window: CallWindow
    unattributed: tuple[str, ...] = ()
    """Recipients of the alert who are not told."""
    read_to: datetime | None = None
    """How far back the calls were read in vain, if there are more than one poll reads; None: the end of the window."""

    @property
    def unread_until(self) -> datetime:
        """The end of the part of the window that is yet to be read."""
        return self.window.latest if self.read_to is None else min(self.read_to, self.window.latest)

    @property
    def alert_id(self) -> str:
        """The alert's: its sort key ends with it."""
        return self.sort_key.rpartition("#")[2]
