"""Rows of projects and what they stand for, both ways; and what the commands on projects find by them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import orjson

from syncline.portal.domain.errors import ObjectNotFound
from syncline.portal.domain.project import (
    Build,
    Component,
    Deploy,
    DeployedComponent,
    Project,
    ProjectApp,
    ScimApp,
)
from syncline.portal.store.tables import apps, builds, installs, projects, scim_apps
from syncline.sql.rows import Need, Row, Rows

# Made while this is imported, by one thread: msgspec does not bear two that use a type for the first time at once.
_COMPONENTS = msgspec.json.Decoder(tuple[Component, ...])
_DEPLOYED = msgspec.json.Decoder(tuple[DeployedComponent, ...])
_CLIENTS = uuid.UUID("5a1f6d1e-4c55-4d0c-9b7e-1d9a3a4f6c02")


def project_from(row: Mapping[Any, Any]) -> Project:
    """Return the project a row holds."""
    return Project(**row)


def build_from(row: Mapping[Any, Any]) -> Build:
    """Return the build a row holds."""
    components = _COMPONENTS.decode(row["components"])
    return Build(**{**row, "components": components, "warnings": tuple(orjson.loads(row["warnings"]))})


def build_row(build: Build) -> Row:
    """Return the row of `builds` that holds a build."""
    return {**_columns(build), "components": _text(build.components), "warnings": _text(build.warnings)}


def deploy_from(row: Mapping[Any, Any]) -> Deploy:
    """Return the deploy a row holds."""
    components = _DEPLOYED.decode(row["components"])
    return Deploy(**{**row, "components": components, "logs": tuple(orjson.loads(row["logs"]))})


def deploy_row(deploy: Deploy) -> Row:
    """Return the row of `deploys` that holds a deploy."""
    return {**_columns(deploy), "components": _text(deploy.components), "logs": _text(deploy.logs)}


def scim_app_from(row: Mapping[Any, Any]) -> ScimApp:
    """Return the SCIM app a row holds."""
    return ScimApp(**row)


def project_app_from(row: Mapping[Any, Any], install: Mapping[Any, Any] | None) -> ProjectApp:
    """Return the app of a project from its row of `apps` and, where there is one, that of `installs`."""
    installed = install is not None and install["uninstalled_at"] is None
    return ProjectApp(
        portal_id=row["portal_id"],
        project_id=row["project_id"],
        app_id=row["app_id"],
        client_id=row["client_id"],
        uid=row["uid"],
        name=row["name"],
        scopes=tuple(orjson.loads(row["scopes"])),
        created_at=row["created_at"],
        installed_at=install["installed_at"] if installed and install else None,
        installed_scopes=tuple(orjson.loads(install["scopes"])) if installed and install else (),
    )


def client_id_of(app_id: int) -> str:
    """Return the client id of a project's app; it follows from its number, as nobody signs in with it."""
    return str(uuid.uuid5(_CLIENTS, str(app_id)))


def project_needs(portal_id: int, name: str) -> Iterable[Need]:
    """Return what finding a project and its account's SCIM app surely reads."""
    return [
        Need(projects, ("portal_id", "name"), (portal_id, name)),
        Need(scim_apps, ("portal_id",), (portal_id,)),
        Need(apps, ("portal_id",), (portal_id,)),
    ]


def find_project(rows: Rows, portal_id: int, name: str) -> Project:
    """Return the project of that name; `ObjectNotFound`."""
    found = rows.find(projects, portal_id=portal_id, name=name)
    if not found:
        raise no_project(name)
    return project_from(found[0])


def find_build(rows: Rows, project: Project, build_id: int) -> Build:
    """Return a build of a project; `ObjectNotFound`."""
    row = rows.get(builds, project.portal_id, project.id, build_id)
    if row is None:
        raise no_build(project.name, build_id)
    return build_from(row)


def project_apps(rows: Rows, portal_id: int) -> list[ProjectApp]:
    """Return the apps of an account's deployed projects."""
    return [
        project_app_from(row, rows.get(installs, portal_id, row["client_id"]))
        for row in rows.find(apps, portal_id=portal_id)
        if row["project_id"] is not None
    ]


def scim_app(rows: Rows, portal_id: int) -> tuple[ScimApp, str] | None:
    """Return the account's SCIM app and the name of its project."""
    row = rows.get(scim_apps, portal_id)
    if row is None:
        return None
    owner = rows.get(projects, portal_id, row["project_id"])
    return scim_app_from(row), "" if owner is None else owner["name"]


def no_project(name: str) -> ObjectNotFound:
    """Return the answer for a project the account has not got."""
    return ObjectNotFound(f"Unable to find the project {name[:100]!r} in this account.")


def no_build(name: str, build_id: int) -> ObjectNotFound:
    """Return the answer for a build the project has not got."""
    return ObjectNotFound(f"The project {name} has no build #{build_id}.")


def _columns(thing: Build | Deploy) -> Row:
    return {name: getattr(thing, name) for name in thing.__dataclass_fields__}


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
