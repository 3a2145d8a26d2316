"""Threads whose work can wait let those go first whom somebody waits for.

One thread of the interpreter runs at a time, and on one core one thread of all: one that computes is interrupted only
now and then, and takes its turn again whenever another pauses, as a writer does with each step of a statement. A SCIM
write of one millisecond took four beside it. So whoever answers an identity provider says that he is in a hurry, and
whoever renders a page or makes objects of rows asks every now and then: he waits while anybody is, and else lets the
system run another thread that is ready, such as the one a request has just come for.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

LONGEST = 0.005
"""Seconds that are waited for at most."""
TURN = 0.0005
"""Seconds that a thread which has waited works before it waits again: a long sync must not keep it for ever."""
OFTEN = 0.0001
"""Seconds for which a thread that has asked works before it asks again."""
_MOMENT = 0.0003

let_others_run: Callable[[], None] = getattr(os, "sched_yield", lambda: time.sleep(0))
"""Let the system run another thread that is ready; some flavours of Unix have a call for it."""

_mine: ContextVar[bool] = ContextVar("in_a_hurry", default=False)


class Hurry:
    """A block on the event loop during which others wait: `with in_a_hurry: …`, in as many tasks as you like.

    What is done in the same context, in whatever thread, is done in the same hurry.
    """

    def __init__(self) -> None:
        self.count = 0
        self.thread: int | None = None
        self._waiting: set[asyncio.Future[None]] = set()

    def __enter__(self) -> None:
        self.count += 1
        self.thread = threading.get_ident()
        _mine.set(True)

    def __exit__(self, *_error: object) -> None:
        self.count -= 1
        _mine.set(False)
        if self._waiting and not self.count:
            for waiting in self._waiting:
                waiting.get_loop().call_soon_threadsafe(_end, waiting)

    async def over(self) -> None:
        """Return once nobody is in a hurry, after `LONGEST` at the latest."""
        if not self.count:
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await asyncio.wait({waiting}, timeout=LONGEST)
        finally:
            self._waiting.discard(waiting)


class _Own(threading.local):
    asks_at = 0.0
    waits_from = 0.0


in_a_hurry = Hurry()
_own = _Own()


def after_you() -> None:
    """Let others go first; asked as often as you like, it costs next to nothing.

    Returns at once for whoever is in a hurry himself, and on the event loop, which would wait for itself.
    """
    now = time.monotonic()
    if now < _own.asks_at or in_a_hurry.thread == threading.get_ident() or _mine.get():
        return
    if in_a_hurry.count and now >= _own.waits_from:
        _wait(now)
    else:
        let_others_run()
    _own.asks_at = time.monotonic() + OFTEN


def one_by_one(items: Iterable[T]) -> Iterator[T]:
    """Yield the items, and let others go first before each: for whoever makes objects of rows."""
    for item in items:
        after_you()
        yield item


def _wait(begun: float) -> None:
    while in_a_hurry.count and time.monotonic() - begun < LONGEST:
        time.sleep(_MOMENT)
    _own.waits_from = time.monotonic() + TURN


async def after_them() -> None:
    """Let others go first on the event loop, for work of some length between two awaits; never within a hurry."""
    await asyncio.sleep(0)
    await in_a_hurry.over()


def _end(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
