"""The alert about who did what an earlier one has told; or the record that nobody was found, which is not sent."""

from collections.abc import Mapping
from typing import Any, Final

from journey_watch.core.alerts import Alert, AlertKind
from journey_watch.core.attribution import Actor, ActorKind, RecordedCall
from journey_watch.core.severity import Severity
from journey_watch.messages.content import MAX_NAME, NOTHING, Content, Entity, clock_of, entities_of, named
from journey_watch.messages.envelope import MAX_TEXT, SCHEMA_VERSION, AlertContext, event_url_of, framed, iso, stable_id
from journey_watch.messages.untrusted_text import for_chat, one_line, valid_text

_MAX_WHO: Final = 40
"""In a headline, and so in a subject, which has 99 characters."""
_MAX_AGENT: Final = 120
_NOBODY: Final = {
    ActorKind.IAM_USER: "an IAM user",
    ActorKind.ROOT: "the account's root user",
    ActorKind.ROLE: "a role",
    ActorKind.IDENTITY_CENTER_USER: "somebody of IAM Identity Center",
    ActorKind.SERVICE: "an AWS service",
    ActorKind.FEDERATED_USER: "a federated user",
    ActorKind.ACCOUNT: "another account",
    ActorKind.UNKNOWN: "somebody whom CloudTrail does not name",
}
"""What somebody is called whose name is not known, or not wanted."""
_NAMED: Final = {
    ActorKind.IAM_USER: "IAM user {name}",
    ActorKind.IDENTITY_CENTER_USER: "{name} of IAM Identity Center",
    ActorKind.SERVICE: "the AWS service {name}",
    ActorKind.FEDERATED_USER: "federated user {name}",
    ActorKind.ACCOUNT: "account {name}",
}
_NEXT_STEP: Final = "Ask them, if it was not meant to happen."
_OF_AUTOMATION: Final = "See why it did so, if it was not meant to happen: it was no person's call."


def attributed_alert(
    explained: Alert,
    context: AlertContext,
    *,
    call: RecordedCall | None,
    actor: Actor | None,
    names: bool,
    sequence: int,
    muted_by: str | None = None,
    reason: str = "",
    told: bool = True,
) -> Alert:
    """Build the alert about who made the call that `explained` is about; there is one for each alert, with one id.

    It stands in the thread of the alert, reaches whoever was told of that, and is worded no louder than information.
    Without a call it is the record that none was found, for this `reason`, which is not sent; nor is it if nobody may
    be `told`: then a mute holds nothing back. Unless `names`, nothing in it tells a person from others.
    """
    about = explained.detail
    same = ("previous_status", "status", "condition")
    found = call is not None and actor is not None
    severity = explained.severity if found and told else Severity.NONE
    detail: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "provider": context.provider.name,
        "lane": str(context.lane),
        **{key: about[key] for key in _identity_keys(about)},
        "explains": explained.id,
        **{key: about[key] for key in same if about.get(key)},
        "found": found,
        **(_call(call, names=names) if call else {"reason": valid_text(reason, MAX_TEXT)}),
        **({"actor": _actor(actor, context, names=names)} if actor else {}),
        "severity": severity.value,
        **({"muted_by": muted_by} if muted_by and severity is not Severity.NONE else {}),
        "sequence": sequence,
        "observed_time": iso(context.observed_at),
        "console_url": about.get("console_url"),
        "cloudtrail_url": event_url_of(context.lane, call.id) if call else about.get("cloudtrail_url"),
    }
    detail["summary"] = _summary({**detail, **context.deployment.detail})
    provider = context.provider
    of_journey_itself = provider.run_field is not None and provider.run_field not in detail
    subject = provider.journey_noun.capitalize() if of_journey_itself else provider.subject
    alert_id = stable_id(["attributed", explained.id])
    envelope = framed(
        alert_id,
        f"{subject} {AlertKind.ATTRIBUTED}",
        detail,
        thread=explained.thread,
        lane=context.lane,
        deployment=context.deployment,
        resources=explained.envelope["resources"],
    )
    return Alert.from_envelope(envelope, journey=context.journey, thread=explained.thread)


