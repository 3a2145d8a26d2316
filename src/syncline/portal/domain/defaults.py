"""What a new account holds before anybody touches it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SetDraft:
    """A permission set to be created."""

    name: str
    paid: bool = False
    super_admin: bool = False


PERMISSION_SETS = (
    SetDraft("Standard User"),
    SetDraft("Sales User"),
    SetDraft("Manager"),
    SetDraft("Marketing User"),
    SetDraft("Sales Hub Seat", paid=True),
    SetDraft("Super Admin", super_admin=True),
)

TEAMS = ("Sales", "Marketing", "Service", "Operations")

ADMIN_LOCAL_PART = "admin"
