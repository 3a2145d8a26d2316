"""Asking a person at HubSpot for a grant: the address to send him to, and what becomes of the asking.

One asking is under way per tenant; a new one takes the place of the last. Its `state` is a secret of 256 bits that
comes back with the answer (RFC 6749 §10.12), works once, and stops working after fifteen minutes. The code is bound to
us by PKCE besides (RFC 7636): HubSpot's token endpoint takes a `code_verifier`; whether it insists is not documented.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import quote, urlencode

from syncline.clock import Milliseconds
from syncline.gateway.domain.tenant import TenantId

LIFE: Final[Milliseconds] = 15 * 60_000
"""How long somebody may take to sign in at HubSpot and to agree."""
STATE_BYTES: Final = 32
LONGEST_CODE: Final = 2_000

_STATE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_ERROR: Final = re.compile(r"[a-z_]{1,50}")


class AuthorizationState(StrEnum):
    """How far an asking has got."""

    WAITING = "waiting"
    CONNECTED = "connected"
    FAILED = "failed"
    EXPIRED = "expired"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """One asking for a grant. Its secrets are gone once it was answered."""

    id: str
    tenant_id: TenantId
    base_url: str
    redirect_uri: str
    client_id: str
    client_secret: str | None = field(repr=False)
    code_verifier: str = field(repr=False)
    begun_at: Milliseconds
    begun_by: str
    expires_at: Milliseconds
    outcome: AuthorizationState | None = None
    sentence: str = ""

    def state_at(self, now: Milliseconds) -> AuthorizationState:
        """Return how far it has got by now."""
        if self.outcome is not None:
            return self.outcome
        return AuthorizationState.WAITING if now < self.expires_at else AuthorizationState.EXPIRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back to the callback address: the state, with either a code or an error."""

    state: str = field(repr=False)
    code: str | None = field(repr=False)
    error: str | None


def read_reply(parameters: Sequence[tuple[str, str]]) -> Reply | None:
    """Read the query of the callback; None unless it has the form of an answer, each parameter once."""
    values = dict(parameters)
    if len(values) != len(parameters) or not _STATE.fullmatch(values.get("state", "")):
        return None
    code, error = values.get("code"), values.get("error")
    if code is not None and not (0 < len(code) <= LONGEST_CODE and code.isascii() and code.isprintable()):
        return None
    if (code is None) == (error is None):
        return None
    if error is not None and not _ERROR.fullmatch(error):
        error = "unknown"
    return Reply(state=values["state"], code=code, error=error)


def authorize_address(
    authorize_url: str,
    *,
    portal_id: int | None,
    client_id: str,
    redirect_uri: str,
    required: Sequence[str],
    optional: Sequence[str],
    state: str,
    code_verifier: str,
) -> str:
    """Return the address a super admin opens; with `portal_id` HubSpot offers no other account."""
    account = "" if portal_id is None else f"/{portal_id}"
    query = {
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(required),
        "optional_scope": " ".join(optional),
        "state": state,
        "code_challenge": challenge(code_verifier),
        "code_challenge_method": "S256",
    }
    sent = urlencode({name: value for name, value in query.items() if value}, quote_via=quote)
    return f"{authorize_url}/oauth{account}/authorize?{sent}"


def challenge(code_verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636 §4.2)."""
    digest = hashlib.sha256(code_verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")
