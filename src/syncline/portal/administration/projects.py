"""Developer projects without HubSpot's command line: upload, deploy, install, and the token of the app."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from syncline.clock import Clock
from syncline.portal import installing
from syncline.portal.administration.naming import moment, named_account
from syncline.portal.domain.account import Account
from syncline.portal.domain.errors import SetupError
from syncline.portal.domain.project import Build, ComponentType, Outcome, Project, ProjectApp
from syncline.portal.domain.project_archive import read_archive
from syncline.portal.domain.project_components import UploadRequest, components_of
from syncline.portal.domain.tokens import TokenKind
from syncline.portal.store import project_reads, reads
from syncline.portal.store.commands.builds import Upload
from syncline.portal.store.commands.deploys import DeployBuild
from syncline.portal.store.commands.installs import Uninstall
from syncline.portal.store.commands.projects import CreateProject, DeleteProject
from syncline.portal.store.store import Store


async def upload_project(
    store: Store,
    clock: Clock,
    account_name: str,
    *,
    request: UploadRequest,
    platform_version: str,
    archive: bytes,
) -> dict[str, Any]:
    """Send a project into an account, made there if need be, and return the build and what it deployed."""
    account = await named_account(store, account_name)
    name = request.project_name
    components = components_of(request, await asyncio.to_thread(read_archive, archive))
    if await _project(store, account, name) is None:
        await store.writer.submit(CreateProject(portal_id=account.portal_id, name=name, now=clock.now()))
    build = await store.writer.submit(
        Upload(
            portal_id=account.portal_id,
            name=name,
            platform_version=platform_version,
            message=request.build_message or "",
            components=components,
            archive=archive,
            auto_deploy=not request.skip_auto_deploy,
            user_id=await _admin(store, account),
            now=clock.now(),
        )
    )
    return await _shown_build(store, account, build)


async def deploy_project(
    store: Store, clock: Clock, account_name: str, name: str, *, build_id: int | None = None
) -> dict[str, Any]:
    """Put a build to work, the latest that succeeded unless one is named, and return the deploy."""
    account = await named_account(store, account_name)
    project = await _existing(store, account, name)
    if build_id is None:
        build_id = await _latest_success(store, project)
    deploy = await store.writer.submit(
        DeployBuild(
            portal_id=account.portal_id,
            name=name,
            build_id=build_id,
            user_id=await _admin(store, account),
            now=clock.now(),
        )
    )
    return {
        "project": name,
        "build": build_id,
        "deploy": deploy.id,
        "status": deploy.outcome.value,
        "components": [
            {"uid": one.uid, "type": one.type, "action": one.action.value} for one in deploy.components
        ],
        "warnings": list(deploy.logs),
    }


async def list_projects(store: Store, account_name: str) -> dict[str, Any]:
    """Return the projects of an account with what is deployed and installed of each."""
    account = await named_account(store, account_name)
    found = await store.reader.scan(
        lambda connection: project_reads.projects_of(connection, account.portal_id)
    )
    return {"projects": [await _shown_project(store, account, project) for project in found]}


async def show_project(store: Store, account_name: str, name: str, *, address: str) -> dict[str, Any]:
    """Return a project: its builds, its app, and the page of it at `address`, where the portal listens."""
    account = await named_account(store, account_name)
    project = await _existing(store, account, name)
    builds = await store.reader.scan(lambda connection: project_reads.builds_of(connection, project, 20))
    shown = await _shown_project(store, account, project)
    listed = [
        {
            "build": build.id,
            "status": build.outcome.value,
            "deployed": build.id == project.deployed_build_id,
            "message": build.message,
            "created_at": moment(build.created_at),
        }
        for build in builds
    ]
    return {**shown, "url": project_page(address, account.portal_id, name), "builds": listed}


async def install_project(
    store: Store, clock: Clock, account_name: str, name: str, *, address: str
) -> dict[str, Any]:
    """Install a deployed project's app in its account and return its token and what it is used with.

    An app that is installed keeps its token, with the scopes it now asks for.
    """
    account = await named_account(store, account_name)
    app = await _app(store, account, name)
    await installing.install_app(store, clock, app, user_id=await _admin(store, account))
    return await show_token(store, account_name, name, address=address)


async def rotate_token(
    store: Store, clock: Clock, account_name: str, name: str, *, address: str
) -> dict[str, Any]:
    """Give an installed app a new token, which ends the one before, and return it."""
    account = await named_account(store, account_name)
    app = await _app(store, account, name)
    await installing.rotate_token(store, clock, app, user_id=await _admin(store, account))
    return await show_token(store, account_name, name, address=address)


async def show_token(store: Store, account_name: str, name: str, *, address: str) -> dict[str, Any]:
    """Return the token of an installed app, with the tenant URL where it opens native SCIM."""
    account = await named_account(store, account_name)
    app = await _app(store, account, name)
    token = await installing.token_of(store, app)
    if token is None:
        raise SetupError(
            f"{app.name} is not installed in {account.name}; "
            f"run: syncline portal project install {account.name} {name}"
        )
    shown = {"project": name, "app_id": app.app_id, "app": app.name, "token": token}
    if await installing.token_kind_of(store, app) is TokenKind.SCIM:
        shown["tenant_url"] = f"{address}/scim/v2"
    return shown


async def uninstall_project(store: Store, clock: Clock, account_name: str, name: str) -> dict[str, Any]:
    """Take a project's app out of its account; its token ends."""
    account = await named_account(store, account_name)
    app = await _app(store, account, name)
    if app.installed_at is None:
        raise SetupError(f"{app.name} is not installed in {account.name}.")
    actor = await _admin(store, account)
    await store.writer.submit(
        Uninstall(portal_id=account.portal_id, client_id=app.client_id, actor=actor, now=clock.now())
    )
    return {"uninstalled": app.name}


