"""Developer projects: what is uploaded, what a build makes of it, what a deploy puts to work.

HubSpot's words throughout. A project holds components; an upload is a build, numbered within its project; a
build that succeeded can be deployed; what is deployed is what counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from syncline.clock import Milliseconds
from syncline.portal.domain.errors import SetupError

PLATFORM_VERSIONS = ("2025.2", "2026.03-beta", "2026.03", "2026.09-beta")
"""The versions HubSpot's command line creates projects for; their app and scim components are the same."""

LONGEST_UID = 64
LONGEST_NAME = 80
_UID = re.compile(r"[a-zA-Z0-9_.-]+")
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_. -]*")


class ComponentType(StrEnum):
    """The kinds of components the portal builds, by the names HubSpot gives them inside."""

    APP = "APPLICATION"
    SCIM = "SCIM_INTEGRATION"

    @property
    def in_files(self) -> str:
        """The name of the type in a component's own file."""
        return {"APPLICATION": "app", "SCIM_INTEGRATION": "scim"}[self.value]


class Outcome(StrEnum):
    """How a build or a deploy ended. The portal ends them before it answers."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"


class Action(StrEnum):
    """What a deploy did with a component."""

    INSTALL = "INSTALL"
    UPDATE = "UPDATE"
    REMOVE = "REMOVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A component of a build; with `errors` it could not be built."""

    uid: str
    type: str
    config: Mapping[str, Any]
    meta_file: str
    errors: tuple[str, ...] = ()

    @property
    def built(self) -> Outcome:
        """How its part of the build ended."""
        return Outcome.FAILURE if self.errors else Outcome.SUCCESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project of an account."""

    portal_id: int
    id: int
    name: str
    created_at: Milliseconds
    updated_at: Milliseconds
    deployed_build_id: int | None = None
    last_build_id: int = 0
    last_deploy_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """One upload. `deploy_id` is the deploy it began by itself, 0 when it did not."""

    portal_id: int
    project_id: int
    id: int
    platform_version: str
    message: str
    components: tuple[Component, ...]
    warnings: tuple[str, ...] = ()
    auto_deploy: bool = True
    deploy_id: int = 0
    user_id: int | None = None
    created_at: Milliseconds = 0

    @property
    def outcome(self) -> Outcome:
        """How the build ended: it fails with any of its components."""
        failed = any(component.errors for component in self.components)
        return Outcome.FAILURE if failed else Outcome.SUCCESS

    def component(self, kind: ComponentType) -> Component | None:
        """Return the component of that type; a build has one of each at most."""
        return next((one for one in self.components if one.type == kind), None)


@dataclass(frozen=True, slots=True)
class DeployedComponent:
    """What a deploy did with one component."""

    uid: str
    type: str
    action: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploy:
    """A build put to work; without a build, the removal of everything that was."""

    portal_id: int
    project_id: int
    id: int
    build_id: int | None
    components: tuple[DeployedComponent, ...]
    logs: tuple[str, ...] = ()
    user_id: int | None = None
    created_at: Milliseconds = 0

    @property
    def outcome(self) -> Outcome:
        """How it ended: what cannot be deployed is refused before."""
        return Outcome.SUCCESS


@dataclass(frozen=True, slots=True, kw_only=True)
class ScimApp:
    """The account's one SCIM app, claimed by the first project that is built with a scim component.

    `role_sync` is its `roleSyncEnabled` as deployed, None until then.
    """

    portal_id: int
    project_id: int
    uid: str
    role_sync: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectApp:
    """The app of a deployed project, and since when the account has it installed, if it has."""

    portal_id: int
    project_id: int
    app_id: int
    client_id: str
    uid: str
    name: str
    scopes: tuple[str, ...]
    created_at: Milliseconds = 0
    installed_at: Milliseconds | None = None
    installed_scopes: tuple[str, ...] = field(default=())

    @property
    def up_to_date(self) -> bool:
        """Whether it is installed with just the scopes it now asks for."""
        return self.installed_at is not None and set(self.installed_scopes) == set(self.scopes)


def wrong_name(name: str) -> str | None:
    """Return what is wrong with a project's name, None for a good one."""
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        return (
            f"A project's name is 1 to {LONGEST_NAME} letters, digits, blanks, dots, hyphens and underscores, "
            f"and begins with a letter or digit; {name[:LONGEST_NAME]!r} is not."
        )
    return None


def wrong_uid(uid: str) -> str | None:
    """Return what is wrong with a component's uid, None for a good one."""
    if len(uid) > LONGEST_UID or not _UID.fullmatch(uid):
        return (
            f"A uid is 1 to {LONGEST_UID} letters, digits, hyphens, underscores and dots; "
            f"{uid[:LONGEST_UID]!r} is not."
        )
    return None


class DeployBlocked(SetupError):
    """A build that cannot be put to work: which component stands in the way, and why."""

    def __init__(self, uid: str, kind: str, message: str) -> None:
        super().__init__(message)
        self.uid = uid
        self.type = kind
        self.message = message
