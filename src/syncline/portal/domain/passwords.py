"""Passwords for the portal's sign-in page: kept as salted scrypt hashes only.

Hashing takes some 50 ms on purpose: keep it off the event loop.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

_COST, _BLOCK, _LANES = 2**14, 8, 1
SHORTEST, LONGEST = 8, 200


def check_password(text: str) -> str:
    """Return a password that may be set; `ValueError` says what one looks like."""
    if not SHORTEST <= len(text) <= LONGEST or not text.isprintable():
        raise ValueError(f"a password has {SHORTEST} to {LONGEST} printable characters")
    return text


def hashed(password: str, salt: bytes) -> str:
    """Return what to keep of a password; `salt` is 16 random bytes."""
    digest = hashlib.scrypt(password.encode(), salt=salt, n=_COST, r=_BLOCK, p=_LANES)
    return f"scrypt${_text(salt)}${_text(digest)}"


def matches(kept: str | None, password: str) -> bool:
    """Tell whether this is the password; somebody without one costs the same time and never matches."""
    _, salt, digest = (kept or _NOBODY).split("$")
    same = hmac.compare_digest(hashed(password, base64.b64decode(salt)).encode(), (kept or _NOBODY).encode())
    return same and kept is not None and bool(digest)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


_NOBODY = f"scrypt${_text(bytes(16))}${_text(bytes(64))}"
