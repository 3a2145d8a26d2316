"""Credentials of the API channel: a static token, or what a person at HubSpot granted us by OAuth.

Source: facts of HubSpot's OAuth guide (2026-03): an access token lives `expires_in` seconds (1,800), the refresh token
until it is revoked or the app uninstalled. A 401 is no signal to renew: the stored lifetime is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from syncline.clock import Milliseconds

RENEW_AFTER_PERCENT: Final = 80
"""How much of its life an access token is used for before it is renewed: six minutes are left to retry in."""
LEAST_LEFT: Final[Milliseconds] = 30_000
"""A token with less life than the longest call is not begun a call with."""

RECONNECT_NEEDED: Final = "RECONNECT_NEEDED"
"""The trouble of a connection whose grant HubSpot has ended: only a person can grant anew."""


@dataclass(frozen=True, slots=True)
class StaticToken:
    """An app's static token or a service key: it does not expire and belongs to no person."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """The app at HubSpot in whose name grants are asked for."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    """An access token with its lifetime, and the refresh token that gets the next one.

    `obtained_at` is the moment before the request left, so that the life counted is never longer than HubSpot's.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    obtained_at: Milliseconds
    expires_at: Milliseconds

    @property
    def renew_at(self) -> Milliseconds:
        """The moment from which on the access token is renewed."""
        return self.obtained_at + (self.expires_at - self.obtained_at) * RENEW_AFTER_PERCENT // 100

    def is_usable(self, now: Milliseconds) -> bool:
        """Tell whether a call may still be begun with the access token."""
        return now < self.expires_at - LEAST_LEFT


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthGrant:
    """What a person granted for one account.

    `grant_id` tells this grant from an earlier or later one of the same tenant; it stays while tokens are renewed.
    `client_secret` is None when the app is the one of this server's settings. `holder` is the e-mail of the person,
    None when HubSpot did not say. An `ended` grant is never tried again.
    """

    grant_id: str
    client_id: str
    client_secret: str | None = field(repr=False)
    tokens: TokenPair
    scopes: tuple[str, ...]
    holder: str | None
    holder_id: str | None
    ended: bool = False

    def app(self, own: OAuthApp | None) -> OAuthApp | None:
        """Return the app this grant belongs to; None when its secret is known neither here nor as this server's own."""
        if self.client_secret is not None:
            return OAuthApp(self.client_id, self.client_secret)
        return own if own is not None and own.client_id == self.client_id else None


Credential = StaticToken | OAuthGrant
