"""Connecting HubSpot: by its consent page, or with a token; what was found there; and the channel for leavers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from syncline.gateway.domain.account import Account
from syncline.gateway.domain.authorization import AuthorizationState
from syncline.gateway.domain.errors import DomainError
from syncline.gateway.domain.grant import OAuthGrant
from syncline.gateway.domain.scopes import FEATURES
from syncline.gateway.services.authorizing import HUBSPOT
from syncline.gateway.services.connections import account_sentence
from syncline.gateway.web.console.journey.steps import Stand, show_step, stand_of
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.forms import Form

_HUBSPOT_SCIM = "https://api.hubspot.com/scim/v2"


async def connect(visit: Visit) -> Response:
    """Show the ways to connect; once connected, what is known of the account."""
    return await _page(visit)


async def act(visit: Visit) -> Response:
    """Connect in the way the form stands for, or try the connection there is."""
    ways = {"consent": _ask_for_consent, "token": _use_token, "scim": _use_scim}
    return await ways.get(visit.form.one("way"), _check)(visit)


async def _ask_for_consent(visit: Visit) -> Response:
    """Begin to ask for a grant, and show what HubSpot will ask before leading there."""
    form = visit.form
    try:
        asked = await visit.run(
            "connection.authorize",
            client_id=form.one("client_id") or None,
            client_secret=form.one("client_secret") or None,
            base_url=form.one("base_url") or None,
        )
    except DomainError as error:
        return await _page(visit, way="consent", form=form.wrong(whole=error.message))
    return await _page(visit, asked=asked)


async def _use_token(visit: Visit) -> Response:
    """Connect with the token of a service key or a private app, after reading the account with it."""
    form = visit.form
    if not form.one("access_token"):
        return await _page(visit, way="token", form=form.wrong(whole="Paste the token HubSpot shows."))
    return await _set(
        visit, "token", base_url=form.one("base_url") or HUBSPOT, access_token=form.one("access_token")
    )


async def _use_scim(visit: Visit) -> Response:
    """Add HubSpot's own SCIM endpoint: the one channel that can deactivate people and bring them back."""
    form = visit.form
    if not form.one("scim_token"):
        return await _page(visit, way="scim", form=form.wrong(whole="Paste the token of HubSpot’s SCIM app."))
    return await _set(
        visit,
        "scim",
        scim_base_url=form.one("scim_base_url") or _HUBSPOT_SCIM,
        scim_token=form.one("scim_token"),
    )


async def _check(visit: Visit) -> Response:
    """Read the account again and try what each channel can do, changing nothing."""
    try:
        return await _page(visit, report=await visit.run("connection.check"))
    except DomainError as error:
        return await _page(visit, way="check", form=visit.form.wrong(whole=error.message))


async def _set(visit: Visit, way: str, **arguments: Any) -> Response:
    try:
        report = await visit.run("connection.set", **arguments)
    except DomainError as error:
        return await _page(visit, way=way, form=visit.form.wrong(whole=error.message))
    return await _page(visit, report=report)


async def _page(
    visit: Visit,
    *,
    way: str = "",
    form: Form | None = None,
    asked: Mapping[str, Any] | None = None,
    report: Mapping[str, Any] | None = None,
) -> Response:
    stand = await stand_of(visit)
    return await show_step(
        visit,
        "connect",
        form,
        stand=stand,
        way=way,
        asked=asked,
        report=report,
        found=None if report is None else _found(stand, report),
        last=None if asked or report else await _last_answer(visit),
        features=await _features(visit, stand),
        by_grant=stand.connection is not None and isinstance(stand.connection.credential, OAuthGrant),
        hubspot=HUBSPOT,
        hubspot_scim=_HUBSPOT_SCIM,
    )


def _found(stand: Stand, report: Mapping[str, Any]) -> str | None:
    """Return what was found at HubSpot in one line; None when the account could not be read."""
    account: Account | None = stand.account
    return None if account is None else account_sentence(stand.tenant.name, account, report["users"])


async def _last_answer(visit: Visit) -> tuple[bool, str] | None:
    """Return what became of the latest asking at HubSpot, once it was answered."""
    last = await visit.console.store.grants.authorization(visit.here.id)
    if last is None or last.outcome not in (AuthorizationState.CONNECTED, AuthorizationState.FAILED):
        return None
    return last.outcome is AuthorizationState.CONNECTED, last.sentence


async def _features(visit: Visit, stand: Stand) -> Sequence[tuple[str, str, str, str]]:
    """Return what each feature needs: its name, its scope, whether it is granted, and what is missing without it.

    Only a grant says which scopes it holds; what a token may do is found by the check.
    """
    setup = await visit.console.store.backlog.setup(visit.here.id, visit.console.clock.now())
    credential = None if stand.connection is None else stand.connection.credential
    granted = set(credential.scopes) if isinstance(credential, OAuthGrant) else None
    shown = []
    for feature in FEATURES:
        used = setup is not None and feature.used(setup)
        if granted is None:
            state = "needed" if used else "not needed yet"
        elif granted & set(feature.scopes):
            state = "granted"
        else:
            state = "missing" if used else "not needed yet"
        shown.append((feature.name, feature.scopes[0], state, feature.blocks))
    return shown
