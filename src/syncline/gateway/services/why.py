"""Why a person is as he is at HubSpot, told in plain language: pure, from what was read to what an operator reads.

Every part has a `sentence` for people and the same as data for machines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from syncline.clock import Milliseconds
from syncline.gateway.domain.change import ChangeKind
from syncline.gateway.domain.decision import Decision
from syncline.gateway.domain.delivery import Access, DeliveryState, state_of
from syncline.gateway.domain.gate import Hold
from syncline.gateway.domain.holds import HOLDS
from syncline.gateway.domain.placement import Placement
from syncline.gateway.domain.rules import Rule
from syncline.gateway.domain.setup import Setup
from syncline.gateway.services.drifts import drifts_told
from syncline.gateway.services.ports import CallRecord, Event, WorkItem
from syncline.gateway.services.showing import hold_shown, moment, set_name, team_name
from syncline.gateway.services.timeline import timeline_of

_ENDS = {
    Access.NONE: "We have given the person nothing there yet.",
    Access.ACTIVE: "By our last word the person has access.",
    Access.DEACTIVATED: "By our last word the person is deactivated: no access, the data is kept.",
    Access.REMOVED: "By our last word the person is removed.",
    Access.STRIPPED: "By our last word the person has an empty permission set, and can still sign in.",
}
_ACTS = {
    ChangeKind.LOOK: "is read at HubSpot first: what was sent last may or may not have been done",
    ChangeKind.CREATE: "is created at HubSpot",
    ChangeKind.ADOPT: "is taken over: the HubSpot user was there before us",
    ChangeKind.UPDATE: "is changed at HubSpot",
    ChangeKind.RENAME: "gets another e-mail address at HubSpot",
    ChangeKind.REACTIVATE: "is reactivated at HubSpot",
    ChangeKind.DEACTIVATE: "is deactivated at HubSpot",
    ChangeKind.REMOVE: "is removed from HubSpot, which cannot be fully undone",
    ChangeKind.STRIP: "is left an empty permission set at HubSpot, and can still sign in",
}


def explain(
    item: WorkItem,
    decision: Decision,
    setup: Setup,
    now: Milliseconds,
    events: Sequence[Event],
    calls: Sequence[CallRecord],
) -> dict[str, Any]:
    """Return why, in nine parts.

    What the identity provider says, what HubSpot has, what differs, what of that others changed there, which rules won
    and which lost, how that places the person, what holds him and what would release him, what happens next and when,
    and what happened so far.
    """
    return {
        "identity_provider": _said(item),
        "hubspot": _there(item, setup),
        "difference": _difference(decision),
        "drift": _drift(item, setup),
        "rules": [_rule(rule, item, decision.placement, setup) for rule in setup.book.ordered],
        "placement": _placement(decision.placement),
        "held": _held(item, decision),
        "next": _next(item, decision, now),
        "timeline": timeline_of(events, calls),
    }


def _said(item: WorkItem) -> dict[str, Any]:
    person = item.person
    if person is None:
        return {"sentence": "It has deleted the person.", "active": False, "roles": [], "groups": []}
    roles, groups = list(person.roles), [each.display_name for each in person.groups]
    parts = [
        f"{person.user_name} is {'active' if person.active else 'deactivated'}",
        f"has the role {_quoted(roles)}" if roles else "has no role",
        f"is in the group {_quoted(groups)}" if groups else "is in no group",
    ]
    problem = f" {person.email_problem}" if person.email_problem else ""
    return {
        "sentence": f"{', '.join(parts[:-1])} and {parts[-1]}.{problem}",
        "active": person.active,
        "roles": roles,
        "groups": groups,
    }


def _there(item: WorkItem, setup: Setup) -> dict[str, Any]:
    user, ours = item.known, _ENDS[item.delivery.access]
    if setup.account is None:
        return {"sentence": "The account has not been read yet."}
    if user is None:
        return {"sentence": f"The last reading of the account has nobody of this address. {ours}"}
    sets = [set_name(setup.account, each) or each for each in user.permission_set_ids]
    team = team_name(setup.account, user.primary_team_id)
    state = {True: ", active", False: ", deactivated", None: ""}[user.active]
    parts = (
        f"{user.email} is user {user.hubspot_id}{state}",
        f"with the permission set {_quoted(sets)}" if sets else "without a permission set",
        f"in the team {team!r}" if team else "in no team",
    )
    seats = f" Seats: {_quoted(user.seat_names)}." if user.seat_names else ""
    attributes = f" CRM attributes: {_attributes(user.crm)}." if user.crm else ""
    admin = " This is a super admin." if user.super_admin else ""
    return {"sentence": f"{', '.join(parts)}.{seats}{attributes}{admin} {ours}"}


def _difference(decision: Decision) -> dict[str, Any]:
    fields = [
        {"field": each.field, "before": each.before, "after": each.after}
        for each in decision.change.differences
    ]
    if fields:
        said = "; ".join(
            f"{str(each['field']).replace('_', ' ')}: {each['before'] or 'none'} → {each['after'] or 'none'}"
            for each in fields
        )
        return {"sentence": f"{said}.", "fields": fields}
    if decision.change.kind is not ChangeKind.NONE:
        said = "No field differs."
    elif isinstance(decision.verdict, Hold):
        said = "Not known while something holds the person."
    else:
        said = "None: HubSpot has what it should have."
    return {"sentence": said, "fields": fields}


def _drift(item: WorkItem, setup: Setup) -> dict[str, Any]:
    fields = drifts_told(item, setup)
    said = " ".join(each["sentence"] for each in fields)
    return {"sentence": said or "Nothing was changed at HubSpot by others.", "fields": fields}


def _rule(rule: Rule, item: WorkItem, placement: Placement | None, setup: Setup) -> dict[str, Any]:
    """Return what came of one rule: each output it won or lost, or why it does not apply."""
    told: dict[str, Any] = {"id": rule.id, "position": rule.position, "when": rule.when}
    if placement is None or item.person is None:
        return {**told, "result": "not asked", "because": "Rules place people who are to have access."}
    mine = [each for each in placement.reasons if each.source == f"rule:{rule.id}"]
    if mine:
        won = any(each.won for each in mine)
        return {**told, "result": "won" if won else "lost", "because": "; ".join(each.text for each in mine)}
    if rule in setup.book.matched(item.person):
        return {**told, "result": "applies", "because": "It sets nothing that anybody asked it for."}
    return {**told, "result": "does not apply", "because": _unmet(rule, item)}


def _unmet(rule: Rule, item: WorkItem) -> str:
    person = item.person
    if rule.kind == "role":
        has = _quoted(person.roles) if person is not None and person.roles else "none"
        return f"The person's roles: {has}."
    if rule.kind == "group":
        return "The person is no direct member of that group."
    return f"The attribute {rule.match} is not {rule.equals!r}."


def _placement(placement: Placement | None) -> dict[str, Any]:
    if placement is None:
        return {"reasons": [], "near_misses": []}
    return {
        "reasons": [
            {"output": each.output.value, "source": each.source, "won": each.won, "text": each.text}
            for each in placement.reasons
        ],
        "near_misses": [
            {
                "role": each.role,
                "meant": each.meant,
                "sentence": f"The role {each.role!r} is almost {each.meant!r}.",
            }
            for each in placement.near_misses
        ],
    }


def _held(item: WorkItem, decision: Decision) -> dict[str, Any] | None:
    """Return what holds the person now: what the gate says, or what an attempt at HubSpot brought."""
    delivery, verdict = item.delivery, decision.verdict
    if isinstance(verdict, Hold):
        return hold_shown(verdict.reason.value, verdict.detail)
    stored = delivery.hold_reason
    if stored is not None and delivery.due_at is None and HOLDS[stored].may_be_of_attempt:
        return hold_shown(stored.value, delivery.hold_detail)
    return None


def _next(item: WorkItem, decision: Decision, now: Milliseconds) -> dict[str, Any]:
    delivery = item.delivery
    state = state_of(delivery, now)
    held = _held(item, decision)
    act = _ACTS.get(decision.change.kind)
    if held is not None:
        would = "Nothing, until what holds the person is settled."
        then = f" Then the person {act}." if act else ""
        return _what_next(would + then, None)
    if act is None:
        return _what_next(
            "Nothing: it is decided again when the identity provider changes the person, the set-up changes, or a "
            "reading of the account shows something else.",
            None,
        )
    when = moment(delivery.due_at)
    if state is DeliveryState.RETRYING:
        error = f" The last one failed: {delivery.last_error}" if delivery.last_error else ""
        attempt = delivery.attempts + 1
        return _what_next(f"At {when} the person {act}: attempt {attempt}.{error}", when)
    if delivery.due_at is not None and delivery.due_at > now:
        return _what_next(f"At {when} the person {act}.", when)
    return _what_next(f"At the next turn, within the call allowance, the person {act}.", when)


def _what_next(sentence: str, at: str | None) -> dict[str, Any]:
    return {"sentence": sentence, "at": at}


def _attributes(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value!r}" for name, value in values.items())


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
