"""Credentials of an account, told apart by kind: what opens the API does not open SCIM, and the reverse."""

from __future__ import annotations

import base64
import hashlib
import uuid
from dataclasses import dataclass
from enum import StrEnum

REGION = "na1"


class TokenKind(StrEnum):
    """What a credential opens."""

    API = "api"
    """The public API, within its scopes."""
    SCIM = "scim"
    """The account's native SCIM endpoint and nothing else."""
    PERSONAL = "personal"
    """A personal access key: HubSpot's command line trades it for short-lived tokens; it opens no call itself."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a presented token opens: an account, and within it these scopes."""

    portal_id: int
    token_id: str
    kind: TokenKind
    scopes: frozenset[str]


def mint(kind: TokenKind, entropy: bytes) -> str:
    """Return a new credential made from 32 random bytes, in HubSpot's shape (`pat-<region>-<uuid>`).

    The SCIM token carries all 256 bits: it guards the power to end everybody's access.
    """
    if len(entropy) != 32:
        raise ValueError("a credential is made from exactly 32 random bytes")
    if kind is TokenKind.API:
        return f"pat-{REGION}-{uuid.UUID(bytes=entropy[:16], version=4)}"
    text = base64.urlsafe_b64encode(entropy).decode().rstrip("=")
    return f"pat-{REGION}-scim-{text}" if kind is TokenKind.SCIM else f"pak-{REGION}-{text}"


def fingerprint(token: str) -> str:
    """Return what a credential is looked up by: its SHA-256, enough for random text of 122 bits and more."""
    return hashlib.sha256(token.encode()).hexdigest()
