"""The shapes of the state table's items, to and from the core's values."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, TypeVar

from journey_watch.contract import (
    EXPIRES_AT,
    LANE_INDEX_PARTITION_KEY,
    LANE_INDEX_SORT_KEY,
    PARTITION_KEY,
    SORT_KEY,
)
from journey_watch.core.acknowledgements import Acknowledgement
from journey_watch.core.alerts import Alert, PendingDelivery
from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.expiry import Mark
from journey_watch.core.mute_tally import MuteTally
from journey_watch.core.mutes import Mute, capped
from journey_watch.core.runs import (
    LANE_ITSELF,
    DeliveryLease,
    JourneyKey,
    JourneyState,
    Lane,
    RecordedRun,
    Scope,
    Status,
    scope_of,
)
from journey_watch.core.searches import CallWindow, Search
from journey_watch.core.severity import Severity
from journey_watch.core.transitions import StateChange
from journey_watch.ports import LaneState, SetByOperators

SCHEMA_VERSION: Final = 1
"""Of the items that this version writes. One with a greater number was written by a newer version."""
ITEM_LIMIT_BYTES: Final = 400_000
LISTED_PREFIX: Final = "listed:"
UNLISTED_PREFIX: Final = "unlisted:"
GIVEN_UP_PREFIX: Final = "given_up:"
_OWED_BYTES: Final = 250
"""One entry of `undelivered`: an id, a sort key with the id in it, a time, and the names of both."""
_STATE: Final = "STATE"
_LANE_ITEM: Final = "LANE"
_RESUME_AT: Final = "resume_at"
_SCHEMA: Final = "schema_version"
_DURATIONS: Final = "durations"
_ITSELF: Final = "itself"
_ACKNOWLEDGED: Final = "acknowledged"
_SEARCHES: Final = "searches"
_MUTE_TALLIES: Final = "mute_tallies"
_LACKING_SINCE: Final = "lacking_since"
_MARKS: Final = f"{_LACKING_SINCE},{EXPIRES_AT}"
_LONGEST: Final = 10**9
"""Seconds that a run may have taken: thirty years."""
UNREADABLE: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading an item raises that this version has not written."""

Item = Mapping[str, Any]
T = TypeVar("T")


def iso(time: datetime) -> str:
    return time.isoformat(timespec="microseconds")


def lane_key(lane: Lane) -> str:
    return f"LANE#{lane.provider}#{lane.account}#{lane.region}"


def journey_key(lane: Lane, journey: Scope) -> str:
    return f"JOURNEY#{lane.provider}#{lane.account}#{lane.region}#{journey.container_id}#{journey.journey_id}"


def state_key(lane: Lane, journey: Scope) -> dict[str, Any]:
    sort_key = f"{_STATE}#{journey.container_id}#{journey.journey_id}"
    return {PARTITION_KEY: {"S": lane_key(lane)}, SORT_KEY: {"S": sort_key}}


def lane_item_key(lane: Lane) -> dict[str, Any]:
    return {PARTITION_KEY: {"S": lane_key(lane)}, SORT_KEY: {"S": _LANE_ITEM}}


def lane_state(lane_items: Iterable[Item]) -> LaneState:
    """A whole lane, from the items of its partition. A STATE that cannot be read is named, and stops no other."""
    journeys: dict[JourneyKey, JourneyState] = {}
    scopes: dict[Scope, JourneyState] = {}
    unreadable: dict[Scope, str] = {}
    lane_item: Item = {}
    for item in lane_items:
        kind, _, rest = item[SORT_KEY]["S"].partition("#")
        if kind == _STATE:
            container_id, _, journey_id = rest.partition("#")
            scope = scope_of(container_id, journey_id)
            try:
                state = _journey_state(item)
            except UNREADABLE as error:
                unreadable[scope] = str(error)
                continue
            if isinstance(scope, JourneyKey):
                journeys[scope] = state
            else:
                scopes[scope] = state
        elif kind == _LANE_ITEM:
            lane_item = item
    return LaneState(
        journeys=journeys,
        scopes=scopes,
        listed=_named(lane_item, LISTED_PREFIX, lambda value: _aware(value["S"])),
        unlisted=_named(lane_item, UNLISTED_PREFIX, lambda value: frozenset(map(_text, value["SS"]))),
        resume_at=_named(lane_item, _RESUME_AT, lambda value: _text(value["S"])).get(""),
        unreadable=unreadable,
    )


