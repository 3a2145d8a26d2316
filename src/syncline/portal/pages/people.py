"""Users: the list with the SCIM badge, one of them, and what a super admin may change by hand."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from syncline.portal import administration
from syncline.portal.domain.errors import HubSpotError, SetupError
from syncline.portal.pages.visit import Visit, settings_path
from syncline.portal.web.paging import number
from syncline.webkit.forms import Form
from syncline.webkit.frame import Place

PAGE = 50


async def list_users(visit: Visit) -> Response:
    """Show the users, a page at a time."""
    after = number(visit.request.query_params.get("after", "")) or 0
    listed = await administration.list_users(visit.store, visit.clock, visit.name, limit=PAGE, after=after)
    path = settings_path(visit.account, "users")
    return visit.show(
        "users",
        users=listed["users"],
        path=path,
        first=path if after else None,
        next=f"{path}?after={listed['next']}" if listed["next"] is not None else None,
    )


async def ask_user(visit: Visit) -> Response:
    """Ask whom to add."""
    return await _asked(visit, Form(), 200)


async def add_user(visit: Visit) -> Response:
    """Add somebody by hand."""
    form = visit.form
    try:
        added = await administration.add_user(
            visit.store,
            visit.clock,
            visit.name,
            email=form.one("email"),
            first_name=form.one("first_name") or None,
            last_name=form.one("last_name") or None,
            permission_set=form.one("permission_set") or None,
            team=form.one("team") or None,
            seats=form.many("seats"),
            actor=visit.session.user_id,
        )
    except (HubSpotError, SetupError) as refused:
        return await _asked(visit, form.wrong(whole=str(refused)), 422)
    return visit.go(f"{settings_path(visit.account, 'users')}/{added['id']}", "added")


async def show_user(visit: Visit) -> Response:
    """Show one user."""
    return await _user(visit, None, 200)


async def change_user(visit: Visit) -> Response:
    """Change what the form names; a field the page shows read-only is not in it."""
    form = visit.form
    try:
        await administration.change_user(
            visit.store,
            visit.clock,
            visit.name,
            visit.place("user_id"),
            first_name=_given(form, "first_name"),
            last_name=_given(form, "last_name"),
            permission_set=_given(form, "permission_set"),
            team=_given(form, "team"),
            seats=form.many("seats") if form.has("seats_shown") else None,
            actor=visit.session.user_id,
        )
    except (HubSpotError, SetupError) as refused:
        return await _user(visit, form.wrong(whole=str(refused)), 422)
    return visit.go(_path(visit), "saved")


async def deactivate(visit: Visit) -> Response:
    """End somebody's access."""
    return await _access(visit, active=False)


async def reactivate(visit: Visit) -> Response:
    """Give the access back."""
    return await _access(visit, active=True)


async def remove(visit: Visit) -> Response:
    """Delete somebody from the account; the identity provider is told nothing."""
    await administration.remove_user(
        visit.store, visit.clock, visit.name, visit.place("user_id"), actor=visit.session.user_id
    )
    return visit.go(settings_path(visit.account, "users"), "removed")


async def _access(visit: Visit, *, active: bool) -> Response:
    await administration.set_access(
        visit.store,
        visit.clock,
        visit.name,
        visit.place("user_id"),
        active=active,
        actor=visit.session.user_id,
    )
    return visit.go(_path(visit), "saved")


async def _asked(visit: Visit, form: Form, status: int) -> Response:
    account = await administration.show_account(visit.store, visit.name)
    return visit.show(
        "add-user",
        status=status,
        crumbs=_crumbs(visit),
        form=form,
        account=account,
        options=_options(account),
    )


async def _user(visit: Visit, form: Form | None, status: int) -> Response:
    user = await administration.show_user(visit.store, visit.clock, visit.name, visit.place("user_id"))
    account = await administration.show_account(visit.store, visit.name)
    managed = user["scim"] == "managed"
    return visit.show(
        "user",
        status=status,
        crumbs=_crumbs(visit),
        user=user,
        account=account,
        options=_options(account),
        managed=managed,
        permissions_locked=managed and account["role_sync_in_force"],
        path=_path(visit),
        form=form or _filled(user),
    )


def _filled(user: dict[str, Any]) -> Form:
    return Form(
        {
            "first_name": (user["first_name"] or "",),
            "last_name": (user["last_name"] or "",),
            "permission_set": tuple(user["permission_sets"]) or ("",),
            "team": (user["primary_team"] or "",),
            "seats": tuple(user["own_seats"]),
        }
    )


def _given(form: Form, name: str) -> str | None:
    return form.one(name) if form.has(name) else None


def _options(account: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    return {
        "permission_sets": [
            ("", "Minimal permissions"),
            *((one["name"], one["name"]) for one in account["permission_sets"]),
        ],
        "teams": [("", "No team"), *((one["name"], one["name"]) for one in account["teams"])],
    }


def _path(visit: Visit) -> str:
    return f"{settings_path(visit.account, 'users')}/{visit.place('user_id')}"


def _crumbs(visit: Visit) -> tuple[Place, ...]:
    return (Place("Users", settings_path(visit.account, "users")),)
