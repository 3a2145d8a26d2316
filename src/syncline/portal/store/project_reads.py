"""Reads of projects, their builds, deploys and apps."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from syncline.portal.domain.project import Build, Deploy, Project, ProjectApp, ScimApp
from syncline.portal.domain.tokens import TokenKind
from syncline.portal.store.project_rows import (
    build_from,
    deploy_from,
    project_app_from,
    project_from,
    scim_app_from,
)
from syncline.portal.store.tables import (
    apps,
    archives,
    builds,
    deploys,
    installs,
    projects,
    scim_apps,
    tokens,
)

_PORTAL = bindparam("portal_id", type_=projects.c.portal_id.type)
_PROJECTS = select(projects).where(projects.c.portal_id == _PORTAL).order_by(projects.c.id)
_NAMED = select(projects).where(projects.c.portal_id == _PORTAL, projects.c.name == bindparam("name"))
_BUILD = select(builds).where(
    builds.c.portal_id == _PORTAL,
    builds.c.project_id == bindparam("project_id"),
    builds.c.id == bindparam("id"),
)
_BUILDS = (
    select(builds)
    .where(
        builds.c.portal_id == _PORTAL,
        builds.c.project_id == bindparam("project_id"),
        builds.c.id < bindparam("before"),
    )
    .order_by(builds.c.id.desc())
    .limit(bindparam("limit"))
)
_ARCHIVE = select(archives.c.content).where(
    archives.c.portal_id == _PORTAL,
    archives.c.project_id == bindparam("project_id"),
    archives.c.build_id == bindparam("id"),
)
_DEPLOY = select(deploys).where(
    deploys.c.portal_id == _PORTAL,
    deploys.c.project_id == bindparam("project_id"),
    deploys.c.id == bindparam("id"),
)
_APPS = (
    select(apps).where(apps.c.portal_id == _PORTAL, apps.c.project_id.is_not(None)).order_by(apps.c.app_id)
)
_INSTALLS = select(installs).where(installs.c.portal_id == _PORTAL)
_SCIM_APP = select(scim_apps).where(scim_apps.c.portal_id == _PORTAL)
_SEALED = select(tokens.c.id, tokens.c.sealed).where(
    tokens.c.portal_id == _PORTAL,
    tokens.c.client_id == bindparam("client_id"),
    tokens.c.revoked_at.is_(None),
    tokens.c.sealed.is_not(None),
)

_KEY = select(tokens.c.id, tokens.c.sealed).where(
    tokens.c.portal_id == _PORTAL,
    tokens.c.kind == TokenKind.PERSONAL.value,
    tokens.c.revoked_at.is_(None),
    tokens.c.sealed.is_not(None),
)

_BEYOND_ALL = 2**31 - 1


def projects_of(connection: Connection, portal_id: int) -> list[Project]:
    """Return the projects of an account, oldest first."""
    return [project_from(row) for row in connection.execute(_PROJECTS, {"portal_id": portal_id}).mappings()]


def project_named(connection: Connection, portal_id: int, name: str) -> Project | None:
    """Return the project of exactly that name."""
    row = connection.execute(_NAMED, {"portal_id": portal_id, "name": name}).mappings().first()
    return None if row is None else project_from(row)


def build(connection: Connection, project: Project, build_id: int | None) -> Build | None:
    """Return a build of a project by its number; None for none."""
    if build_id is None:
        return None
    row = connection.execute(_BUILD, _key(project, build_id)).mappings().first()
    return None if row is None else build_from(row)


def builds_of(connection: Connection, project: Project, limit: int, before: int | None = None) -> list[Build]:
    """Return the builds of a project numbered below `before`, newest first."""
    found = {"limit": limit, "before": before or _BEYOND_ALL}
    key = {"portal_id": project.portal_id, "project_id": project.id}
    return [build_from(row) for row in connection.execute(_BUILDS, {**key, **found}).mappings()]


def archive(connection: Connection, project: Project, build_id: int) -> bytes | None:
    """Return the zip a build was made from."""
    content: bytes | None = connection.execute(_ARCHIVE, _key(project, build_id)).scalar()
    return content


def deploy(connection: Connection, project: Project, deploy_id: int) -> Deploy | None:
    """Return a deploy of a project by its number."""
    row = connection.execute(_DEPLOY, _key(project, deploy_id)).mappings().first()
    return None if row is None else deploy_from(row)


def project_apps_of(connection: Connection, portal_id: int) -> list[ProjectApp]:
    """Return the apps of an account's deployed projects, with their installs."""
    key = {"portal_id": portal_id}
    installed = {row["client_id"]: row for row in connection.execute(_INSTALLS, key).mappings()}
    return [
        project_app_from(row, installed.get(row["client_id"]))
        for row in connection.execute(_APPS, key).mappings()
    ]


def scim_app_of(connection: Connection, portal_id: int) -> ScimApp | None:
    """Return the account's SCIM app, if a project has been built with one."""
    row = connection.execute(_SCIM_APP, {"portal_id": portal_id}).mappings().first()
    return None if row is None else scim_app_from(row)


def sealed_token(connection: Connection, app: ProjectApp) -> tuple[str, str] | None:
    """Return the fingerprint of an installed app's token and the token itself, sealed."""
    found = connection.execute(_SEALED, {"portal_id": app.portal_id, "client_id": app.client_id}).first()
    return None if found is None else (found[0], found[1])


def sealed_key(connection: Connection, portal_id: int) -> tuple[str, str] | None:
    """Return the fingerprint of the account's personal access key and the key itself, sealed."""
    found = connection.execute(_KEY, {"portal_id": portal_id}).first()
    return None if found is None else (found[0], found[1])


def _key(project: Project, number: int) -> dict[str, int]:
    return {"portal_id": project.portal_id, "project_id": project.id, "id": number}
