"""E-mail addresses as HubSpot's identities use them: any case, one person."""

from __future__ import annotations

import re

from syncline.scim.names import comparison_key

_SHAPE = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f.]+(\.[^@\s\x00-\x1f\x7f.]+)+")


def is_email(text: str) -> bool:
    """Tell whether this can be an address: one @, a local part, a domain with a dot, at most 254 characters."""
    return len(text) <= 254 and _SHAPE.fullmatch(text) is not None


def email_key(text: str) -> str:
    """Return what two spellings of one address have in common."""
    return comparison_key(text)


def domain_of(email: str) -> str:
    """Return the domain in the form in which domains are compared."""
    return domain_key(email.rpartition("@")[2])


def domain_key(domain: str) -> str:
    """Return what two spellings of one domain have in common: as the DNS has it, letters of other scripts encoded."""
    key = comparison_key(domain)
    try:
        return key.encode("idna").decode()
    except UnicodeError:
        return key
