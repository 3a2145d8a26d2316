"""Deploys: putting a build to work, and how that went."""

from __future__ import annotations

import msgspec

from syncline.portal.domain.errors import ObjectNotFound
from syncline.portal.domain.project import Deploy, DeployBlocked, Project
from syncline.portal.store import project_reads
from syncline.portal.store.commands.deploys import DeployBuild
from syncline.portal.web.answer import Answer
from syncline.portal.web.call import Call
from syncline.portal.web.projects.bodies import deploy_address, deploy_body, log_lines, structure
from syncline.portal.web.projects.developer import developers, number
from syncline.portal.web.projects.projects import named


class DeployRequest(msgspec.Struct, frozen=True, rename="camel"):
    """The body of a deploy. What this portal warns of never stops one, so `ignoreWarnings` changes nothing."""

    project_name: str
    target_build_id: int
    ignore_warnings: bool = False


async def queue(call: Call) -> Answer:
    """Deploy a build, or say what stands in the way."""
    wanted = await call.body(DeployRequest)
    try:
        deploy = await call.store.writer.submit(
            DeployBuild(
                portal_id=call.portal_id,
                name=wanted.project_name,
                build_id=wanted.target_build_id,
                user_id=call.grant.user_id,
                now=call.now,
            )
        )
    except DeployBlocked as blocked:
        return Answer(200, _blocked(blocked))
    project = await named(call, wanted.project_name)
    links = {"status": deploy_address(project, deploy.id)}
    return Answer(200, {"id": str(deploy.id), "buildResultType": "DEPLOY_QUEUED", "links": links})


async def status(call: Call) -> Answer:
    """Return how a deploy went."""
    return Answer(200, deploy_body(*await _deploy(call)))


async def parts(call: Call) -> Answer:
    """Return which part of a deploy lies below which."""
    _, deploy = await _deploy(call)
    return Answer(200, structure(deploy.id, deploy.components))


async def warnings(call: Call) -> Answer:
    """Return what a deploy warns of."""
    _, deploy = await _deploy(call)
    return Answer(200, log_lines(deploy.logs, deploy.created_at))


async def _deploy(call: Call) -> tuple[Project, Deploy]:
    project, deploy_id = await named(call), number(call, "deploy_id")
    found = await call.store.reader.point(
        lambda connection: project_reads.deploy(connection, project, deploy_id)
    )
    if found is None:
        raise ObjectNotFound(f"The project {project.name} has no deploy {deploy_id}.")
    return project, found


def _blocked(blocked: DeployBlocked) -> dict[str, object]:
    issue = {
        "uid": blocked.uid,
        "componentTypeName": blocked.type,
        "errorMessages": [],
        "blockingMessages": [{"message": blocked.message, "isWarning": False}],
    }
    return {"buildResultType": "DEPLOY_BLOCKED", "issues": [issue]}


ROUTES = {
    "/dfs/deploy/v3/deploys/queue/async": {"POST": developers(queue)},
    "/dfs/deploy/v1/deploy-status/projects/{name}/deploys/{deploy_id}": {"GET": developers(status)},
    "/dfs/deploy/v1/deploys/by-project-name/{name}/deploys/{deploy_id}/structure": {"GET": developers(parts)},
    "/dfs/logging/v1/logs/projects/{name}/deploys/{deploy_id}/combined/warn": {"GET": developers(warnings)},
}
"""The addresses, each whole."""
