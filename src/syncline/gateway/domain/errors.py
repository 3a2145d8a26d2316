"""What the gateway refuses to do, each with a sentence that says the fix."""

from __future__ import annotations

from typing import ClassVar


class DomainError(Exception):
    """A request that cannot be carried out; the message is written for the person who asked."""

    kind: ClassVar[str] = "invalid"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(DomainError):
    """What was named does not exist."""

    kind = "not_found"


class Conflict(DomainError):
    """Something else already has that name, address or account."""

    kind = "conflict"


class Invalid(DomainError):
    """The argument does not mean anything here."""

    kind = "invalid"


class Refused(DomainError):
    """Understood, and not allowed in the present state; the message says what would allow it."""

    kind = "refused"


class Unavailable(DomainError):
    """HubSpot, the store or the running server cannot be reached now; trying again later may work."""

    kind = "unavailable"
