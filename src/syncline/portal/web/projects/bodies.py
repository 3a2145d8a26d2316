"""Projects, builds and deploys as HubSpot's command line reads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from syncline.clock import Milliseconds
from syncline.portal.domain.project import (
    Build,
    Component,
    ComponentType,
    Deploy,
    DeployedComponent,
    Outcome,
    Project,
)


def project_body(project: Project, latest: Build | None, deployed: Build | None) -> dict[str, Any]:
    """Return a project with its latest and its deployed build."""
    body: dict[str, Any] = {
        "id": project.id,
        "name": project.name,
        "portalId": project.portal_id,
        "createdAt": project.created_at,
        "updatedAt": project.updated_at,
        "deletedAt": 0,
        "isLocked": False,
    }
    if latest is not None:
        body["latestBuild"] = build_body(project, latest)
    if deployed is not None:
        body["deployedBuildId"] = deployed.id
        body["deployedBuild"] = build_body(project, deployed)
    return body


def build_body(project: Project, build: Build) -> dict[str, Any]:
    """Return a build with what became of each component; the platform version is a text, always."""
    body: dict[str, Any] = {
        "buildId": build.id,
        "portalId": build.portal_id,
        "projectName": project.name,
        "platformVersion": build.platform_version,
        "uploadMessage": build.message,
        "status": build.outcome.value,
        "deployableState": "DEPLOYABLE" if build.outcome is Outcome.SUCCESS else "NOT_DEPLOYABLE",
        "isAutoDeployEnabled": build.auto_deploy,
        "autoDeployId": build.deploy_id,
        "activitySource": {"type": "HUBSPOT_USER", "userId": build.user_id},
        **_times(build.created_at),
        "subbuildStatuses": [_subbuild(build, component) for component in build.components],
    }
    if build.deploy_id:
        links = {"status": deploy_address(project, build.deploy_id)}
        body["deployStatusTaskLocator"] = {"id": str(build.deploy_id), "links": links}
    return body


def deploy_body(project: Project, deploy: Deploy) -> dict[str, Any]:
    """Return a deploy with what it did with each component."""
    return {
        "deployId": deploy.id,
        "buildId": deploy.build_id,
        "portalId": deploy.portal_id,
        "projectName": project.name,
        "status": deploy.outcome.value,
        "userId": deploy.user_id,
        "source": "HUBSPOT_USER",
        **_times(deploy.created_at),
        "subdeployStatuses": [_subdeploy(deploy, component) for component in deploy.components],
    }


def structure(number: int, components: Sequence[Component] | Sequence[DeployedComponent]) -> dict[str, Any]:
    """Return which component's part lies below which: everything below the app."""
    parts = {one.uid: _part(number, one.uid) for one in components}
    apps = [one.uid for one in components if one.type == ComponentType.APP]
    below = [part for uid, part in parts.items() if uid not in apps]
    tops = {parts[uid]: below for uid in apps} or {part: [] for part in below}
    return {"topLevelComponentsWithChildren": tops}


def log_lines(lines: Sequence[str], at: Milliseconds) -> dict[str, Any]:
    """Return the lines of a build's or a deploy's log."""
    return {"logs": [{"message": line, "level": "WARN", "timestamp": at} for line in lines]}


def deploy_address(project: Project, deploy_id: int) -> str:
    """Return the path where a deploy's status is read."""
    return f"/dfs/deploy/v1/deploy-status/projects/{quote(project.name)}/deploys/{deploy_id}"


def _subbuild(build: Build, component: Component) -> dict[str, Any]:
    failed = component.built is Outcome.FAILURE
    error = {
        "status": "error",
        "category": "VALIDATION_ERROR",
        "subCategory": "PipelineErrors.INVALID_COMPONENT",
        "message": f"{component.meta_file} is not valid.",
        "errors": [{"message": message} for message in component.errors],
    }
    return {
        "id": _part(build.id, component.uid),
        "buildName": component.uid,
        "buildType": component.type,
        "status": component.built.value,
        "visible": True,
        "rootPath": "",
        "errorMessage": error["message"] if failed else "",
        "standardError": error if failed else None,
        **_times(build.created_at),
    }


def _subdeploy(deploy: Deploy, component: DeployedComponent) -> dict[str, Any]:
    return {
        "id": _part(deploy.id, component.uid),
        "deployName": component.uid,
        "deployType": component.type,
        "action": component.action.value,
        "status": Outcome.SUCCESS.value,
        "visible": True,
        "errorMessage": "",
        "standardError": None,
        **_times(deploy.created_at),
    }


def _part(number: int, uid: str) -> str:
    return f"{number}-{uid}"


def _times(at: Milliseconds) -> dict[str, str]:
    text = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return dict.fromkeys(("createdAt", "enqueuedAt", "startedAt", "finishedAt"), text)
