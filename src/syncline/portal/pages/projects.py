"""Development: the projects of an account, one of them, its app, and the scim component with its domains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.responses import Response

from syncline.portal import administration
from syncline.portal.domain.account import Account
from syncline.portal.domain.project import ProjectApp, ScimApp
from syncline.portal.pages.visit import PageNotFound, Visit, projects_path
from syncline.portal.store import project_reads
from syncline.webkit.frame import Place


@dataclass(frozen=True, slots=True)
class Shown:
    """A project as its pages need it: what is deployed of it, and whether it is the account's SCIM app."""

    path: str
    name: str
    app: ProjectApp | None
    scim: ScimApp | None

    def component(self, uid: str) -> str:
        """Return the path of a component's page."""
        return f"{self.path}/component/{quote(uid, safe='')}"

    @property
    def app_path(self) -> str:
        """The path of the app's page."""
        return self.component(self.app.uid) if self.app else self.path

    @property
    def scim_path(self) -> str:
        """The path of the page of what the app is for: its scim component, or the app itself."""
        return self.component(self.scim.uid) if self.scim else self.app_path


async def list_projects(visit: Visit) -> Response:
    """Show the projects."""
    listed = await administration.list_projects(visit.store, visit.name)
    return visit.show(
        "projects",
        projects=[{**one, "path": project_path(visit.account, one["name"])} for one in listed["projects"]],
    )


async def show_project(visit: Visit) -> Response:
    """Show a project: its components and its builds."""
    shown = await read_project(visit)
    project = await administration.show_project(visit.store, visit.name, shown.name, address=visit.address)
    return visit.show("project", crumbs=crumbs(visit, shown)[:1], shown=shown, project=project)


async def show_component(visit: Visit) -> Response:
    """Show the app's page, or that of its scim component."""
    shown = await read_project(visit)
    uid = visit.place("uid")
    if shown.scim is not None and uid == shown.scim.uid:
        return await show_scim(visit, shown)
    if shown.app is None or uid != shown.app.uid:
        raise PageNotFound
    return visit.show("app", crumbs=crumbs(visit, shown)[:2], shown=shown, app=shown.app)


async def show_scim(visit: Visit, shown: Shown) -> Response:
    """Show the scim component: the domains, and whether roles are synced."""
    account = await administration.show_account(visit.store, visit.name)
    listed = await administration.list_domains(visit.store, visit.name)
    domains: list[dict[str, Any]] = [
        {**one, "path": f"{shown.scim_path}/domains/{one['domain']}"} for one in listed["domains"]
    ]
    return visit.show(
        "scim", crumbs=crumbs(visit, shown), shown=shown, scim=shown.scim, account=account, domains=domains
    )


async def read_project(visit: Visit) -> Shown:
    """Return the project the address names, in the account it names; `PageNotFound`."""
    account, name = visit.account, visit.place("name")

    def read(connection: Connection) -> Shown | None:
        project = project_reads.project_named(connection, account.portal_id, name)
        if project is None:
            return None
        apps = project_reads.project_apps_of(connection, account.portal_id)
        app = next((one for one in apps if one.project_id == project.id), None)
        scim = project_reads.scim_app_of(connection, account.portal_id)
        is_scim = scim is not None and scim.project_id == project.id and app is not None
        return Shown(project_path(account, name), name, app, scim if is_scim else None)

    found = await visit.store.reader.scan(read)
    if found is None:
        raise PageNotFound
    return found


async def read_scim(visit: Visit) -> Shown:
    """Return the project whose scim component the address names; `PageNotFound`."""
    shown = await read_project(visit)
    if shown.scim is None or shown.scim.uid != visit.place("uid"):
        raise PageNotFound
    return shown


def project_path(account: Account, name: str) -> str:
    """Return the path of a project's page: the one HubSpot's command line opens."""
    return f"{projects_path(account)}/project/{quote(name, safe='')}"


def crumbs(visit: Visit, shown: Shown) -> tuple[Place, ...]:
    """Return the way to a component's page."""
    way = [Place("Projects", projects_path(visit.account)), Place(shown.name, shown.path)]
    if shown.app is not None:
        way.append(Place(shown.app.name, shown.app_path))
    if shown.scim is not None:
        way.append(Place(shown.scim.uid, shown.scim_path))
    return tuple(way)
