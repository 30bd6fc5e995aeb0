"""The ways an answer can go wrong. Each fault is one class; its fields are the keys of a ``[[fault]]`` table.

Faults about the pages of a listing are in listing_faults.py.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Literal

from strict_toml.schemas import WrongValueError


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong, and for which calls. ``"*"`` means any; `journey` also names a Connect campaign.

    Of the matching calls the first `after` are left alone; then each is hit with probability `rate`, drawn from the
    scenario's seed, until `count` calls were hit.
    """

    kinds: ClassVar[dict[str, type["Fault"]]] = {}
    kind: ClassVar[str]
    name: str = ""
    operation: str = "*"
    application: str = "*"
    journey: str = "*"
    account: str = "*"
    region: str = "*"
    rate: float = 1.0
    after: int = 0
    count: int | None = None

    def __init_subclass__(cls, *, kind: str | None = None) -> None:
        if kind:
            cls.kind = kind
            Fault.kinds[kind] = cls

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise WrongValueError("rate", f"is {self.rate}; expected a probability from 0 to 1.")
        for key, value in (("after", self.after), ("count", self.count)):
            if value is not None and value < 0:
                raise WrongValueError(key, f"is {value}; expected 0 or more.")


@dataclass(frozen=True, kw_only=True)
class Throttled(Fault, kind="throttle"):
    """429, with the provider's own error code."""


@dataclass(frozen=True, kw_only=True)
class Failed(Fault, kind="error"):
    """An error answer of this HTTP status; `code` replaces the provider's error code for it."""

    status: int = 500
    code: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 400 <= self.status <= 599:  # noqa: PLR2004 - the HTTP error statuses
            raise WrongValueError("status", f"is {self.status}; expected an HTTP error status from 400 to 599.")


@dataclass(frozen=True, kw_only=True)
class Latency(Fault, kind="latency"):
    """The answer comes this much later, with whatever it says."""

    delay: timedelta


@dataclass(frozen=True, kw_only=True)
class Dropped(Fault, kind="drop"):
    """The connection is closed, before the status line or in the middle of the body.

    botocore takes half a body for the whole: its caller sees HTTP 200 with nothing in it, not an error.
    """

    when: Literal["before_headers", "mid_body"] = "before_headers"


@dataclass(frozen=True, kw_only=True)
class Malformed(Fault, kind="malformed"):
    """HTTP 200 with this body, or with the true one cut in half.

    botocore swallows a body that is not JSON, too, and hands its caller an answer with nothing in it.
    """

    body: str | None = None


@dataclass(frozen=True, kw_only=True)
class Stale(Fault, kind="stale"):
    """The answer shows the world as it was `by` ago on the scenario's clock."""

    by: timedelta
