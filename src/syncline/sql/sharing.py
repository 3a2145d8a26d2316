"""Reads by key that all who wait for one share: what makes a look-up cheap where every one is a journey."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class _Round(Generic[K, V]):
    """One read: what it asks for, and what it finds."""

    def __init__(self) -> None:
        self.keys: set[K] = set()
        self.found: asyncio.Future[Mapping[K, V]] = asyncio.get_running_loop().create_future()


class SharedReads(Generic[K, V]):
    """Reads one after the other. Whoever asks while one is out shares the next, which begins after he asked.

    So everybody sees all that was committed before he asked, and nothing is remembered.
    """

    def __init__(self, read: Callable[[Collection[K]], Awaitable[Mapping[K, V]]]) -> None:
        """`read` returns what there is under the keys; what it raises reaches all who share that read."""
        self._read = read
        self._next: _Round[K, V] | None = None
        self._reading: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V | None:
        """Return what there is under the key, None when there is nothing."""
        if self._next is None:
            self._next = _Round()
        shared = self._next
        shared.keys.add(key)
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_on(), name="shared reads")
        # One who goes away must not take the read with him.
        return (await asyncio.shield(shared.found)).get(key)

    async def _read_on(self) -> None:
        """Read for as long as somebody waits."""
        try:
            while (shared := self._next) is not None:
                self._next = None
                await self._answer(shared)
        finally:
            self._reading = None

    async def _answer(self, shared: _Round[K, V]) -> None:
        try:
            shared.found.set_result(await self._read(shared.keys))
        except Exception as error:
            shared.found.set_exception(error)
            shared.found.exception()  # looked at: nobody may wait for it any more
        finally:
            shared.found.cancel()  # does nothing once there is an answer
