"""Where the journey starts: all steps at a glance, whose directory it is, and what is kept in step with it."""

from __future__ import annotations

from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError
from syncline.gateway.web.console.journey.steps import (
    NAMES,
    address,
    go_on,
    listed,
    next_open,
    show_step,
    stand_of,
)
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.forms import Form

_HOW = {
    "entra": "An enterprise application provisions people, app roles and groups.",
    "okta": "A SCIM integration provisions people and pushes groups.",
    "google": "Automatic provisioning of people. Google sends no groups and no roles: rules look at attributes.",
    "other": "Anything that speaks SCIM 2.0: OneLogin, JumpCloud, PingOne, Keycloak, authentik …",
}


async def set_up(visit: Visit) -> Response:
    """Show every step with its live state, and where to go on."""
    stand = await stand_of(visit, await visit.console.store.journal.confirmations(visit.here.id))
    following = next_open(stand)
    return visit.show(
        "set-up.html",
        current="set-up",
        steps=listed(visit, stand),
        following=None if following is None else (following.label, address(visit, following.key)),
        begun=stand.tenant.policy.identity_provider is not None or stand.connection is not None,
        mode=stand.tenant.mode,
    )


async def directory(visit: Visit) -> Response:
    """Ask whose directory it is."""
    chosen = visit.here.policy.identity_provider
    return await _directory(visit, Form.of(identity_provider="entra" if chosen is None else chosen.value))


async def choose_directory(visit: Visit) -> Response:
    """Keep whose directory it is; it decides what the later steps explain, and nothing else."""
    try:
        await visit.run("policy.set", identity_provider=visit.form.one("identity_provider"))
    except DomainError as error:
        return await _directory(visit, visit.form.wrong(identity_provider=error.message))
    return go_on(visit, "directory", f"{NAMES[visit.form.one('identity_provider')]} it is.")


async def _directory(visit: Visit, form: Form) -> Response:
    options = [(key, name, _HOW[key]) for key, name in NAMES.items()]
    return await show_step(visit, "directory", form, options=options)


async def integrations(visit: Visit) -> Response:
    """Show what a directory can be kept in step with."""
    return await show_step(visit, "integrations")
