"""The providers there are. Adding one is adding its folder, and its entry here."""

from typing import Final

from journey_watch.providers.connect.entry import CONNECT_ENTRY
from journey_watch.providers.entry import ProviderEntry
from journey_watch.providers.pinpoint.entry import PINPOINT_ENTRY

REGISTRY: Final[dict[str, ProviderEntry]] = {entry.words.name: entry for entry in (PINPOINT_ENTRY, CONNECT_ENTRY)}
"""By the provider's name."""
