"""What an account has to say to a project: its one SCIM app, distinct apps, SCIM's prerequisites."""

from __future__ import annotations

from collections.abc import Iterable

from syncline.portal.domain.account import SetUp
from syncline.portal.domain.errors import ValidationError
from syncline.portal.domain.project import Component, ComponentType, Project, ProjectApp, ScimApp
from syncline.portal.domain.project_components import role_sync_of


def check_upload(
    project: Project,
    components: Iterable[Component],
    setup: SetUp,
    apps: Iterable[ProjectApp],
    scim_app: tuple[ScimApp, str] | None,
) -> None:
    """Raise `ValidationError` when the account cannot take these components of a project.

    `apps` are those of all projects of the account; `scim_app` is the account's, with its project's name.
    """
    for component in components:
        if component.type == ComponentType.SCIM:
            _check_scim(project, setup, scim_app)
        for app in apps:
            if (
                component.type == ComponentType.APP
                and app.project_id != project.id
                and app.uid == component.uid
            ):
                raise _refused(
                    f"The uid {component.uid} is taken by an app of another project of this account; "
                    "choose another one.",
                    "APP_UID_TAKEN",
                )


def one_scim_app(owner: str) -> str:
    """Return what to tell somebody who brings a second SCIM app; `owner` is the project that has the first."""
    return (
        "There is a limit of one SCIM app in a HubSpot account, and the project "
        f"{owner} of this account has it. Change that project, or delete it first."
    )


def deploy_warnings(components: Iterable[Component], setup: SetUp) -> tuple[str, ...]:
    """Return what still keeps a deployed SCIM app from working in this account, one sentence each."""
    scim = next((one for one in components if one.type == ComponentType.SCIM), None)
    if scim is None:
        return ()
    found = []
    if not setup.account.sso:
        found.append(
            "SCIM needs single sign-on, which is off in this account. Turn it on before you install."
        )
    if not setup.domains:
        found.append("No domain is verified yet: add one on the SCIM component's page before users come.")
    if role_sync_of(scim) and not setup.account.role_sync:
        found.append(
            "roleSyncEnabled is true, but permission set management is off in this account: roles are synced "
            "once both are on."
        )
    return tuple(found)


def _check_scim(project: Project, setup: SetUp, scim_app: tuple[ScimApp, str] | None) -> None:
    account = setup.account
    if not account.tier.allows_scim:
        raise _refused(
            f"SCIM needs a HubSpot Professional or Enterprise account; this one is {account.tier.title()}.",
            "SCIM_NOT_IN_TIER",
        )
    if scim_app is not None and scim_app[0].project_id != project.id:
        raise _refused(one_scim_app(scim_app[1]), "SCIM_APP_LIMIT")


def _refused(message: str, code: str) -> ValidationError:
    return ValidationError(message, sub_category=f"ProjectErrors.{code}")
