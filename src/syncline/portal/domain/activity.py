"""What an account's logs tell of: one event, shown by the security history and by the audit log.

Source: HubSpot's OpenAPI of account activity; which audit category and action goes with which security type
is not published and is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from syncline.clock import Milliseconds


class Happening(StrEnum):
    """The types of security activity the portal brings about."""

    ADD_USER = "ADD_USER"
    REMOVE_USER = "REMOVE_USER"
    DEACTIVATE_USER = "DEACTIVATE_USER"
    REACTIVATE_USER = "REACTIVATE_USER"
    ADD_ADMIN_USER = "ADD_ADMIN_USER"
    REMOVE_ADMIN_USER = "REMOVE_ADMIN_USER"
    TEAM_ADDED = "TEAM_ADDED"
    TEAM_DELETED = "TEAM_DELETED"
    TEAM_USER_ADDED = "TEAM_USER_ADDED"
    TEAM_USER_DELETED = "TEAM_USER_DELETED"
    ADD_SINGLE_SIGN_ON = "ADD_SINGLE_SIGN_ON"
    REMOVE_SINGLE_SIGN_ON = "REMOVE_SINGLE_SIGN_ON"
    INSTALL_INTEGRATION = "INSTALL_INTEGRATION"
    UNINSTALL_INTEGRATION = "UNINSTALL_INTEGRATION"
    CHANGE_USER = "CHANGE_USER"
    """Known to the audit log only."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One event of an account; the ids of a log only grow."""

    id: int
    type: Happening
    acting_user_id: int | None
    acting_email: str | None
    object_id: str | None
    at: Milliseconds


@dataclass(frozen=True, slots=True)
class Login:
    """A try to sign in at the portal's page."""

    id: int
    user_id: int
    email: str
    succeeded: bool
    address: str | None
    user_agent: str | None
    at: Milliseconds


AUDITED = {
    Happening.ADD_USER: ("USER", "CREATE"),
    Happening.REMOVE_USER: ("USER", "DELETE"),
    Happening.CHANGE_USER: ("USER", "UPDATE"),
    Happening.DEACTIVATE_USER: ("USER", "UPDATE"),
    Happening.REACTIVATE_USER: ("USER", "UPDATE"),
    Happening.ADD_ADMIN_USER: ("USER", "UPDATE"),
    Happening.REMOVE_ADMIN_USER: ("USER", "UPDATE"),
    Happening.TEAM_ADDED: ("TEAM", "CREATE"),
    Happening.TEAM_DELETED: ("TEAM", "DELETE"),
    Happening.TEAM_USER_ADDED: ("TEAM", "UPDATE"),
    Happening.TEAM_USER_DELETED: ("TEAM", "UPDATE"),
    Happening.ADD_SINGLE_SIGN_ON: ("SECURITY", "CREATE"),
    Happening.REMOVE_SINGLE_SIGN_ON: ("SECURITY", "DELETE"),
    Happening.INSTALL_INTEGRATION: ("INTEGRATION", "CREATE"),
    Happening.UNINSTALL_INTEGRATION: ("INTEGRATION", "DELETE"),
}
"""Category and action of each in the audit log; the type itself is the subcategory."""
