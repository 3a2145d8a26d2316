"""Projects by name: list, make, read, delete."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection

from syncline.portal.domain.project import Build, Project
from syncline.portal.store import project_reads
from syncline.portal.store.commands.projects import CreateProject, DeleteProject, StageDeletion
from syncline.portal.store.project_rows import no_build, no_project
from syncline.portal.web.answer import Answer
from syncline.portal.web.call import Call
from syncline.portal.web.projects.bodies import deploy_address, project_body
from syncline.portal.web.projects.developer import developers


class NewProject(msgspec.Struct, frozen=True):
    """The body of a new project."""

    name: str


class Deletion(msgspec.Struct, frozen=True, rename="camel"):
    """The body of the first half of a deletion."""

    project_name: str
    dry_run: bool = False


async def list_projects(call: Call) -> Answer:
    """Return the account's projects, each with its latest and its deployed build."""

    def read(connection: Connection) -> list[dict[str, Any]]:
        found = project_reads.projects_of(connection, call.portal_id)
        return [_body(connection, project) for project in found]

    return Answer(200, {"results": await call.store.reader.scan(read)})


async def create(call: Call) -> Answer:
    """Make an empty project."""
    wanted = await call.body(NewProject)
    made = await call.store.writer.submit(
        CreateProject(portal_id=call.portal_id, name=wanted.name, now=call.now)
    )
    return Answer(200, project_body(made, None, None))


async def show(call: Call) -> Answer:
    """Return a project."""
    project = await named(call)
    return Answer(200, await call.store.reader.point(lambda connection: _body(connection, project)))


async def delete(call: Call) -> Answer:
    """End a project."""
    name = call.request.path_params["name"]
    await call.store.writer.submit(
        DeleteProject(portal_id=call.portal_id, name=name, user_id=call.grant.user_id, now=call.now)
    )
    return Answer(204)


async def stage_deletion(call: Call) -> Answer:
    """Take a project's components away, or only say which there are; its deletion follows as a call of its own."""
    wanted = await call.body(Deletion)
    staged = await call.store.writer.submit(
        StageDeletion(
            portal_id=call.portal_id,
            name=wanted.project_name,
            dry_run=wanted.dry_run,
            user_id=call.grant.user_id,
            now=call.now,
        )
    )
    body: dict[str, Any] = {
        "hasDeployedComponents": bool(staged.components),
        "componentsToRemove": [
            {"componentId": one.uid, "componentType": one.type} for one in staged.components
        ],
    }
    if staged.deploy is not None:
        body["deployId"] = staged.deploy.id
        project = await named(call, wanted.project_name)
        body["links"] = {"status": deploy_address(project, staged.deploy.id)}
    return Answer(200, body)


async def named(call: Call, name: str | None = None) -> Project:
    """Return the project the address names; `ObjectNotFound`."""
    wanted: str = call.request.path_params["name"] if name is None else name
    found = await call.store.reader.point(
        lambda connection: project_reads.project_named(connection, call.portal_id, wanted)
    )
    if found is None:
        raise no_project(wanted)
    return found


async def numbered_build(call: Call, project: Project, build_id: int) -> Build:
    """Return a build of a project; `ObjectNotFound`."""
    found = await call.store.reader.point(
        lambda connection: project_reads.build(connection, project, build_id)
    )
    if found is None:
        raise no_build(project.name, build_id)
    return found


def _body(connection: Connection, project: Project) -> dict[str, Any]:
    latest = project_reads.build(connection, project, project.last_build_id or None)
    deployed = project_reads.build(connection, project, project.deployed_build_id)
    return project_body(project, latest, deployed)


ROUTES = {
    "/developer/projects/v1": {"GET": developers(list_projects), "POST": developers(create)},
    "/developer/projects/v1/by-name/{name}": {"GET": developers(show)},
    "/developer/projects/v1/{name}": {"DELETE": developers(delete)},
    "/dfs/deploy/v3/deploys/delete": {"POST": developers(stage_deletion)},
}
"""The addresses, each whole."""
