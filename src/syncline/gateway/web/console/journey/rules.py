"""The rules table: which role, group or attribute gives which permission set and teams, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError
from syncline.gateway.domain.rules import RuleKind
from syncline.gateway.services.showing import rule_shown
from syncline.gateway.web.console.journey.choices import sets_of
from syncline.gateway.web.console.journey.choosing import PREVIEW, Weighed, weigh
from syncline.gateway.web.console.journey.steps import address, show_step, stand_of
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.forms import Form

KINDS: Final = (
    ("role", "App role"),
    ("group", "Group, by its id"),
    ("attribute", "Attribute"),
)
ACTIONS: Final = (
    ("create_users", "Create people who are not at HubSpot"),
    ("update_users", "Update people who are"),
    ("deactivate_users", "Take access from people who leave"),
)
SEEN: Final = 25
MOST: Final = 60
"""Rules on one page."""
_MOVES: Final = {"up": -1, "down": 1}


async def rules(visit: Visit) -> Response:
    """Show the rules in their order, and what the directory sends that no rule looks at."""
    filled = {name: visit.query(name) for name in ("kind", "match") if visit.query(name)}
    return await _page(visit, Weighed(Form.of(**{"kind": "role", **filled})))


async def act(visit: Visit) -> Response:
    """Add a rule, change those there are, or what may be done at all: as the form's button says."""
    do = visit.form.one("again") or visit.form.one("do")
    if ":" in do:
        return await _change(visit, *do.split(":", 1))
    return await (_choose_actions(visit) if do == "actions" else _add(visit))


async def _add(visit: Visit) -> Response:
    """Preview or add a rule."""
    form = visit.form
    wrong = _missing(form)
    if wrong:
        return await _page(visit, Weighed(form.wrong(**wrong)))
    if form.one("do") != PREVIEW and (led := await _confirm_first(visit)) is not None:
        return led
    weighed = await weigh(visit, "rule.add", _rule(form))
    if weighed.saved is not None:
        return visit.go(address(visit, "rules"), f"The rule {weighed.saved['when']} is saved.")
    return await _page(visit, weighed)


async def _change(visit: Visit, what: str, rule_id: str) -> Response:
    """Move a rule up or down, or remove it; a live tenant is shown first whom that would change."""
    stand = await stand_of(visit)
    place = next((each.position for each in stand.rules if each.id == rule_id), None)
    if place is None:
        return visit.go(address(visit, "rules"), "That rule is gone already.")
    arguments: dict[str, Any] = {"rule_id": rule_id}
    if what in _MOVES:
        arguments["position"] = max(1, place + _MOVES[what])
    weighed = await weigh(visit, "rule.move" if what in _MOVES else "rule.remove", arguments)
    if weighed.saved is not None:
        said = "moved" if what in _MOVES else "removed"
        return visit.go(address(visit, "rules"), f"The rule {weighed.saved['when']} is {said}.")
    return await _page(visit, weighed, again=f"{what}:{rule_id}")


async def _choose_actions(visit: Visit) -> Response:
    """Keep what may be done at HubSpot at all."""
    form = visit.form
    if not _is_fresh(visit):
        return _to_password(visit)
    try:
        await visit.run("policy.set", **{name: form.has(name) for name, _ in ACTIONS})
    except DomainError as error:
        return await _page(visit, Weighed(form.wrong(whole=error.message)))
    return visit.go(address(visit, "rules"), "That is what may be done at HubSpot from now on.")


async def _confirm_first(visit: Visit) -> Response | None:
    """Lead to the password for a rule that gives a privileged set, when it was given too long ago."""
    chosen = visit.form.one("permission_set")
    sets = await sets_of(visit, await stand_of(visit))
    privileged = any(because for key, _, because in sets if key == chosen)
    return _to_password(visit) if privileged and not _is_fresh(visit) else None


def _is_fresh(visit: Visit) -> bool:
    return visit.signed_in is not None and visit.console.signing_in.is_fresh(visit.signed_in)


def _to_password(visit: Visit) -> Response:
    return visit.go(f"/confirm?next={address(visit, 'rules')}")


def _missing(form: Form) -> Mapping[str, str]:
    wrong = {}
    if not form.one("match"):
        wrong["match"] = "Say which role, group or attribute the rule looks at."
    if form.one("kind") == RuleKind.ATTRIBUTE and not form.one("equals"):
        wrong["equals"] = "Say which value the attribute must have."
    if not (form.one("permission_set") or form.one("primary_team") or any(form.many("secondary_teams"))):
        wrong["permission_set"] = "Choose a permission set, a team, or both."
    return wrong


def _rule(form: Form) -> dict[str, Any]:
    kind = form.one("kind") if form.one("kind") in set(RuleKind) else RuleKind.ROLE.value
    position = form.one("position")
    return {
        kind: form.one("match"),
        "equals": form.one("equals") if kind == RuleKind.ATTRIBUTE else None,
        "permission_set": form.one("permission_set") or None,
        "primary_team": form.one("primary_team") or None,
        "secondary_teams": [each for each in form.many("secondary_teams") if each],
        "position": int(position)
        if position.isascii() and position.isdecimal() and len(position) < 5
        else None,
    }


async def _page(visit: Visit, weighed: Weighed, again: str = "") -> Response:
    stand = await stand_of(visit)
    seen = await visit.run("roles.seen", limit=SEEN) if stand.connection is not None else None
    groups = {each["id"]: each["display_name"] for each in (seen or {}).get("groups", ())}
    sets = await sets_of(visit, stand)
    privileged = {key for key, _, because in sets if because}
    account = stand.account
    skipped = _skipped(visit)
    return await show_step(
        visit,
        "rules",
        weighed.form,
        stand=stand,
        preview=weighed.preview,
        again=again,
        rules=[
            {**rule_shown(each, account), "privileged": each.permission_set_id in privileged}
            for each in stand.rules[skipped : skipped + MOST]
        ],
        skipped=skipped,
        next=skipped + MOST if len(stand.rules) > skipped + MOST else None,
        seen=seen,
        groups=groups,
        kinds=KINDS,
        actions=[(name, words, getattr(stand.tenant.policy, name)) for name, words in ACTIONS],
        sets=sets,
        teams=_teams(account),
        default=visit.here.policy.default_permission_set,
    )


def _skipped(visit: Visit) -> int:
    asked = visit.query("after")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 0


def _teams(account: Any) -> Sequence[tuple[str, str]]:
    return [] if account is None else [(each.id, each.name) for each in account.teams]
