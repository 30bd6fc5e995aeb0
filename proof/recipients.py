"""Who must receive which alert at which place: the oracle's own reading of routes, acknowledgements and answers."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from journey_watch.core.alerts import Alert
from journey_watch.core.routing import DEFAULT, Route
from journey_watch.core.severity import Severity
from proof.deployment import CHAT, MAIL, OPERATORS, QUEUE, TEAM, Deployment
from proof.world import Recorded

_LOUDNESS: Final = {"none": 0, "info": 1, "warning": 2, "critical": 3}


def places_of(recorded: Iterable[Recorded]) -> dict[str, set[tuple[str, str]]]:
    """Return by alert id the places and recipients that must receive it."""
    named: dict[str, tuple[str, ...]] = {}
    by_id: dict[str, Recorded] = {}
    openings: dict[str, str] = {}
    for one in recorded:
        alert, detail = one.alert, one.alert.detail
        by_id[alert.id] = one
        earlier = detail.get("explains") or detail.get("acknowledged")
        if detail.get("phase") == "Opened":
            openings[alert.thread] = alert.id
        elif "condition" in detail and "phase" in detail:
            earlier = openings.get(alert.thread)
        if earlier is not None and earlier in by_id:
            named[alert.id] = named[earlier]
            if "explains" in detail:
                named[alert.id] = tuple(_who_may_know(by_id[earlier], one.deployment, named[earlier]))
        elif "status" in detail or "condition" in detail:
            named[alert.id] = _routed(detail, one.deployment)
        else:
            named[alert.id] = tuple(detail.get("recipients", () if alert.is_for_operators else (DEFAULT,)))
    return {alert_id: set(_places(one, named[alert_id])) for alert_id, one in by_id.items()}


def severity_of(detail: Mapping[str, Any]) -> str:
    """Return the severity that the documentation gives to a change or a condition."""
    if "condition" in detail:
        return "critical" if detail["condition"] == "UNREACHABLE" else "warning"
    before, after = detail["previous_status"], detail["status"]
    if after in ("CANCELLED", "FAILED"):
        return "critical"
    ended = ("CANCELLED", "FAILED", "COMPLETED")
    return "warning" if before in ended and after not in ended else "info"


def _routed(detail: Mapping[str, Any], deployment: Deployment) -> tuple[str, ...]:
    if detail.get("condition") == "UNREACHABLE":
        return deployment.operators
    chosen: list[str] = []
    for route in _deciding(detail, deployment):
        chosen += route.to
    return tuple(chosen) or (DEFAULT,)


def _deciding(detail: Mapping[str, Any], deployment: Deployment) -> Iterator[Route]:
    for route in deployment.routes:
        container = route.container_id in ("*", detail["application_id"])
        journey = "*" in route.journeys or detail["journey_id"] in route.journeys
        what = route.what
        meant = what is None or (
            detail.get("condition") == what.condition
            if what.condition or "condition" in detail
            else detail["status"] == what.after
        )
        loud = _LOUDNESS[severity_of(detail)] >= _LOUDNESS[route.min_severity.value]
        if container and journey and meant and loud:
            yield route
            if not route.goes_on:
                return


def _who_may_know(explained: Recorded, later: Deployment, named: Iterable[str]) -> Iterator[str]:
    """Those who got the alert, and whom no configuration keeps from knowing who made the change."""
    deciding = list(_deciding(explained.alert.detail, explained.deployment))
    for name in named:
        through = [route for route in deciding if name in route.to]
        if name not in later.unattributed and (not through or any(route.attribution for route in through)):
            yield name


def _places(one: Recorded, named: Iterable[str]) -> Iterator[tuple[str, str]]:
    alert, names = one.alert, set(named)
    detail = alert.detail
    found_nobody = "explains" in detail and not detail["found"]
    if alert.muted_by or found_nobody:
        return
    if alert.is_for_operators:
        yield OPERATORS, OPERATORS
        yield QUEUE, OPERATORS
    for name in names:
        yield QUEUE, name
        if not alert.is_for_operators:
            yield MAIL, name
        least = one.deployment.chat_from
        if name == TEAM and least is not None and _LOUDNESS[alert.severity.value] >= _LOUDNESS[least.value]:
            yield CHAT, TEAM


def severity_is_right(alert: Alert, explained: Alert | None) -> bool:
    """Return True if an alert is as severe as the documentation says."""
    if "explains" in alert.detail:
        return explained is None or alert.severity in (Severity.NONE, explained.severity)
    if "status" in alert.detail or "condition" in alert.detail:
        return alert.severity.value == severity_of(alert.detail)
    return True
