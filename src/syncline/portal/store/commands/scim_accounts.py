"""Opening an account with its SCIM app installed: all that the guide has one do, in one step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syncline.portal.domain.account import Account
from syncline.portal.domain.project import Component
from syncline.portal.store.commands.accounts import OpenAccount
from syncline.portal.store.commands.builds import Upload
from syncline.portal.store.commands.projects import CreateProject
from syncline.portal.store.commands.static_apps import InstallProjectApp
from syncline.portal.store.project_rows import project_apps
from syncline.portal.store.tables import account_users
from syncline.sql.rows import Need, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenScimAccount:
    """Open an account, then make a project in it, upload, deploy and install it, as its super admin would.

    Errors of each step; then there is no account either.
    """

    account: OpenAccount
    project: str
    platform_version: str
    components: tuple[Component, ...]
    archive: bytes
    token: str
    sealed: str

    def prefetch(self) -> Iterable[Need]:
        return self.account.prefetch()

    def apply(self, rows: Rows) -> Account:
        opened = self.account.apply(rows)
        (admin,) = rows.find(account_users, portal_id=opened.portal_id, super_admin=True)
        user_id, now = admin["user_id"], opened.created_at
        CreateProject(portal_id=opened.portal_id, name=self.project, now=now).apply(rows)
        Upload(
            portal_id=opened.portal_id,
            name=self.project,
            platform_version=self.platform_version,
            message="",
            components=self.components,
            archive=self.archive,
            auto_deploy=True,
            user_id=user_id,
            now=now,
        ).apply(rows)
        (app,) = project_apps(rows, opened.portal_id)
        InstallProjectApp(
            portal_id=opened.portal_id,
            app_id=app.app_id,
            token=self.token,
            sealed=self.sealed,
            user_id=user_id,
            now=now,
        ).apply(rows)
        return opened