def _named(item: Item, prefix: str, read: Callable[[Any], T]) -> dict[str, T]:
    """The attributes whose names begin like this, by the rest of the name: of those what can be read.

    What cannot be is written anew when it is next due.
    """
    found: dict[str, T] = {}
    for name, value in item.items():
        if name.startswith(prefix):
            with suppress(*UNREADABLE):
                found[name.removeprefix(prefix)] = read(value)
    return found


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _aware(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return time


def _refuse_newer(item: Item) -> None:
    written = int(item.get(_SCHEMA, {}).get("N", SCHEMA_VERSION))
    if written > SCHEMA_VERSION:
        raise ValueError(
            f"a newer version wrote it: its schema is {written}, and {SCHEMA_VERSION} the latest known here"
        )


def _journey_state(item: Item) -> JourneyState:
    _refuse_newer(item)
    runs: dict[str, list[str | None]] = json.loads(item["runs"]["S"])
    return JourneyState(
        version=int(item["version"]["N"]),
        baselined_at=_time(item, "baselined_at"),
        runs=MappingProxyType({run_id: _recorded_run(run) for run_id, run in runs.items()}),
        itself=_itself(item),
        settled_before=_time(item, "settled_before"),
        settled_update=_time(item, "settled_update"),
        undelivered={
            key: DeliveryLease(
                sort_key=value["M"][SORT_KEY]["S"],
                lease_until=_aware(value["M"]["lease_until"]["S"]),
            )
            for key, value in item["undelivered"]["M"].items()
        },
        journey_name=item.get("journey_name", {}).get("S"),
        conditions=_conditions(item),
        given_up=_named(item, GIVEN_UP_PREFIX, lambda value: int(value["N"])),
        durations=_named(item, _DURATIONS, lambda value: _durations(json.loads(value["S"]))).get("", ()),
        acknowledged=_moments(item, _ACKNOWLEDGED),
        searches=_named(item, _SEARCHES, lambda value: _searches(json.loads(value["S"]))).get("", ()),
        mute_tallies=_named(item, _MUTE_TALLIES, lambda value: _mute_tallies(json.loads(value["S"]))).get("", {}),
        lacking_since=_time(item, _LACKING_SINCE),
        expires_at=datetime.fromtimestamp(int(item[EXPIRES_AT]["N"]), UTC) if EXPIRES_AT in item else None,
        mutes={mute_id: _aware(since) for mute_id, since in json.loads(item.get("mutes", {}).get("S", "{}")).items()},
    )


def _mute_tallies(written: Mapping[str, dict[str, Any]]) -> dict[str, MuteTally]:
    for values in written.values():
        _ = _aware(values["ended_at"]) if values.get("ended_at") else None  # raises for what is not a time
    return {
        mute_id: MuteTally(**{**values, "recipients": tuple(values["recipients"]), "members": tuple(values["members"])})
        for mute_id, values in written.items()
    }


def _moments(item: Item, name: str) -> dict[str, datetime]:
    written: dict[str, str] = json.loads(item[name]["S"]) if name in item else {}
    return {_text(thread): _aware(until) for thread, until in written.items()}


def _itself(item: Item) -> RecordedRun | None:
    return _recorded_run(json.loads(item[_ITSELF]["S"])) if _ITSELF in item else None


def _searches(written: list[list[Any]]) -> tuple[Search, ...]:
    return tuple(
        Search(
            _text(sort_key),
            _aware(since),
            CallWindow(
                tuple(map(_text, names)), _text(argument), _aware(earliest), _aware(latest), *_optional(more[:1])
            ),
            tuple(map(_text, unattributed)),
            *_optional(more[1:2]),
        )
        for sort_key, since, names, argument, earliest, latest, unattributed, *more in written
    )


def _optional(times: list[str | None]) -> list[datetime | None]:
    return [None if time is None else _aware(time) for time in times]


def _search_values(search: Search) -> list[Any]:
    window = search.window
    return [
        search.sort_key,
        _short(search.since),
        list(window.names),
        window.argument,
        _short(window.earliest),
        _short(window.latest),
        list(search.unattributed),
        None if window.changed_at is None else _short(window.changed_at),
        None if search.read_to is None else _short(search.read_to),
    ]


def _durations(written: list[int]) -> tuple[int, ...]:
    durations = tuple(map(int, written))
    if any(not 0 <= seconds <= _LONGEST for seconds in durations):
        raise ValueError("no run takes so long")
    return durations


def _conditions(item: Item) -> dict[str, Condition]:
    written: list[dict[str, Any]] = json.loads(item["conditions"]["S"]) if "conditions" in item else []
    conditions = [
        Condition(
            **{
                **one,
                "kind": ConditionKind(one["kind"]),
                "severity": Severity(one["severity"]),
                "since": _aware(one["since"]),
                "opened_at": _aware(one["opened_at"]) if one["opened_at"] else None,
                "told_to": tuple(map(_text, one.get("told_to", ()))),
            }
        )
        for one in written
    ]
    return {condition.key: condition for condition in conditions}


def _conditions_document(conditions: Mapping[str, Condition]) -> str:
    documents = [asdict(condition) for condition in conditions.values()]
    for document in documents:
        for name in ("planned", "told_to"):
            if not document[name]:
                del document[name]  # versions before it read what has none
    return json.dumps(documents, default=iso)


def _time(item: Item, name: str) -> datetime | None:
    value = item.get(name)
    return _aware(value["S"]) if value else None


def _recorded_run(run: Sequence[str | None]) -> RecordedRun:
    status, *times = run
    recorded, created, updated = (_aware(time) if time else None for time in times)
    if status is None or recorded is None:
        raise ValueError("a recorded run has a status and a time")
    return RecordedRun(Status(status), recorded, creation_time=created, last_update_time=updated)


def runs_document(runs: Mapping[str, RecordedRun]) -> str:
    """All runs as one JSON document: by run id its status, when it was recorded, created and last updated.

    Short, for reads are billed by the byte; and no map of maps, which would cost ten times as much to parse.
    """
    return json.dumps({run_id: _run_values(run) for run_id, run in runs.items()}, separators=(",", ":"))


def _run_values(run: RecordedRun) -> list[str | None]:
    times = (run.recorded_at, run.creation_time, run.last_update_time)
    return [run.status.value, *(None if time is None else _short(time) for time in times)]


def _short(time: datetime) -> str:
    """Exact, in UTC, without the digits that most times do not have."""
    precision = "microseconds" if time.microsecond % 1000 else "milliseconds" if time.microsecond else "seconds"
    return time.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def state_update(change: StateChange, owed: Sequence[PendingDelivery], lease_until: datetime) -> dict[str, Any]:
    """The conditional update that moves a STATE item, as arguments of UpdateItem.

    It sets what the core decided and adds what is owed; it never writes the `undelivered` map of an existing item.
    """
    state = change.state
    values: dict[str, Any] = {
        "version": {"N": str(state.version)},
        _SCHEMA: {"N": str(SCHEMA_VERSION)},
        "runs": {"S": runs_document(state.runs)},
    }
    times = ("baselined_at", state.baselined_at), ("settled_before", state.settled_before)
    for name, time in (*times, ("settled_update", state.settled_update)):
        if time is not None:
            values[name] = {"S": iso(time)}
    # Written even if empty: there may have been some before.
    values["conditions"] = {"S": _conditions_document(state.conditions)}
    values[_SEARCHES] = {"S": json.dumps([_search_values(one) for one in state.searches], separators=(",", ":"))}
    values |= {name: {"S": text} for name, text in _written_if_there(change)}
    names: dict[str, str] = {}
    entries = {one.key: _entry(one.alert, lease_until) for one in owed}
    paths = {name: name for name in values}
    if change.seen_version == 0:
        values["undelivered"], paths["undelivered"] = {"M": entries}, "undelivered"
    else:
        # In few letters: an expression may have 4 KB, and each change is owed to every channel.
        names |= {"#u": "undelivered"} if entries else {}
        for n, (key, value) in enumerate(entries.items()):
            names[f"#{n}"], paths[f"{n}"], values[f"{n}"] = key, f"#u.#{n}", value
    assignments = ",".join(f"{path}=:{name}" for name, path in paths.items())
    update: dict[str, Any] = {
        # An item that expires must never be one with something to report.
        "UpdateExpression": f"SET {assignments} REMOVE {_MARKS}",
        "ConditionExpression": "version = :seen" if change.seen_version else "attribute_not_exists(version)",
        "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()},
    }
    if change.seen_version:
        update["ExpressionAttributeValues"][":seen"] = {"N": str(change.seen_version)}
    return update | ({"ExpressionAttributeNames": names} if names else {})


def _written_if_there(change: StateChange) -> Iterator[tuple[str, str]]:
    """What most journeys have none of."""
    state = change.state
    if state.itself is not None:
        yield _ITSELF, json.dumps(_run_values(state.itself), separators=(",", ":"))
    if state.durations:
        yield _DURATIONS, json.dumps(state.durations, separators=(",", ":"))
    if state.acknowledged:
        yield _ACKNOWLEDGED, json.dumps({thread: iso(until) for thread, until in state.acknowledged.items()})
    if change.journey == LANE_ITSELF:
        yield "mutes", json.dumps({mute_id: iso(since) for mute_id, since in state.mutes.items()})
        tallies = {mute_id: asdict(tally) for mute_id, tally in state.mute_tallies.items()}
        yield _MUTE_TALLIES, json.dumps(tallies, separators=(",", ":"))
    if state.journey_name is not None:
        yield "journey_name", state.journey_name


def forgetting_update(seen_version: int) -> dict[str, Any]:
    """Return the conditional update that drops a journey's state, except undelivered alerts and acknowledgements.

    An acknowledgement stays in force while the journey is not watched: it must not be reported again afterwards.
    """
    return {
        "ConditionExpression": "version = :seen",
        "UpdateExpression": "SET version = :next, runs = :none "
        f"REMOVE baselined_at, settled_before, settled_update, conditions, durations, itself, searches, {_MARKS}",
        "ExpressionAttributeValues": {
            ":seen": {"N": str(seen_version)},
            ":next": {"N": str(seen_version + 1)},
            ":none": {"S": runs_document({})},
        },
    }


def mark_update(seen_version: int, mark: Mark) -> dict[str, Any]:
    """Return the conditional update that sets or removes the marks about the end of a state."""
    values: dict[str, Any] = {}
    if mark.lacking_since is not None:
        values[_LACKING_SINCE] = {"S": iso(mark.lacking_since)}
    if mark.expires_at is not None:
        values[EXPIRES_AT] = {"N": str(int(mark.expires_at.timestamp()))}
    assignments = ",".join(f"{name}=:{name}" for name in values)
    return {
        # Without an item there is no version: an update never creates one.
        "ConditionExpression": "version = :seen AND size(undelivered) = :none",
        "UpdateExpression": f"SET {assignments}" if values else f"REMOVE {_MARKS}",
        "ExpressionAttributeValues": {
            ":seen": {"N": str(seen_version)},
            ":none": {"N": "0"},
            **{f":{name}": value for name, value in values.items()},
        },
    }


def _entry(alert: Alert, lease_until: datetime) -> dict[str, Any]:
    return {"M": {SORT_KEY: {"S": alert.sort_key}, "lease_until": {"S": iso(lease_until)}}}


def state_bytes(update: Mapping[str, Any], state: JourneyState) -> int:
    """What the STATE item will take, rounded up: its documents, what is owed already or added, and its names."""
    values: Mapping[str, Any] = update["ExpressionAttributeValues"]
    documents = sum(len(value["S"].encode()) for value in values.values() if "S" in value)
    added = sum(_OWED_BYTES for value in values.values() if "M" in value)
    return documents + added + _OWED_BYTES * len(state.undelivered) + 500


def transition(lane: Lane, alert: Alert, expires_at: int) -> dict[str, Any]:
    """The TRANSITION item that keeps one alert."""
    return {
        PARTITION_KEY: {"S": journey_key(lane, alert.journey)},
        SORT_KEY: {"S": alert.sort_key},
        LANE_INDEX_PARTITION_KEY: {"S": str(lane)},
        LANE_INDEX_SORT_KEY: {"S": history_position(alert)},
        "thread": {"S": alert.thread},
        "envelope": {"S": json.dumps(alert.envelope, separators=(",", ":"))},
        _SCHEMA: {"N": str(SCHEMA_VERSION)},
        EXPIRES_AT: {"N": str(expires_at)},
    }


def history_position(alert: Alert) -> str:
    """Return the place of an alert in the history of its lane."""
    return f"{alert.observed_time}#{alert.id}"


def journey_of(item: Item) -> Scope:
    """The journey, container or lane in a TRANSITION item's partition key."""
    *_, container_id, journey_id = item[PARTITION_KEY]["S"].split("#", 5)
    return scope_of(container_id, journey_id)


def alert(item: Item, journey: Scope) -> Alert | None:
    """The alert in a TRANSITION item; None if this version cannot read it."""
    try:
        _refuse_newer(item)
        found = Alert.from_envelope(json.loads(item["envelope"]["S"]), journey=journey, thread=item["thread"]["S"])
        found.kind  # noqa: B018 - raises if it is none of this version's
    except UNREADABLE:
        return None
    return found


CONTROL: Final = "CONTROL"
"""Partition of what operators set."""
MUTE_PREFIX: Final = "MUTE#"


def mute_item(mute: Mute) -> dict[str, Any]:
    """The item of a mute with an end; it expires a day after that. Weekly windows stand in the configuration."""
    if mute.until is None:
        raise ValueError("a mute that an operator sets has an end")
    values = {name: value for name, value in asdict(mute).items() if name in _MUTE_VALUES}
    # Beside the document, of which an older poller takes no value that it does not know.
    identity = {_IDENTITY: {"S": mute.identity}} if mute.identity else {}
    return {
        **identity,
        PARTITION_KEY: {"S": CONTROL},
        SORT_KEY: {"S": MUTE_PREFIX + mute.id},
        "mute": {"S": json.dumps(values, default=iso)},
        EXPIRES_AT: {"N": str(int((mute.until + timedelta(days=1)).timestamp()))},
    }


def set_by_operators(control: Iterable[Item]) -> SetByOperators:
    """What is in the partition CONTROL."""
    mutes: dict[str, Mute | None] = {}
    acknowledgements: list[Acknowledgement] = []
    for item in control:
        if not item[SORT_KEY]["S"].startswith(ACKNOWLEDGEMENT_PREFIX):
            mutes[mute_id(item)] = mute(item)
        elif (found := acknowledgement(item)) is not None:
            acknowledgements.append(found)
    return SetByOperators(mutes, acknowledgements)


ACKNOWLEDGEMENT_PREFIX: Final = "ACKNOWLEDGEMENT#"


def acknowledgement_item(given: Acknowledgement) -> dict[str, Any]:
    """The item of an acknowledgement; it expires a day after its end. A thread has one: the next takes its place."""
    values = {
        **{name: getattr(given, name) for name in _ACKNOWLEDGEMENT_TEXTS},
        "severity": given.severity.value,
        "lane": str(given.lane),
        "container_id": given.scope.container_id,
        "journey_id": given.scope.journey_id,
        "recipients": list(given.recipients),
        "for_operators": given.for_operators,
        "until": iso(given.until),
    }
    return {
        PARTITION_KEY: {"S": CONTROL},
        SORT_KEY: {"S": ACKNOWLEDGEMENT_PREFIX + given.thread},
        "acknowledgement": {"S": json.dumps(values)},
        EXPIRES_AT: {"N": str(int((given.until + timedelta(days=1)).timestamp()))},
    }


_ACKNOWLEDGEMENT_TEXTS: Final = ("alert_id", "thread", "what", "set_by", "identity", "note")


def acknowledgement(item: Item) -> Acknowledgement | None:
    """The acknowledgement in an item; None if this version cannot read it."""
    try:
        values = json.loads(item["acknowledgement"]["S"])
        texts = {name: _text(values[name]) for name in _ACKNOWLEDGEMENT_TEXTS}
        return Acknowledgement(
            **texts,
            severity=Severity(values["severity"]),
            lane=Lane.parse(_text(values["lane"])),
            scope=scope_of(_text(values["container_id"]), _text(values["journey_id"])),
            recipients=tuple(map(_text, values["recipients"])),
            for_operators=values["for_operators"] is True,
            until=_aware(values["until"]),
        )
    except (*UNREADABLE, ConfigurationError):
        return None


_IDENTITY: Final = "identity"
_MUTE_VALUES: Final = ("id", "reason", "set_by", "journeys", "container_id", "provider", "since", "until")


def mute_id(item: Item) -> str:
    """The id of the mute in an item, which its key has."""
    return str(item[SORT_KEY]["S"]).removeprefix(MUTE_PREFIX)


def mute(item: Item) -> Mute | None:
    """The mute in an item, no longer than a mute may be; None if this version cannot read it."""
    try:
        values = json.loads(item["mute"]["S"])
        since, until = values.pop("since"), values.pop("until")
        texts = {name: _text(value) for name, value in values.items() if name != "journeys"}
        found = Mute(
            **{**values, **texts, "journeys": tuple(map(_text, values["journeys"]))},
            since=_aware(since) if since else None,
            until=_aware(until),
            identity=_text(item[_IDENTITY]["S"]) if _IDENTITY in item else "",
        )
        return capped(found)
    except UNREADABLE:
        return None
