"""A person as the decisions see him: what the identity provider says, read once from the SCIM user."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from msgspec import Struct

from syncline.gateway.domain.tenant import EmailSource
from syncline.scim.names import comparison_key
from syncline.scim.resource import Resource

MAX_EMAIL: Final = 254
"""RFC 5321 §4.5.3.1.3 leaves 254 characters for an address."""

_EMAIL = re.compile(
    r"[^\s@<>(),;:\\\"\[\]\x00-\x1f\x7f]{1,64}@[^\s@<>(),;:\\\"\[\]\x00-\x1f\x7f]+\.[^\s@<>(),;:\\\"\[\].]+"
)
_SOFT_DELETED = re.compile(r"[0-9a-f]{32}[^@]+@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GroupRef:
    """A group the person is a direct member of."""

    id: str
    display_name: str


class EmailChoice(Struct, frozen=True):
    """The address a person should have at HubSpot, or why there is none."""

    email: str | None
    problem: str | None = None
    mangled: bool = False
    """True for Entra's soft-delete form `<32 hex>user@…`, which names nobody."""


class Person(Struct, frozen=True, kw_only=True):
    """One SCIM user, read for the decisions. Absent names and roles mean the client sent none."""

    id: str
    user_name: str
    email: str | None = None
    email_problem: str | None = None
    """Why there is no address; None when there is one."""
    given_name: str | None = None
    family_name: str | None = None
    active: bool = True
    roles: tuple[str, ...] = ()
    groups: tuple[GroupRef, ...] = ()
    resource: Resource


def person_from(
    user_id: str, resource: Resource, groups: Iterable[GroupRef], email_source: EmailSource
) -> Person:
    """Read a canonical SCIM user. A user without `active` is active (RFC 7643 §4.1.1)."""
    name = resource.get("name")
    parts = name if isinstance(name, Mapping) else {}
    choice = choose_email(resource, email_source)
    return Person(
        id=user_id,
        user_name=resource["userName"],
        email=choice.email,
        email_problem=choice.problem,
        given_name=text_of(parts.get("givenName")),
        family_name=text_of(parts.get("familyName")),
        active=resource.get("active", True) is not False,
        roles=role_values(resource.get("roles")),
        groups=tuple(groups),
        resource=resource,
    )


def choose_email(resource: Resource, source: EmailSource) -> EmailChoice:
    """Return the address HubSpot should have for this SCIM user, or the reason why none will do."""
    if source is EmailSource.USER_NAME:
        candidate, name = text_of(resource.get("userName")), "The userName"
    else:
        candidate, name = work_value(resource.get("emails")), "The work e-mail"
    if candidate is None:
        return EmailChoice(None, f"{name} is missing.")
    if _SOFT_DELETED.match(candidate):
        return EmailChoice(
            None, f"{name} {candidate!r} is the form Entra gives to a soft-deleted user.", mangled=True
        )
    if len(candidate) > MAX_EMAIL or not _EMAIL.fullmatch(candidate):
        return EmailChoice(None, f"{name} {candidate[:80]!r} is not an e-mail address.")
    if _passes_for_another(candidate):
        return EmailChoice(None, f"{name} {candidate!r} is written with letters that pass for others.")
    return EmailChoice(candidate)


def email_key(email: str) -> str:
    """Return the form in which addresses are compared: the same string preparation as for userName."""
    return comparison_key(email)


def email_domain(email: str) -> str:
    """Return the part after the @, in the form in which addresses are compared."""
    return email_key(email).rpartition("@")[2]


def _passes_for_another(email: str) -> bool:
    """Tell whether the address would be compared as one that is spelled differently: somebody else's.

    Accounts were taken over through such addresses (Django CVE-2019-19844).
    """
    if email.isascii():
        return False
    return unicodedata.normalize("NFKC", email) != email or email_key(email).isascii()


def work_value(values: Any) -> str | None:
    """Return the value of type work; of several, the primary one. Another type is never guessed at."""
    entries = [entry for entry in values or () if isinstance(entry, Mapping)]
    work = [entry for entry in entries if str(entry.get("type", "")).lower() == "work"]
    chosen = next((entry for entry in work if entry.get("primary") is True), work[0] if work else None)
    return text_of(chosen.get("value")) if chosen is not None else None


def role_values(roles: Any) -> tuple[str, ...]:
    """Return the values of a user's `roles`, each once, in the client's order."""
    values = [entry.get("value") if isinstance(entry, dict) else entry for entry in roles or ()]
    return tuple(dict.fromkeys([value for value in values if isinstance(value, str) and value]))


def text_of(value: Any) -> str | None:
    """Return the text without spaces around it, None for anything empty."""
    return (value.strip() or None) if isinstance(value, str) else None
