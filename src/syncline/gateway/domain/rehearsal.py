"""A rehearsal of a whole directory: what may be played, and for whom; never where a real HubSpot would be reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self
from urllib.parse import urlsplit

from syncline.gateway.domain.errors import Invalid

MOST_PEOPLE: Final = 200
_HUBSPOT: Final = ("hubapi.com", "hubspot.com")


class Provider(StrEnum):
    """The identity providers that can be played, as `syncline rehearse` names them."""

    ENTRA = "entra"
    OKTA = "okta"
    GOOGLE = "google"


NAMES: Final = {
    Provider.ENTRA: "Microsoft Entra ID",
    Provider.OKTA: "Okta",
    Provider.GOOGLE: "Google Workspace",
}


@dataclass(frozen=True, slots=True)
class Script:
    """What is played: a provider, and the number of people it has in scope."""

    provider: Provider
    people: int

    @classmethod
    def read(cls, provider: str, people: str) -> Self:
        """Return the script somebody wrote down; raises `Invalid`."""
        if provider not in list(Provider):
            raise Invalid(f"An identity provider is one of {', '.join(Provider)}.")
        plain = people.isascii() and people.isdecimal() and len(people) <= len(str(MOST_PEOPLE))
        if not plain or not 1 <= int(people) <= MOST_PEOPLE:
            raise Invalid(f"Give a number of people from 1 to {MOST_PEOPLE}.")
        return cls(Provider(provider), int(people))


def is_hubspot(addresses: Sequence[str]) -> bool:
    """Tell whether one of the addresses of a connection is HubSpot's own, and none of a portal."""
    hosts = [(urlsplit(each).hostname or "").rstrip(".") for each in addresses]
    return any(host == name or host.endswith(f".{name}") for host in hosts for name in _HUBSPOT)


def why_not(tenant: str, addresses: Sequence[str]) -> str | None:
    """Return why a tenant with these addresses in its connection is not rehearsed with; None where it may be."""
    if not addresses:
        return f"{tenant} is not connected to anything. Connect it to a portal first."
    if is_hubspot(addresses):
        return f"{tenant} is connected to a real HubSpot account. Rehearse with a tenant that is connected to a portal."
    return None
