"""What a new account holds before anybody touches it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SetDraft:
    """A permission set to be created."""

    name: str
    paid: bool = False
    super_admin: bool = False
    seat: str | None = None


PERMISSION_SETS = (
    SetDraft("Standard User"),
    SetDraft("Sales User"),
    SetDraft("Manager"),
    SetDraft("Marketing User"),
    SetDraft("Sales Hub Seat", paid=True, seat="Sales Hub"),
    SetDraft("Super Admin", super_admin=True),
)

SEATS = (
    ("Core", "Edit access to everything the account's subscriptions share"),
    ("Sales Hub", "The paid features of Sales Hub"),
    ("Service Hub", "The paid features of Service Hub"),
    ("View-Only", "Read access, free of charge"),
)
"""Kinds of seats and what they are; an account has as many of each as it needs until a number is set."""

TEAMS = ("Sales", "Marketing", "Service", "Operations")

ADMIN_LOCAL_PART = "admin"