async def delete_project(store: Store, clock: Clock, account_name: str, name: str) -> dict[str, Any]:
    """End a project with its builds, its app and the app's token."""
    account = await named_account(store, account_name)
    await store.writer.submit(
        DeleteProject(
            portal_id=account.portal_id, name=name, user_id=await _admin(store, account), now=clock.now()
        )
    )
    return {"deleted": name}


def project_page(address: str, portal_id: int, name: str) -> str:
    """Return the address of a project's page, at the path HubSpot's command line opens."""
    return f"{address}/developer-projects/{portal_id}/project/{name}"


async def _project(store: Store, account: Account, name: str) -> Project | None:
    return await store.reader.point(
        lambda connection: project_reads.project_named(connection, account.portal_id, name)
    )


async def _existing(store: Store, account: Account, name: str) -> Project:
    found = await _project(store, account, name)
    if found is None:
        raise SetupError(
            f"There is no project {name!r} in {account.name}; "
            f"see them with: syncline portal project list {account.name}"
        )
    return found


async def _app(store: Store, account: Account, name: str) -> ProjectApp:
    project = await _existing(store, account, name)
    found = await _app_of(store, project)
    if found is None:
        raise SetupError(
            f"Nothing of {name} is deployed yet; run: syncline portal project deploy {account.name} {name}"
        )
    return found


async def _app_of(store: Store, project: Project) -> ProjectApp | None:
    apps = await store.reader.scan(
        lambda connection: project_reads.project_apps_of(connection, project.portal_id)
    )
    return next((app for app in apps if app.project_id == project.id), None)


async def _admin(store: Store, account: Account) -> int | None:
    """Return who does what the person at the keyboard does: the account's first super admin."""
    return await store.reader.point(lambda connection: reads.first_super_admin(connection, account.portal_id))


async def _latest_success(store: Store, project: Project) -> int:
    builds = await store.reader.scan(lambda connection: project_reads.builds_of(connection, project, 100))
    found = next((build.id for build in builds if build.outcome is Outcome.SUCCESS), None)
    if found is None:
        raise SetupError(f"{project.name} has no build that succeeded; upload it first.")
    return found


async def _shown_project(store: Store, account: Account, project: Project) -> dict[str, Any]:
    app = await _app_of(store, project)
    claim = await store.reader.point(
        lambda connection: project_reads.scim_app_of(connection, account.portal_id)
    )
    is_scim = claim is not None and claim.project_id == project.id
    return {
        "id": project.id,
        "name": project.name,
        "deployed_build": project.deployed_build_id,
        "last_build": project.last_build_id or None,
        "app": app and {"app_id": app.app_id, "uid": app.uid, "name": app.name, "scopes": list(app.scopes)},
        "installed": app is not None and app.installed_at is not None,
        "scim": is_scim,
        "role_sync_enabled": claim.role_sync if is_scim and claim else None,
    }


async def _shown_build(store: Store, account: Account, build: Build) -> dict[str, Any]:
    def read(connection: Any) -> Mapping[str, Any]:
        (project,) = [
            one
            for one in project_reads.projects_of(connection, account.portal_id)
            if one.id == build.project_id
        ]
        deploy = project_reads.deploy(connection, project, build.deploy_id)
        return {"project": project.name, "deploy_warnings": [] if deploy is None else list(deploy.logs)}

    rest = await store.reader.scan(read)
    return {
        "project": rest["project"],
        "build": build.id,
        "status": build.outcome.value,
        "components": [
            {
                "uid": one.uid,
                "type": _in_files(one.type),
                "status": one.built.value,
                "errors": list(one.errors),
            }
            for one in build.components
        ],
        "warnings": [*build.warnings, *rest["deploy_warnings"]],
        "deploy": build.deploy_id or None,
    }


def _in_files(kind: str) -> str:
    return ComponentType(kind).in_files if kind in set(ComponentType) else kind
