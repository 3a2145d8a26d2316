"""Making credentials of an account, and showing again the few that HubSpot shows again."""

from __future__ import annotations

import secrets

from syncline.portal.domain.errors import SetupError
from syncline.portal.domain.tokens import TokenKind, fingerprint, mint
from syncline.sql.errors import SealBroken
from syncline.sql.sealing import Sealer

_PLACE = "portal token"


def new_credential(kind: TokenKind) -> str:
    """Return a new random credential of that kind."""
    return mint(kind, secrets.token_bytes(32))


def seal_token(sealer: Sealer, text: str) -> str:
    """Return a credential sealed, bound to its own fingerprint."""
    return sealer.seal(text, _PLACE, fingerprint(text))


def open_token(sealer: Sealer, token_id: str, sealed: str) -> str:
    """Return the sealed credential of that fingerprint; `SetupError` when the key is not the one that sealed it."""
    try:
        return sealer.open(sealed, _PLACE, token_id)
    except SealBroken:
        raise SetupError(
            "The token was sealed with another portal.key than the one in the data folder; rotate it."
        ) from None
