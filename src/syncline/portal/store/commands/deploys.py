"""Deploying a build: its app is registered, and what its scim component says comes into force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from syncline.clock import Milliseconds
from syncline.portal.domain.account import SetUp
from syncline.portal.domain.project import (
    Action,
    Build,
    Component,
    ComponentType,
    Deploy,
    DeployBlocked,
    DeployedComponent,
    Outcome,
    Project,
    ProjectApp,
)
from syncline.portal.domain.project_components import role_sync_of
from syncline.portal.domain.project_rules import deploy_warnings, one_scim_app
from syncline.portal.store.commands.installs import uninstall
from syncline.portal.store.numbers import next_number
from syncline.portal.store.people import set_up, set_up_needs
from syncline.portal.store.project_rows import (
    client_id_of,
    deploy_row,
    find_build,
    find_project,
    project_apps,
    project_needs,
    scim_app,
)
from syncline.portal.store.tables import apps, deploys, projects, scim_apps
from syncline.sql.rows import Need, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployBuild:
    """Put a build of a project to work and return the deploy.

    `ObjectNotFound`; `DeployBlocked` for a build that failed, or for a second SCIM app of the account.
    """

    portal_id: int
    name: str
    build_id: int
    user_id: int | None
    now: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return [*set_up_needs(self.portal_id), *project_needs(self.portal_id, self.name)]

    def apply(self, rows: Rows) -> Deploy:
        project = find_project(rows, self.portal_id, self.name)
        build = find_build(rows, project, self.build_id)
        failed = next((one for one in build.components if one.errors), None)
        if failed is not None:
            raise DeployBlocked(
                failed.uid,
                failed.type,
                f"Build #{build.id} failed, so it can't be deployed: {failed.errors[0]}",
            )
        return deploy_build(
            rows, set_up(rows, self.portal_id), project, build, user_id=self.user_id, now=self.now
        )


def deploy_build(
    rows: Rows, setup: SetUp, project: Project, build: Build, *, user_id: int | None, now: Milliseconds
) -> Deploy:
    """Write the deploy of a build that succeeded, and all that follows from it; `DeployBlocked`."""
    before = _deployed_types(rows, project)
    app = build.component(ComponentType.APP)
    if app is None or build.outcome is not Outcome.SUCCESS:
        raise DeployBlocked("", ComponentType.APP.value, f"Build #{build.id} has no app to deploy.")
    _claim_scim(rows, project, build, now)
    logs = [*deploy_warnings(build.components, setup), *_register(rows, project, app, actor=user_id, now=now)]
    after = {(one.uid, one.type) for one in build.components}
    changes = [
        DeployedComponent(
            one.uid, one.type, Action.UPDATE if (one.uid, one.type) in before else Action.INSTALL
        )
        for one in build.components
    ]
    changes += [DeployedComponent(uid, kind, Action.REMOVE) for uid, kind in sorted(before - after)]
    deploy = Deploy(
        portal_id=project.portal_id,
        project_id=project.id,
        id=project.last_deploy_id + 1,
        build_id=build.id,
        components=tuple(changes),
        logs=tuple(logs),
        user_id=user_id,
        created_at=now,
    )
    rows.insert(deploys, deploy_row(deploy))
    rows.update(
        projects,
        (project.portal_id, project.id),
        deployed_build_id=build.id,
        last_deploy_id=deploy.id,
        updated_at=now,
    )
    return deploy


def _deployed_types(rows: Rows, project: Project) -> set[tuple[str, str]]:
    if project.deployed_build_id is None:
        return set()
    build = find_build(rows, project, project.deployed_build_id)
    return {(one.uid, one.type) for one in build.components}


def _claim_scim(rows: Rows, project: Project, build: Build, now: Milliseconds) -> None:
    """Make the project's scim component the account's, or give the place up when it has none any more."""
    scim, claim = build.component(ComponentType.SCIM), scim_app(rows, project.portal_id)
    if scim is None:
        if claim is not None and claim[0].project_id == project.id:
            rows.delete(scim_apps, project.portal_id)
            _end_tokens(rows, project, now)
        return
    in_force = {"project_id": project.id, "uid": scim.uid, "role_sync": role_sync_of(scim)}
    if claim is None:
        rows.insert(scim_apps, {"portal_id": project.portal_id, **in_force})
    elif claim[0].project_id == project.id:
        rows.update(scim_apps, (project.portal_id,), **in_force)
    else:
        raise DeployBlocked(scim.uid, scim.type, one_scim_app(claim[1]))


def _end_tokens(rows: Rows, project: Project, now: Milliseconds) -> None:
    """End the tokens of an app that is the SCIM app no more: what they opened is gone."""
    app = _app_of(rows, project)
    if app is not None and app.installed_at is not None:
        uninstall(rows, project.portal_id, app.client_id, actor=None, now=now)


def _register(
    rows: Rows, project: Project, component: Component, *, actor: int | None, now: Milliseconds
) -> list[str]:
    """Write the project's app as its component has it, and return what its installer should know."""
    scopes = tuple(sorted(component.config["auth"]["requiredScopes"]))
    told = {"name": component.config["name"], "scopes": orjson.dumps(scopes).decode()}
    app = _app_of(rows, project)
    if app is not None and app.uid == component.uid:
        rows.update(apps, (app.client_id,), **told)
        if app.installed_at is not None and set(app.installed_scopes) != set(scopes):
            return [f"{told['name']} asks for other scopes now: install it again to grant them."]
        return []
    if app is not None:
        if app.installed_at is not None:
            uninstall(rows, project.portal_id, app.client_id, actor=actor, now=now)
        rows.delete(apps, app.client_id)
    app_id = next_number(rows, "app")
    fixed = {"secret_id": "", "redirect_uris": "[]", "optional_scopes": "[]"}
    place = {"portal_id": project.portal_id, "project_id": project.id, "uid": component.uid}
    key = {"client_id": client_id_of(app_id), "app_id": app_id, "created_at": now}
    rows.insert(apps, {**key, **place, **told, **fixed})
    return []


def _app_of(rows: Rows, project: Project) -> ProjectApp | None:
    found = project_apps(rows, project.portal_id)
    return next((app for app in found if app.project_id == project.id), None)
