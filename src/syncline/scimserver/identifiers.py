"""Identifiers that nobody else has made, in the order of their making.

Rows that are made one after the other then lie next to one another in every index that holds the identifier; with
wholly random ones each row would touch pages of its own, which is what most of the price of a write would be.
"""

from __future__ import annotations

import os
import random
import re

from syncline.clock import Milliseconds

_FIXED = (0x7 << 76) | (0b10 << 62)
"""The version and the variant, in their places."""
_RANDOM = ((1 << 80) - 1) & ~((0xF << 76) | (0b11 << 62))
"""The places of the random bits."""

_FORM = re.compile(r"[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}")

_random = random.Random()  # noqa: S311 - it has to be new, not secret, and asking the system lets go of the GIL
os.register_at_fork(after_in_child=_random.seed)


def made_at(identifier: str) -> Milliseconds | None:
    """Return when such a UUID was made, without or with hyphens; None for any other text."""
    digits = identifier.replace("-", "")
    if _FORM.fullmatch(digits) is None:
        return None
    return int(digits[:12], 16)


def time_ordered(at: Milliseconds) -> str:
    """Return a UUID of version 7 (RFC 9562 §5.7) as text: the moment, then 74 random bits."""
    digits = time_ordered_text(at)
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def time_ordered_text(at: Milliseconds) -> str:
    """Return such a UUID as 32 hexadecimal digits, without hyphens."""
    return (at << 80 | _random.getrandbits(80) & _RANDOM | _FIXED).to_bytes(16, "big").hex()