def content(detail: Mapping[str, Any], *, lane: Entity) -> Content:
    """Who did it, with which call, and when."""
    entities = entities_of(detail)
    about = entities[min(1, len(entities) - 1)] if entities else lane
    happened = _happened(detail)
    if not detail["found"]:
        why = [("Why", for_chat(_why(detail), MAX_TEXT))]
        return Content(about, f"{happened}, nobody found who did it", entities, why, NOTHING)
    call, actor, time = detail["call"], detail["actor"], clock_of(detail)
    automatic = actor["type"] == ActorKind.SERVICE or "invoked_by" in actor
    facts = [
        ("Who", who(detail, MAX_NAME)),
        ("Call", f"{call['event_name']}, {time(call['event_time'])}"),
        *([("From", call["source_ip"])] if call.get("source_ip") else []),
        *([("With", one_line(call["user_agent"], _MAX_AGENT))] if call.get("user_agent") else []),
        ("CloudTrail event", call["event_id"]),
    ]
    return Content(
        about=about,
        headline=f"{happened} by {who(detail, _MAX_WHO)}",
        entities=entities,
        facts=[(label, for_chat(fact, MAX_TEXT)) for label, fact in facts],
        next_step=_OF_AUTOMATION if automatic else _NEXT_STEP,
    )


def who(detail: Mapping[str, Any], limit: int) -> str:
    """Who made the call, on one line; through which service, if one made it for them."""
    actor = detail["actor"]
    kind = ActorKind(actor["type"])
    name, role, session = (one_line(actor.get(key) or "", limit) for key in ("name", "role", "session"))
    if kind is ActorKind.ROLE and role:
        caller = f"role {role}" + (f" (session {session})" if session else "")
    elif kind is ActorKind.SITE_USER:
        noun = one_line(actor.get("noun") or "site user", limit)
        caller = f"{noun} {name}" if name else f"a {noun}"
    else:
        caller = _NAMED[kind].format(name=name) if name and kind in _NAMED else _NOBODY[kind]
        caller += f" (permission set {role})" if role else ""
    through = one_line(actor.get("invoked_by") or "", limit)
    return one_line(caller + (f", through {through}" if through else ""), 2 * limit)


def _identity_keys(detail: Mapping[str, Any]) -> list[str]:
    nouns = [entity.noun for entity in entities_of(detail)]
    return [key for noun in nouns for key in (f"{noun}_id", f"{noun}_name") if key in detail]


def _call(call: RecordedCall, *, names: bool) -> dict[str, Any]:
    personal = {"source_ip": call.source_ip, "user_agent": call.user_agent} if names else {}
    return {
        "call": {
            "event_name": call.name,
            "event_id": valid_text(call.id, MAX_TEXT),
            "event_time": iso(call.time),
            **{key: valid_text(value, MAX_TEXT) for key, value in personal.items() if value},
        }
    }


def _actor(actor: Actor, context: AlertContext, *, names: bool) -> dict[str, Any]:
    impersonal = {"role": actor.role, "invoked_by": actor.invoked_by}
    if names or actor.kind in (ActorKind.SERVICE, ActorKind.ACCOUNT):
        impersonal |= {"name": actor.name, "session": actor.session}
    noun = context.provider.calls.site_user if context.provider.calls else None
    return {
        "type": actor.kind.value,
        **({"noun": noun} if actor.kind is ActorKind.SITE_USER else {}),
        **{key: valid_text(value, MAX_TEXT) for key, value in impersonal.items() if value},
    }


def _happened(detail: Mapping[str, Any]) -> str:
    """What was told: the status; of what is missing and whose deletion is recorded, that it was deleted."""
    missing = "deleted" if detail["found"] else detail.get("condition")
    return str(detail.get("status") or missing)


def _why(detail: Mapping[str, Any]) -> str:
    return one_line(detail.get("reason") or "", MAX_TEXT)


def _summary(detail: Mapping[str, Any]) -> str:
    """One sentence for a person, all names in it made harmless."""
    what = f"{named(entities_of(detail))}: {_happened(detail)}"
    if not detail["found"]:
        return f"{what}, and nobody was found who did it: {_why(detail)}"
    call = detail["call"]
    at = clock_of(detail)(call["event_time"])
    return f"{what} by {who(detail, MAX_NAME)}, with {call['event_name']} at {at}."
