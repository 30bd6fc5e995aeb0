"""The `[[watch]]` entries: each by itself, and all of them together."""

import itertools
import re
from dataclasses import fields
from typing import Final

from infra.durations import seconds, seconds_or_auto
from journey_watch.core.patterns import MAX_NAME
from journey_watch.core.watch_list import ALL, JOURNEY, Thresholds, WatchTarget, is_id, lanes_of
from journey_watch.providers.entry import ProviderEntry
from journey_watch.providers.registry import REGISTRY
from strict_toml.tables import Place, Table, list_of, matching, one_of

MAX_LANES: Final = 50
"""Each lane costs up to $2 a month and a set of alarms: more than this is taken for a mistake."""
MAX_LANES_APART: Final = 2
"""With more lanes than this, the alarms of one kind about lanes ring together, through a composite alarm.

An outage of everything puts on each lane's alarms that it is not polled and that its journeys cannot be read, and one
that the function fails: five with two lanes, which is what the pace of alerts leaves of the ten e-mails a second that
SNS allows a reader. Fewer lanes ring apart, so that the subject of the mail names the lane.
"""

_id_or_all: Final = matching(re.compile(r"\*|[A-Za-z0-9_-]{1,64}"), 'an id (letters, digits, - and _), or "*" for all')
_id_or_pattern: Final = matching(
    # A text with another character than those of an id is a name, whether it has wildcards or not.
    re.compile(rf"(?=.*\S)[^\x00-\x1f\x7f-\x9f]{{1,{MAX_NAME}}}"),
    "an id (letters, digits, - and _), a name, or either with the wildcards * and ?",
)
_role_arn: Final = matching(
    re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,576}", re.ASCII),
    "a role's ARN like arn:aws:iam::111122223333:role/JourneyWatchReader",
)
_site_url: Final = matching(
    re.compile(r"https://[A-Za-z0-9.-]{1,253}(:\d{1,5})?(/([\w./?=&%#~:+-]|\{id\}){0,500})?", re.ASCII),
    f"an https address like https://example.my.connect.aws, in which {JOURNEY} may stand for a campaign's id",
)
_READ: Final = {"stuck_after": seconds_or_auto}
"""How a threshold is read that is not just a duration."""
_region: Final = re.compile(r"[a-z]+(-[a-z]+)+-\d+")
"""A Region of any partition. Text that stands for an unknown Region has another form."""
_external_id: Final = matching(
    re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII), "an external id: 2 to 1224 letters, digits and +=,.@:/-_"
)


def read_watch_list(value: object, place: Place, *, own_account: str, own_region: str) -> tuple[WatchTarget, ...]:
    """The checked targets, in the file's order, those included that `served` then leaves out.

    `own_account` and `own_region` are the stack's, or any text that stands for them while they are not known.
    Raises ConfigurationError if an entry is wrong, if two of them watch the same journey, or if two that share a lane
    (one provider in one account and Region) name different roles.
    """
    targets = list_of(_read_target)(value, place)
    for index, target in enumerate(targets):
        if target.container_id != ALL and not served(target, own_region=own_region):
            raise place.item(index).error(
                f'is in the stack\'s own Region, {own_region}, where "{target.provider}" does not exist; expected '
                f"a region, one of: {', '.join(sorted(REGISTRY[target.provider].regions))}."
            )
    lanes = lanes_of(targets, own_account=own_account, own_region=own_region)
    for neighbours in lanes.values():
        for earlier, later in itertools.combinations(neighbours, 2):
            _check_neighbours(earlier, later, *(place.item(targets.index(target)) for target in (earlier, later)))
    if len(lanes) > MAX_LANES:
        raise place.error(
            f"has {len(lanes)} lanes (one for each provider, account and Region); expected at most {MAX_LANES}."
        )
    return targets


def served(target: WatchTarget, *, own_region: str) -> bool:
    """False if the provider does not exist where the target is. A Region that is not known yet may be any.

    Whoever watches everything (`*`) there loses nothing: such a target is left out, and the stack says so.
    """
    region = target.region or own_region
    return not _region.fullmatch(region) or region in REGISTRY[target.provider].regions


def _check_neighbours(earlier: WatchTarget, later: WatchTarget, earlier_place: Place, place: Place) -> None:
    if (later.role_arn, later.external_id) != (earlier.role_arn, earlier.external_id):
        raise place.error(
            f"has another role_arn or external_id than {earlier_place.path}, which is in the same account and Region; "
            "expected the same ones, for the two are polled together."
        )
    same_container = ALL in (later.container_id, earlier.container_id) or later.container_id == earlier.container_id
    if same_container and (
        later.lists_journeys or earlier.lists_journeys or set(later.journey_ids) & set(earlier.journey_ids)
    ):
        raise place.error(f"watches journeys that {earlier_place.path} watches too; expected each of them once.")


def _read_target(value: object, place: Place) -> WatchTarget:
    # Which keys there are depends on the provider, so that one is read first, among the keys of all.
    every_key = tuple(dict.fromkeys(key for provider in REGISTRY.values() for key in provider.watch_keys))
    name = Table(value, place, keys=every_key).get("provider", one_of(tuple(REGISTRY)))
    provider = REGISTRY[name]
    table = Table(value, place, keys=provider.watch_keys)
    read_journey = _id_or_pattern if provider.patterns else _id_or_all
    types: tuple[str, ...] = ()
    if provider.journey_types:
        types = table.get("types", list_of(one_of(provider.journey_types), at_least=1), ())
    site_url = table.get(provider.site_key, _site_url, None) if provider.site_key else None
    target = WatchTarget(
        provider=name,
        container_id=table.get(provider.container_key, _id_or_all),
        journey_ids=table.get(provider.journeys_key, list_of(read_journey, at_least=1), (ALL,)),
        journey_types=types,
        region=table.get("region", one_of(sorted(provider.regions)), None),
        role_arn=table.get("role_arn", _role_arn, None),
        external_id=table.get("external_id", _external_id, None),
        site_url=site_url,
        thresholds=Thresholds(
            **{
                field.name: table.get(field.name, _READ.get(field.name, seconds), field.default)
                for field in fields(Thresholds)
            }
        ),
    )
    if target.external_id and not target.role_arn:
        raise place.key("external_id").error("is of no use without role_arn.")
    if target.thresholds.expect_run_every is not None and provider.words.run_field is None:
        raise place.key("expect_run_every").error(
            f"is of no use for {provider.words.title}: a {provider.words.journey_noun} has no runs of its own; "
            "expected late_after or paused_after."
        )
    _check_journeys(target, provider, place)
    return target


def _check_journeys(target: WatchTarget, provider: ProviderEntry, place: Place) -> None:
    journeys = place.key(provider.journeys_key)
    if ALL in target.journey_ids and len(target.journey_ids) > 1:
        raise journeys.error('has "*" among others; expected "*" alone for all, or the others alone.')
    ids = [journey_id for journey_id in target.journey_ids if is_id(journey_id)]
    if ids and target.lists_journeys:
        raise journeys.error(
            f'has the id "{ids[0]}" among names or wildcards; expected ids alone, or names and wildcards alone.'
        )
    if target.site_url and target.container_id == ALL:
        raise place.key(str(provider.site_key)).error(
            f'is of no use where {provider.container_key} is "*": each has its own; expected an entry for each.'
        )
    if ids and target.container_id == ALL:
        raise journeys.error(f'names ids, but {provider.container_key} is "*"; expected the one they belong to.')
    if ids and target.journey_types:
        raise place.key("types").error("is of no use where ids are named.")
