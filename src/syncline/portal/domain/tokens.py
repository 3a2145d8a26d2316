"""Credentials of an account, told apart by kind: what opens the API does not open SCIM, and the reverse."""

from __future__ import annotations

import base64
import hashlib
import uuid
from dataclasses import dataclass
from enum import StrEnum

from syncline.clock import Milliseconds

REGION = "na1"


class TokenKind(StrEnum):
    """What a credential opens."""

    API = "api"
    """The public API, within its scopes."""
    SCIM = "scim"
    """The account's native SCIM endpoint and nothing else."""
    PERSONAL = "personal"
    """A personal access key: HubSpot's command line trades it for short-lived tokens; it opens no call itself."""
    DEVELOPER = "developer"
    """Developer projects and the public API for half an hour: what a personal access key is traded for."""
    OAUTH = "oauth"
    """The public API for half an hour, on behalf of an app the account installed."""
    REFRESH = "refresh"
    """The next OAuth access token, until the app is uninstalled or the token revoked."""
    CODE = "code"
    """The first tokens of an installed app, once."""
    CLIENT = "client"
    """What an app does for itself (`client_credentials`): it opens no account."""
    SECRET = "secret"  # noqa: S105
    """An app's client secret."""

    @property
    def ends_with_its_person(self) -> bool:
        """Whether it acts for the person in `user_id`, and ends when that person's access does."""
        return self in (TokenKind.OAUTH, TokenKind.REFRESH, TokenKind.PERSONAL, TokenKind.DEVELOPER)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a presented token opens: an account, and within it these scopes.

    `client_id` is the app of an OAuth token, `user_id` the person on whose behalf it acts.
    """

    portal_id: int
    token_id: str
    kind: TokenKind
    scopes: frozenset[str]
    client_id: str | None = None
    user_id: int | None = None
    expires_at: Milliseconds | None = None

    def expired(self, now: Milliseconds) -> bool:
        """Tell whether the token's time is over."""
        return self.expires_at is not None and self.expires_at <= now


def mint(kind: TokenKind, entropy: bytes) -> str:
    """Return a new credential made from 32 random bytes, in HubSpot's shape (`pat-<region>-<uuid>`).

    The SCIM token carries all 256 bits: it guards the power to end everybody's access.
    """
    if len(entropy) != 32:
        raise ValueError("a credential is made from exactly 32 random bytes")
    text = base64.urlsafe_b64encode(entropy).decode().rstrip("=")
    return _SHAPES[kind].format(region=REGION, uuid=uuid.UUID(bytes=entropy[:16], version=4), text=text)


_SHAPES = {
    TokenKind.API: "pat-{region}-{uuid}",
    TokenKind.SCIM: "pat-{region}-scim-{text}",
    TokenKind.PERSONAL: "pak-{region}-{text}",
    TokenKind.DEVELOPER: "cli-{region}-{text}",
    TokenKind.OAUTH: "oat-{region}-{text}",
    TokenKind.REFRESH: "{region}-{uuid}",
    TokenKind.CODE: "{region}-code-{text}",
    TokenKind.CLIENT: "cct-{region}-{text}",
    TokenKind.SECRET: "{uuid}",
}


def fingerprint(token: str) -> str:
    """Return what a credential is looked up by: its SHA-256, enough for random text of 122 bits and more."""
    return hashlib.sha256(token.encode()).hexdigest()
