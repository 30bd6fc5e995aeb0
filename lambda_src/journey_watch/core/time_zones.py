"""Time zones by name, with one error for every name that has none."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from journey_watch.core.errors import ConfigurationError


def zone_named(name: str) -> ZoneInfo:
    """Return the time zone. Raise ConfigurationError if neither this machine nor the bundled `tzdata` has it."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:  # a folder of zones, or too long a name, raises OSError
        raise ConfigurationError(f"There is no time zone {ascii(name)[:80]} here.") from error


def located(moment: datetime, zone_name: str) -> datetime:
    """Return a time in UTC; `zone_name` says where, unless the time has an offset of its own.

    Raise LookupError, which continues the sentence "… is TIME, ", if clocks there show it never or twice.
    """
    try:
        first, last = (_in_utc(moment, zone_name, fold) for fold in (0, 1))
    except OverflowError:
        raise LookupError("which is beyond the calendar; expected another time.") from None
    if first == last:
        return first
    if first > last:
        raise LookupError(f"which clocks in {zone_name} skip; expected another time.")
    zone = zone_named(zone_name)
    choices = " or ".join(each.astimezone(zone).isoformat(timespec="minutes") for each in (first, last))
    raise LookupError(f"which clocks in {zone_name} show twice; expected it with its offset: {choices}.")


def _in_utc(moment: datetime, zone_name: str, fold: int) -> datetime:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone_named(zone_name), fold=fold)
    return aware.astimezone(UTC)
