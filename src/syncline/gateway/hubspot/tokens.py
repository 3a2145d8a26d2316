"""Where the bearer token of a channel comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from syncline.gateway.domain.errors import Invalid


class TokenSource(Protocol):
    """Gives the token for the next call."""

    async def token(self) -> str:
        """Return a token that lives at least as long as a call may take; raises `Refusal` when none can be had."""
        ...

    def refused(self, token: str) -> None:
        """Hear that HubSpot did not accept a token it was sent."""
        ...


@dataclass(frozen=True, slots=True)
class StaticTokens:
    """The one token of an app, a service key or the SCIM channel. Raises `Invalid` for one that no header can carry."""

    value: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.value or not all("!" <= character <= "~" for character in self.value):
            raise Invalid("An access token is printable ASCII without spaces; copy it again.")

    async def token(self) -> str:
        """Return it; whether HubSpot still accepts it shows when it is used."""
        return self.value

    def refused(self, token: str) -> None:
        """Stay the same: there is no other one."""
