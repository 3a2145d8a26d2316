"""Uploading a project: a build, and by default its deploy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from syncline.clock import Milliseconds
from syncline.portal.domain.project import Build, Component, ComponentType, Outcome
from syncline.portal.domain.project_components import boilerplate_warnings
from syncline.portal.domain.project_rules import check_upload
from syncline.portal.store.commands.deploys import deploy_build
from syncline.portal.store.people import set_up, set_up_needs
from syncline.portal.store.project_rows import (
    build_row,
    find_project,
    project_apps,
    project_needs,
    scim_app,
)
from syncline.portal.store.tables import archives, builds, projects, scim_apps
from syncline.sql.rows import Need, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """Build what was uploaded into a project, deploy it unless told not to, and return the build.

    A component that cannot be built makes a failed build, which is kept and has no effect. `ObjectNotFound`
    without such a project; `ValidationError`, and nothing is kept, when the account cannot take it
    (`check_upload`).
    """

    portal_id: int
    name: str
    platform_version: str
    message: str
    components: tuple[Component, ...]
    archive: bytes
    auto_deploy: bool
    user_id: int | None
    now: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return [*set_up_needs(self.portal_id), *project_needs(self.portal_id, self.name)]

    def apply(self, rows: Rows) -> Build:
        project = find_project(rows, self.portal_id, self.name)
        setup = set_up(rows, self.portal_id)
        claim = scim_app(rows, self.portal_id)
        check_upload(project, self.components, setup, project_apps(rows, self.portal_id), claim)
        build = Build(
            portal_id=self.portal_id,
            project_id=project.id,
            id=project.last_build_id + 1,
            platform_version=self.platform_version,
            message=self.message,
            components=self.components,
            warnings=boilerplate_warnings(self.components),
            auto_deploy=self.auto_deploy,
            user_id=self.user_id,
            created_at=self.now,
        )
        key = {"portal_id": self.portal_id, "project_id": project.id}
        rows.insert(archives, {**key, "build_id": build.id, "content": self.archive})
        rows.update(projects, (self.portal_id, project.id), last_build_id=build.id, updated_at=self.now)
        if build.outcome is Outcome.SUCCESS:
            scim = build.component(ComponentType.SCIM)
            if scim is not None and claim is None:
                rows.insert(scim_apps, {**key, "uid": scim.uid, "role_sync": None})
            if self.auto_deploy:
                deploy = deploy_build(rows, setup, project, build, user_id=self.user_id, now=self.now)
                build = replace(build, deploy_id=deploy.id)
        rows.insert(builds, build_row(build))
        return build
