"""The rules table: which role, group or attribute gives which permission set, teams and seat, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import Response

from syncline.gateway.domain.account import Account
from syncline.gateway.domain.errors import DomainError
from syncline.gateway.domain.rules import RuleKind
from syncline.gateway.services.roles import ATTRIBUTES
from syncline.gateway.services.showing import people_counted, rule_shown
from syncline.gateway.web.console.journey.choices import sets_of
from syncline.gateway.web.console.journey.choosing import PREVIEW, Weighed, weigh
from syncline.gateway.web.console.journey.steps import Stand, address, show_step, stand_of
from syncline.gateway.web.console.proving import unproven
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.forms import Form

KINDS: Final = (
    ("role", "App role"),
    ("group", "Group"),
    ("attribute", "Attribute"),
)
ACTIONS: Final = (
    ("create_users", "Create people who are not at HubSpot"),
    ("update_users", "Update people who are"),
    ("deactivate_users", "Take access from people who leave"),
)
SEEN: Final = 25
FEW: Final = 5
"""Values of each attribute that the page suggests before one is chosen."""
MOST: Final = 60
"""Rules on one page."""
WEIGHED_AT_ONCE: Final = 10_000
"""Up to so many people a rule is previewed while it is written: deciding about more takes too long for that."""
_GIVES: Final = ("permission_set", "primary_team", "secondary_teams", "seat")
_CHANGES: Final = {"move": ("rule.move", "moved"), "remove": ("rule.remove", "removed")}
"""What can be done with a rule there is: the operation, and how it is said."""


async def rules(visit: Visit) -> Response:
    """Show the rules in their order, and what the directory sends that no rule looks at."""
    asked = visit.request.query_params
    filled = {name: asked.getlist(name) for name in ("kind", "match", *_GIVES) if name in asked}
    return await _page(visit, Weighed(Form({"kind": ("role",), **filled})))


async def act(visit: Visit) -> Response:
    """Add a rule, change those there are, or what may be done at all: as the form's button says."""
    do = visit.form.one("again") or visit.form.one("do")
    if do.partition(":")[0] in _CHANGES:
        return await _change(visit, do)
    if do == "place":
        return await _change(visit, f"move:{visit.form.one('rule')}:{visit.form.one('place')}")
    if do == "seats":
        return await _read_seats(visit)
    return await (_choose_actions(visit) if do == "actions" else _add(visit))


async def _add(visit: Visit) -> Response:
    """Preview or add a rule."""
    form = visit.form
    wrong = _missing(form)
    if wrong:
        return await _page(visit, Weighed(form.wrong(**wrong)))
    if form.one("do") != PREVIEW and (asked := await _asked_first(visit)) is not None:
        return asked
    weighed = await weigh(visit, "rule.add", _rule(form))
    if weighed.saved is not None:
        return visit.go(address(visit, "rules"), f"The rule {weighed.saved['when']} is saved.")
    return await _page(visit, weighed)


async def _change(visit: Visit, do: str) -> Response:
    """Move a rule to a place, or remove it; a live tenant is shown first whom that would change."""
    what, rule_id, place = [*do.split(":"), "", ""][:3]
    operation, said = _CHANGES[what]
    stand = await stand_of(visit)
    if all(each.id != rule_id for each in stand.rules):
        return visit.go(address(visit, "rules"), "That rule is gone already.")
    arguments: dict[str, Any] = {"rule_id": rule_id}
    if operation == "rule.move":
        arguments["position"] = max(1, _number(place) or 1)
    weighed = await weigh(visit, operation, arguments)
    if weighed.saved is not None:
        moved_to = weighed.saved["position"] if operation == "rule.move" else 1
        return visit.go(_row(visit, rule_id, moved_to), f"The rule {weighed.saved['when']} is {said}.")
    return await _page(visit, weighed, again=do)


async def _read_seats(visit: Visit) -> Response:
    """Read which seats the account has and how many are free: a rule can give one, and who waits for one is next."""
    try:
        await visit.run("seats.list")
    except DomainError as error:
        return await _page(visit, Weighed(visit.form.wrong(seat=error.message)))
    return visit.go(f"{address(visit, 'rules')}#another", "The seats are read.")


async def _choose_actions(visit: Visit) -> Response:
    """Keep what may be done at HubSpot at all."""
    if (asked := await unproven(visit)) is not None:
        return asked
    form = visit.form
    try:
        await visit.run("policy.set", **{name: form.has(name) for name, _ in ACTIONS})
    except DomainError as error:
        return await _page(visit, Weighed(form.wrong(whole=error.message)))
    return visit.go(address(visit, "rules"), "That is what may be done at HubSpot from now on.")


async def _asked_first(visit: Visit) -> Response | None:
    """Ask for the password for a rule that gives a privileged set, when it was given too long ago."""
    chosen = visit.form.one("permission_set")
    sets = await sets_of(visit, await stand_of(visit))
    privileged = any(because for key, _, because in sets if key == chosen)
    return await unproven(visit) if privileged else None


def _missing(form: Form) -> Mapping[str, str]:
    wrong = {}
    if not form.one("match"):
        wrong["match"] = "Say which role, group or attribute the rule looks at."
    if form.one("kind") == RuleKind.ATTRIBUTE and not form.one("equals"):
        wrong["equals"] = "Say which value the attribute must have."
    if not any(each for name in _GIVES for each in form.many(name)):
        wrong["permission_set"] = "Choose a permission set, a team, or a seat."
    return wrong


