"""SCIM tokens: `syncline_<id>_<secret>`, a form secret scanners can recognise."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import Final

from syncline.clock import Milliseconds

TOKEN_PATTERN: Final = r"syncline_[a-z2-7]{10}_[A-Za-z0-9_-]{43}"  # noqa: S105 - the shape of a token, not a token
"""For secret scanners and for redaction; match it anywhere in a text."""
RANDOM_BYTES: Final = 39
"""What `mint` needs: 7 for the public id (50 bits of it are used), 32 for the secret (256 bits)."""

_TOKEN = re.compile(TOKEN_PATTERN)
_PREFIX: Final = len("syncline_")
_ID_LENGTH: Final = 10
_LENGTH: Final = _PREFIX + _ID_LENGTH + 1 + 43


@dataclass(frozen=True, slots=True)
class ScimToken:
    """A whole token. Only its id is stored and shown again; the secret is kept as a keyed hash."""

    id: str
    secret: str = field(repr=False)

    @property
    def text(self) -> str:
        """The token as the identity provider is given it, once."""
        return f"syncline_{self.id}_{self.secret}"


def mint(randomness: bytes) -> ScimToken:
    """Make a token out of exactly `RANDOM_BYTES` random bytes; ValueError for any other number."""
    if len(randomness) != RANDOM_BYTES:
        raise ValueError(f"A token needs {RANDOM_BYTES} random bytes, not {len(randomness)}.")
    public = base64.b32encode(randomness[:7]).decode("ascii").lower()[:_ID_LENGTH]
    secret = base64.urlsafe_b64encode(randomness[7:]).decode("ascii").rstrip("=")
    return ScimToken(public, secret)


def parse(text: str) -> ScimToken | None:
    """Return the token, or None for anything that does not have its exact form."""
    if len(text) != _LENGTH or not _TOKEN.fullmatch(text):
        return None
    return ScimToken(text[_PREFIX : _PREFIX + _ID_LENGTH], text[_PREFIX + _ID_LENGTH + 1 :])


def is_alive(*, expires_at: Milliseconds | None, revoked_at: Milliseconds | None, now: Milliseconds) -> bool:
    """Tell whether a token opens anything now: not revoked, and before the moment it expires."""
    return revoked_at is None and (expires_at is None or now < expires_at)
