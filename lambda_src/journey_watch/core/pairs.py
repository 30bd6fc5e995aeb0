"""Which watched things belong together for those who look at them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pair:
    """Two that are one to people, as while a journey moves to another provider: a `[[pair]]` entry.

    It is for the view alone. Nothing is compared, alerted or remembered differently.
    """

    name: str
    """Shown above both; no other pair has it."""
    members: tuple[tuple[str, str], ...]
    """(provider, journey id) of each; nobody is in two pairs."""
