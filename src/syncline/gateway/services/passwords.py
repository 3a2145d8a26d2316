"""Passwords, hashed by argon2 with the library's own cost, a few at a time and never on the event loop."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

AT_ONCE: Final = 2
"""How many are hashed at the same time: each takes tens of milliseconds and 64 MiB."""


class Passwords(Protocol):
    """Makes hashes, and tells whether a password belongs to one."""

    async def hash(self, password: str) -> str: ...
    async def is_right(self, kept: str | None, password: str) -> bool: ...


class Argon2Passwords:
    """Implements `Passwords`. `hasher` has the cost; left out, it is what the library recommends."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """Return the hash to be kept."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def is_right(self, kept: str | None, password: str) -> bool:
        """Tell whether the password was kept so. For None it takes just as long, and the answer is no."""
        if self._nobodys is None:
            self._nobodys = await self.hash("nobody has this password")
        async with self._turn:
            return await asyncio.to_thread(self._verify, kept, password)

    def _verify(self, kept: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(kept or self._nobodys or "", password) and kept is not None
        except (Argon2Error, InvalidHashError):
            return False
