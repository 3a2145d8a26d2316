"""Tokens, API keys and one-time links: `<kind>_<id>_<secret>`, a form secret scanners can recognise.

SCIM tokens begin with `syncline`, keys to the admin API with `synclinekey`, one-time links with `synclinelink`.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import Final

from syncline.clock import Milliseconds

TOKEN_PATTERN: Final = r"syncline_[a-z2-7]{10}_[A-Za-z0-9_-]{43}"  # noqa: S105 - the shape of a token, not a token
"""For secret scanners and for redaction; match it anywhere in a text."""
REFUSED: Final = "This bearer token is unknown, revoked or expired."
"""What whoever sends one that opens nothing is told: not which of these it is."""
RANDOM_BYTES: Final = 39
"""What `mint` needs: 7 for the public id (50 bits of it are used), 32 for the secret (256 bits)."""

API_KEY: Final = "synclinekey"
LINK: Final = "synclinelink"
SCIM: Final = "syncline"

_SHAPES: Final = {
    kind: re.compile(TOKEN_PATTERN.replace("syncline", kind, 1)) for kind in (SCIM, API_KEY, LINK)
}
_ID_LENGTH: Final = 10


@dataclass(frozen=True, slots=True)
class Minted:
    """A whole credential. Only its id is stored and shown again; the secret is kept as a keyed hash."""

    id: str
    secret: str = field(repr=False)
    kind: str = SCIM

    @property
    def text(self) -> str:
        """The credential as it is given away, once."""
        return f"{self.kind}_{self.id}_{self.secret}"


def mint(randomness: bytes, kind: str = SCIM) -> Minted:
    """Make a credential out of exactly `RANDOM_BYTES` random bytes; ValueError for any other number."""
    if len(randomness) != RANDOM_BYTES:
        raise ValueError(f"A token needs {RANDOM_BYTES} random bytes, not {len(randomness)}.")
    public = base64.b32encode(randomness[:7]).decode("ascii").lower()[:_ID_LENGTH]
    secret = base64.urlsafe_b64encode(randomness[7:]).decode("ascii").rstrip("=")
    return Minted(public, secret, kind)


def public_id(text: str, kind: str = SCIM) -> str | None:
    """Return the id of a credential of that kind, or None for anything that does not have its exact form."""
    if not _SHAPES[kind].fullmatch(text):
        return None
    start = len(kind) + 1
    return text[start : start + _ID_LENGTH]


def is_alive(*, expires_at: Milliseconds | None, revoked_at: Milliseconds | None, now: Milliseconds) -> bool:
    """Tell whether a token opens anything now: not revoked, and before the moment it expires."""
    return revoked_at is None and (expires_at is None or now < expires_at)
