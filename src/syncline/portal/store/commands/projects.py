"""Making a project and taking it away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syncline.clock import Milliseconds
from syncline.portal.domain.errors import ObjectAlreadyExists, ValidationError
from syncline.portal.domain.project import Action, Deploy, DeployedComponent, Project, wrong_name
from syncline.portal.store.commands.installs import uninstall
from syncline.portal.store.numbers import next_number
from syncline.portal.store.project_rows import (
    deploy_row,
    find_build,
    find_project,
    project_apps,
    project_needs,
)
from syncline.portal.store.tables import apps, archives, builds, deploys, projects, scim_apps
from syncline.sql.rows import Need, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateProject:
    """Make an empty project and return it. `ValidationError` for the name, `ObjectAlreadyExists`."""

    portal_id: int
    name: str
    now: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return project_needs(self.portal_id, self.name)

    def apply(self, rows: Rows) -> Project:
        if (wrong := wrong_name(self.name)) is not None:
            raise ValidationError(wrong, sub_category="ProjectErrors.INVALID_NAME")
        if rows.find(projects, portal_id=self.portal_id, name=self.name):
            raise ObjectAlreadyExists(f"A project named {self.name} exists already in this account.")
        project = Project(
            portal_id=self.portal_id,
            id=next_number(rows, "project"),
            name=self.name,
            created_at=self.now,
            updated_at=self.now,
        )
        rows.insert(projects, {name: getattr(project, name) for name in project.__dataclass_fields__})
        return project


@dataclass(frozen=True, slots=True)
class Staged:
    """What the end of a project takes away, and the deploy that took it; None when nothing was done."""

    components: tuple[DeployedComponent, ...]
    deploy: Deploy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageDeletion:
    """Take a project's components out of the account; with `dry_run` only say which. `ObjectNotFound`."""

    portal_id: int
    name: str
    dry_run: bool
    user_id: int | None
    now: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return project_needs(self.portal_id, self.name)

    def apply(self, rows: Rows) -> Staged:
        project = find_project(rows, self.portal_id, self.name)
        removed = _deployed(rows, project)
        if self.dry_run or not removed:
            return Staged(removed, None)
        remove_apps(rows, project, actor=self.user_id, now=self.now)
        deploy = Deploy(
            portal_id=self.portal_id,
            project_id=project.id,
            id=project.last_deploy_id + 1,
            build_id=None,
            components=removed,
            user_id=self.user_id,
            created_at=self.now,
        )
        rows.insert(deploys, deploy_row(deploy))
        rows.update(
            projects,
            (self.portal_id, project.id),
            deployed_build_id=None,
            last_deploy_id=deploy.id,
            updated_at=self.now,
        )
        return Staged(removed, deploy)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteProject:
    """End a project with all its builds; what is still deployed goes with it. `ObjectNotFound`."""

    portal_id: int
    name: str
    user_id: int | None
    now: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return project_needs(self.portal_id, self.name)

    def apply(self, rows: Rows) -> None:
        project = find_project(rows, self.portal_id, self.name)
        remove_apps(rows, project, actor=self.user_id, now=self.now)
        for build_id in range(1, project.last_build_id + 1):
            rows.delete(builds, self.portal_id, project.id, build_id)
            rows.delete(archives, self.portal_id, project.id, build_id)
        for deploy_id in range(1, project.last_deploy_id + 1):
            rows.delete(deploys, self.portal_id, project.id, deploy_id)
        rows.delete(projects, self.portal_id, project.id)


def remove_apps(rows: Rows, project: Project, *, actor: int | None, now: Milliseconds) -> None:
    """Take a project's app, its tokens and its claim to be the SCIM app out of the account."""
    for app in project_apps(rows, project.portal_id):
        if app.project_id == project.id:
            if app.installed_at is not None:
                uninstall(rows, project.portal_id, app.client_id, actor=actor, now=now)
            rows.delete(apps, app.client_id)
    claim = rows.get(scim_apps, project.portal_id)
    if claim is not None and claim["project_id"] == project.id:
        rows.delete(scim_apps, project.portal_id)


def _deployed(rows: Rows, project: Project) -> tuple[DeployedComponent, ...]:
    if project.deployed_build_id is None:
        return ()
    build = find_build(rows, project, project.deployed_build_id)
    return tuple(DeployedComponent(one.uid, one.type, Action.REMOVE) for one in build.components)
