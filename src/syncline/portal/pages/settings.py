"""Settings of the account: plan, single sign-on, pricing and seats, permission-set management, sets, teams."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from starlette.responses import Response

from syncline.portal import administration
from syncline.portal.domain.account import Tier
from syncline.portal.domain.errors import HubSpotError, SetupError
from syncline.portal.pages.visit import Visit, settings_path
from syncline.webkit.forms import Form

_SWITCHES = ("sso", "role_sync", "seats_pricing")
TIERS = [(tier.value, tier.title()) for tier in Tier]


async def show_account(visit: Visit) -> Response:
    """Show the settings."""
    return await _account(visit, None, 200)


async def change_account(visit: Visit) -> Response:
    """Change them as the form says."""
    form = visit.form
    switches: dict[str, Any] = {name: form.has(name) for name in _SWITCHES}
    seats = {name.removeprefix("seats "): form.one(name) for name in form.values if name.startswith("seats ")}
    try:
        await administration.change_account(
            visit.store,
            visit.clock,
            visit.name,
            seats=seats,
            tier=form.one("tier"),
            **switches,
        )
    except (HubSpotError, SetupError) as refused:
        return await _account(visit, form.wrong(whole=str(refused)), 422)
    return visit.go(settings_path(visit.account, "account"), "saved")


async def show_permission_sets(visit: Visit) -> Response:
    """Show the permission sets."""
    return await _furniture(visit, "permission-sets", Form(), 200)


async def add_permission_set(visit: Visit) -> Response:
    """Make a permission set; with a seat it is a paid one."""
    form = visit.form
    return await _furnish(
        visit,
        "permission-sets",
        administration.add_permission_set(
            visit.store, visit.name, form.raw("name"), seat=form.one("seat") or None
        ),
        "added",
    )


async def rename_permission_set(visit: Visit) -> Response:
    """Give a permission set another name; who has it keeps it."""
    form = visit.form
    return await _furnish(
        visit,
        "permission-sets",
        administration.rename_permission_set(visit.store, visit.name, form.one("id"), form.raw("name")),
        "saved",
    )


async def delete_permission_set(visit: Visit) -> Response:
    """End a permission set."""
    return await _furnish(
        visit,
        "permission-sets",
        administration.delete_permission_set(visit.store, visit.clock, visit.name, visit.form.one("id")),
        "removed",
    )


async def show_teams(visit: Visit) -> Response:
    """Show the teams."""
    return await _furniture(visit, "teams", Form(), 200)


async def add_team(visit: Visit) -> Response:
    """Make a team."""
    return await _furnish(
        visit,
        "teams",
        administration.add_team(visit.store, visit.clock, visit.name, visit.form.one("name")),
        "added",
    )


async def _account(visit: Visit, form: Form | None, status: int) -> Response:
    account = await administration.show_account(visit.store, visit.name)
    return visit.show("account", status=status, account=account, form=form or _filled(account), tiers=TIERS)


def _filled(account: dict[str, Any]) -> Form:
    values = {name: ("on",) for name in _SWITCHES if account[name]}
    values["tier"] = (account["tier"],)
    for seat in account["seats"]:
        values[f"seats {seat['name']}"] = (
            "unlimited" if seat["purchased"] is None else str(seat["purchased"]),
        )
    return Form(values)


async def _furniture(visit: Visit, page: str, form: Form, status: int) -> Response:
    account = await administration.show_account(visit.store, visit.name)
    return visit.show(
        page, status=status, account=account, form=form, blank=Form(), path=settings_path(visit.account, page)
    )


async def _furnish(visit: Visit, page: str, case: Awaitable[object], notice: str) -> Response:
    try:
        await case
    except (HubSpotError, SetupError) as refused:
        return await _furniture(visit, page, visit.form.wrong(whole=str(refused)), 422)
    return visit.go(settings_path(visit.account, page), notice)
