"""The apps of deployed projects: what they are, whether they are installed, and installing them."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import msgspec

from syncline.portal.domain.errors import ValidationError
from syncline.portal.domain.project import ProjectApp
from syncline.portal.installing import install_app
from syncline.portal.store import project_reads
from syncline.portal.store.commands.static_apps import no_app
from syncline.portal.web.answer import Answer
from syncline.portal.web.call import Call
from syncline.portal.web.projects.developer import developers, number


class InstallInfo(msgspec.Struct, frozen=True, rename="camel"):
    """The question whether an app is installed; `sourceId` is its uid."""

    project_id: int
    source_id: str
    required_scope_groups: list[str] = []


class StaticInstall(msgspec.Struct, frozen=True, rename="camel"):
    """The order to install an app."""

    app_id: int
    target_install_portal_id: int
    scope_group_ids: list[int] = []


def scope_group_id(scope: str) -> int:
    """Return a scope's number. HubSpot's are not published: these are ours, the same always."""
    return zlib.crc32(scope.encode()) & 0x7FFF_FFFF


async def list_apps(call: Call) -> Answer:
    """Return the apps of all deployed projects, with how many accounts have them."""
    return Answer(200, {"results": [_body(app) for app in await _apps(call)]})


async def show(call: Call) -> Answer:
    """Return an app by its number."""
    app_id = number(call, "app_id")
    return Answer(200, _body(await _found(call, app_id, lambda app: app.app_id == app_id)))


async def show_by_uid(call: Call) -> Answer:
    """Return an app by its project's number and its uid."""
    project_id, uid = number(call, "project_id"), call.request.path_params["uid"]
    found = await _found(call, uid, lambda app: (app.project_id, app.uid) == (project_id, uid))
    return Answer(200, _body(found))


async def install_info(call: Call) -> Answer:
    """Tell whether an app is installed with just these scopes, and with which it is."""
    asked = await call.body(InstallInfo)
    app = await _found(
        call, asked.source_id, lambda app: (app.project_id, app.uid) == (asked.project_id, asked.source_id)
    )
    current = app.installed_at is not None and set(app.installed_scopes) == set(asked.required_scope_groups)
    return Answer(
        200,
        {
            "appId": app.app_id,
            "isInstalledWithScopeGroups": current,
            "previouslyAuthorizedScopeGroups": [
                {"id": scope_group_id(scope), "name": scope} for scope in app.installed_scopes
            ],
        },
    )


async def install(call: Call) -> Answer:
    """Install an app in its own account, with exactly the scopes it asks for. The token is not told here."""
    order = await call.body(StaticInstall)
    if order.target_install_portal_id != call.portal_id:
        raise ValidationError("A private app is installed in the account of its project only.")
    app = await _found(call, order.app_id, lambda app: app.app_id == order.app_id)
    if set(order.scope_group_ids) != {scope_group_id(scope) for scope in app.scopes}:
        raise ValidationError(
            "The scopes are not those the app asks for.", sub_category="ProjectErrors.SCOPE_MISMATCH"
        )
    await install_app(call.store, call.around.clock, app, user_id=call.grant.user_id)
    return Answer(200, {"appId": app.app_id, "portalId": call.portal_id})


async def _apps(call: Call) -> list[ProjectApp]:
    return await call.store.reader.scan(
        lambda connection: project_reads.project_apps_of(connection, call.portal_id)
    )


async def _found(call: Call, key: object, wanted: Callable[[ProjectApp], bool]) -> ProjectApp:
    found = next(filter(wanted, await _apps(call)), None)
    if found is None:
        raise no_app(key)
    return found


def _body(app: ProjectApp) -> dict[str, Any]:
    return {
        "id": app.app_id,
        "name": app.name,
        "portalId": app.portal_id,
        "clientId": app.client_id,
        "projectId": app.project_id,
        "sourceId": app.uid,
        "authType": "STATIC",
        "distributionType": "PRIVATE",
        "scopeGroupIds": [scope_group_id(scope) for scope in app.scopes],
        "createdAt": app.created_at,
        "publicApplicationInstallCounts": {"uniquePortalInstallCount": 0 if app.installed_at is None else 1},
    }


_APPS = "/apps-dev/external/public/v3"
ROUTES = {
    f"{_APPS}/full/portal": {"GET": developers(list_apps)},
    f"{_APPS}/{{app_id}}/full": {"GET": developers(show)},
    f"{_APPS}/project-id/{{project_id}}/source-id/{{uid}}": {"GET": developers(show_by_uid)},
    "/localdevauth/v1/auth/install-info": {"POST": developers(install_info)},
    "/apps-hublets/external/static-token/v3/current-account": {"POST": developers(install)},
}
"""The addresses, each whole."""
