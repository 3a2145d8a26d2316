"""What the gateway refuses to do, each with a sentence that says the fix."""

from __future__ import annotations

from typing import ClassVar, Self

from syncline.gateway.domain.remedies import Remedy


class DomainError(Exception):
    """A request that cannot be carried out; the message is written for the person who asked.

    `cause` says what is the matter; `remedy`, where something of ours is to be done, what helps.
    """

    kind: ClassVar[str] = "invalid"

    def __init__(self, cause: str, remedy: Remedy | None = None) -> None:
        self.cause = cause
        self.remedy = remedy
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """Cause and remedy as the command line says them."""
        return self.cause if self.remedy is None else f"{self.cause} {self.remedy.in_commands}"

    def at(self, place: str) -> Self:
        """Return the same, said of a place in what was sent."""
        return type(self)(f"{place}: {self.cause}", self.remedy)


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