def _rule(form: Form) -> dict[str, Any]:
    kind = form.one("kind") if form.one("kind") in set(RuleKind) else RuleKind.ROLE.value
    return {
        kind: form.one("match"),
        "equals": form.one("equals") if kind == RuleKind.ATTRIBUTE else None,
        "permission_set": form.one("permission_set") or None,
        "primary_team": form.one("primary_team") or None,
        "secondary_teams": [each for each in form.many("secondary_teams") if each],
        "seat": form.one("seat") or None,
        "position": _number(form.one("position")),
    }


async def _page(visit: Visit, weighed: Weighed, again: str = "") -> Response:
    stand = await stand_of(visit)
    sets = await sets_of(visit, stand)
    privileged = {key for key, _, because in sets if because}
    account = stand.account
    skipped = _number(visit.query("after")) or 0
    listed = stand.rules[skipped : skipped + MOST]
    return await show_step(
        visit,
        "rules",
        weighed.form,
        stand=stand,
        preview=weighed.preview,
        again=again,
        rules=[
            {
                **rule_shown(each, account),
                "privileged": each.permission_set_id in privileged,
                "is_named": each.group_name is not None,
            }
            for each in listed
        ],
        many=len(stand.rules),
        weighs=stand.totals.users <= WEIGHED_AT_ONCE,
        skipped=skipped,
        next=skipped + MOST if len(stand.rules) > skipped + MOST else None,
        seen=await _seen(visit, stand),
        known=await _known(visit),
        values=await _values(visit),
        kinds=KINDS,
        actions=[(name, words, getattr(stand.tenant.policy, name)) for name, words in ACTIONS],
        sets=sets,
        teams=_teams(account),
        seats=_seats(account),
        default=visit.here.policy.default_permission_set,
    )


async def _seen(visit: Visit, stand: Stand) -> Mapping[str, Any] | None:
    """Return what the directory sends that no rule looks at, each with what would fill in the form of a rule."""
    if stand.connection is None:
        return None
    seen = await visit.run("roles.seen", limit=SEEN)
    roles = [{**each, "make": urlencode(_made_of(each, stand), doseq=True)} for each in seen["roles"]]
    groups = [
        {**each, "make": urlencode({"kind": "group", "match": each["display_name"]})}
        for each in seen["groups"]
    ]
    return {**seen, "roles": roles, "groups": groups}


def _made_of(role: Mapping[str, Any], stand: Stand) -> dict[str, Any]:
    """Return the rule a role asks for; of a near miss it gives what the text that was meant gives."""
    made: dict[str, Any] = {"kind": "role", "match": role["role"]}
    meant = role["did_you_mean"]
    if meant is None:
        return made
    rule = next((each for each in stand.rules if (each.kind, each.match) == (RuleKind.ROLE, meant)), None)
    if rule is None:
        named = [] if stand.account is None else stand.account.permission_sets_named(meant)
        return {**made, "permission_set": [each.id for each in named[:1]]}
    gives = {
        "permission_set": rule.permission_set_id,
        "primary_team": rule.primary_team_id,
        "secondary_teams": list(rule.secondary_team_ids),
        "seat": rule.seat,
    }
    return {**made, **{name: value for name, value in gives.items() if value}}


async def known(visit: Visit) -> Response:
    """Return what a rule can look at, of the kind and with the text asked for: what a field of the form suggests."""
    if visit.query("for") == "equals":
        found = await _values(visit, visit.query("match"))
    else:
        found = await _known(visit, visit.query("kind"), visit.query("match").strip())
    return visit.show("known.html", known=found)


async def _known(visit: Visit, kind: str = "", search: str = "") -> Sequence[tuple[str, str]]:
    """Return roles, groups and attributes that have arrived, each with what it is; of one kind or of all."""
    found: list[tuple[str, str]] = []
    if kind != RuleKind.ATTRIBUTE:
        seen = await visit.run("roles.seen", everything=True, limit=SEEN, search=search or None)
        if kind != RuleKind.GROUP:
            found += [(each["role"], f"role, {people_counted(each['people'])}") for each in seen["roles"]]
        if kind != RuleKind.ROLE:
            found += [
                (each["display_name"], f"group, {people_counted(each['members'])}") for each in seen["groups"]
            ]
    if kind in ("", RuleKind.ATTRIBUTE):
        found += [(each, "attribute") for each in ATTRIBUTES if search.casefold() in each.casefold()]
    return found


async def _values(visit: Visit, attribute: str = "") -> Sequence[tuple[str, str]]:
    """Return values that have arrived, each with the attribute it is of: those of one attribute, or a few of each."""
    seen = (await visit.run("roles.attributes"))["attributes"]
    most = None if attribute.strip() else FEW
    return [
        (value["value"], f"{each['attribute']}, {people_counted(value['people'])}")
        for each in seen
        for value in each["values"][:most]
        if attribute.strip() in ("", each["attribute"])
    ]


def _row(visit: Visit, rule_id: str, position: int) -> str:
    """Return the address of a rule's row, on the page of the list where it stands."""
    skipped = (position - 1) // MOST * MOST
    return address(visit, "rules") + (f"?after={skipped}" if skipped else "") + f"#rule-{rule_id}"


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None


def _teams(account: Account | None) -> Sequence[tuple[str, str]]:
    return [] if account is None else [(each.id, each.name) for each in account.teams]


def _seats(account: Account | None) -> Sequence[tuple[str, str]] | None:
    """Return the account's seats with how many are free, None while they are not read."""
    if account is None or account.seats is None:
        return None
    free = ((each, "" if each.remaining is None else f" – {each.remaining} free") for each in account.seats)
    return [(each.name, f"{each.name}{words}") for each, words in free]
