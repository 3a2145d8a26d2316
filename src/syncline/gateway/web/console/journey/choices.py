"""Four choices that hold for everybody: what matches people, the default role, what leaving means, welcome e-mails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from syncline.gateway.domain.privileged import privileged_because
from syncline.gateway.web.console.journey.choosing import Weighed, weigh
from syncline.gateway.web.console.journey.steps import Stand, go_on, show_step, stand_of
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.forms import Form

EMAIL_FROM = (
    (
        "userName",
        "The user name",
        "userName; Entra sends the user principal name in it. Right wherever people sign in with their e-mail address.",
    ),
    (
        "work",
        "The work e-mail address",
        "emails[type eq “work”]. For directories whose user names are no e-mail addresses, or not those HubSpot knows.",
    ),
)
WELCOME = (
    ("no", "Nobody gets an e-mail", "People come in by single sign-on, or are told by you. Nothing is sent."),
    (
        "yes",
        "HubSpot welcomes whom it creates",
        "Whoever is newly created gets HubSpot’s invitation to choose a password; people who are there get none.",
    ),
)
LEAVING = (
    (
        "deactivate",
        "Deactivate",
        "Can no longer sign in. Profile, records and ownership stay, and coming back brings everything back. "
        "Needs HubSpot’s SCIM channel.",
    ),
    (
        "remove",
        "Remove",
        "The profile is deleted. HubSpot says this cannot be fully undone; coming back makes a new user.",
    ),
    (
        "strip",
        "Take permissions away",
        "Left with the permission set you name and no team. The person can still sign in: this does not end access.",
    ),
)


async def matching(visit: Visit) -> Response:
    """Ask which attribute is the e-mail address people have at HubSpot."""
    return await _matching(visit, Weighed(Form.of(email_from=visit.here.policy.email_from.value)))


async def choose_matching(visit: Visit) -> Response:
    """Keep it; it is refused once there are people."""
    weighed = await weigh(visit, "policy.set", {"email_from": visit.form.one("email_from")})
    if weighed.saved is not None:
        return go_on(visit, "matching", "People are matched by that from now on.")
    return await _matching(visit, weighed)


async def _matching(visit: Visit, weighed: Weighed) -> Response:
    stand = await stand_of(visit)
    return await _step(visit, "matching", weighed, stand, options=EMAIL_FROM, fixed=stand.totals.users > 0)


async def role(visit: Visit) -> Response:
    """Ask for the permission set of people no rule gives one."""
    return await _role(visit, Weighed(Form.of(permission_set=visit.here.policy.default_permission_set)))


async def choose_role(visit: Visit) -> Response:
    """Preview or keep the default role."""
    if not visit.form.one("permission_set"):
        wrong = visit.form.wrong(permission_set="Choose one of the account’s permission sets.")
        return await _role(visit, Weighed(wrong))
    weighed = await weigh(visit, "role.default", {"name": visit.form.one("permission_set")})
    if weighed.saved is not None:
        name = weighed.saved["default_permission_set"]
        return go_on(visit, "role", f"People whom no rule places are created with {name}.")
    return await _role(visit, weighed)


async def _role(visit: Visit, weighed: Weighed) -> Response:
    stand = await stand_of(visit)
    return await _step(visit, "role", weighed, stand, sets=await sets_of(visit, stand))


async def leaving(visit: Visit) -> Response:
    """Ask what leaving means at HubSpot."""
    policy = visit.here.policy
    form = Form.of(
        deactivated=None if policy.deactivated is None else policy.deactivated.value,
        deleted=None if policy.deleted is None else policy.deleted.value,
        strip_to=policy.strip_to,
    )
    return await _leaving(visit, Weighed(form))


async def choose_leaving(visit: Visit) -> Response:
    """Preview or keep what leaving means."""
    form = visit.form
    given = {name: form.one(name) for name in ("deactivated", "deleted", "strip_to") if form.one(name)}
    if "deactivated" not in given:
        return await _leaving(visit, Weighed(form.wrong(deactivated="Choose what happens to leavers.")))
    if "strip" in (given["deactivated"], given.get("deleted")) and "strip_to" not in given:
        wrong = form.wrong(strip_to="Name the permission set leavers are left with; an empty one is best.")
        return await _leaving(visit, Weighed(wrong))
    weighed = await weigh(visit, "policy.set", given)
    if weighed.saved is not None:
        return go_on(visit, "leaving", "That is what happens when someone leaves.")
    return await _leaving(visit, weighed)


async def _leaving(visit: Visit, weighed: Weighed) -> Response:
    stand = await stand_of(visit)
    has_scim = stand.connection is not None and stand.connection.scim_token is not None
    strip_sets = [(key, name) for key, name, _ in await sets_of(visit, stand)]
    return await _step(
        visit, "leaving", weighed, stand, options=LEAVING, has_scim=has_scim, strip_sets=strip_sets
    )


async def welcome(visit: Visit) -> Response:
    """Ask whether HubSpot writes to people it creates."""
    return await _welcome(visit, Weighed(Form.of(welcome="yes" if visit.here.policy.welcome_email else "no")))


async def choose_welcome(visit: Visit) -> Response:
    """Keep it."""
    weighed = await weigh(visit, "policy.set", {"welcome_email": visit.form.one("welcome") == "yes"})
    if weighed.saved is not None:
        return go_on(visit, "welcome", "Kept.")
    return await _welcome(visit, weighed)


async def _welcome(visit: Visit, weighed: Weighed) -> Response:
    return await _step(visit, "welcome", weighed, await stand_of(visit), options=WELCOME)


async def sets_of(visit: Visit, stand: Stand) -> list[tuple[str, str, str | None]]:
    """Return the account's permission sets: id, name, and why one is privileged."""
    if stand.account is None:
        return []
    marked = await visit.console.store.setup.privileged(stand.tenant.id)
    return [(each.id, each.name, privileged_because(each, marked)) for each in stand.account.permission_sets]


async def _step(visit: Visit, key: str, weighed: Weighed, stand: Stand, **data: Any) -> Response:
    preview: Mapping[str, Any] | None = weighed.preview
    return await show_step(visit, key, weighed.form, stand=stand, preview=preview, **data)
