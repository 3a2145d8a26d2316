"""`Idempotency-Key`: a POST sent twice under one key is carried out once, and answered alike.

Answers are kept in memory for a day, because some hold a secret that must not be written down. A restart forgets them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from syncline.clock import Clock, Milliseconds
from syncline.gateway.web.api.problems import Problem, ProblemKind

KEPT_FOR: Final[Milliseconds] = 86_400_000
MOST_KEPT: Final = 10_000
LONGEST_KEY: Final = 200


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that may be given again."""

    status: int
    body: bytes


@dataclass(slots=True)
class _Entry:
    request: bytes
    at: Milliseconds
    answer: asyncio.Future[Kept]


class Idempotency:
    """The answers of the last day, by who asked and under which key."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()

    async def once(
        self, asker: str, key: str, request: bytes, carry_out: Callable[[], Awaitable[Kept]]
    ) -> tuple[Kept, bool]:
        """Return the answer, and whether it was there already. Who asks while it is carried out waits for it.

        Raises a `Problem` when the key was used for another request, and what `carry_out` raises: then the key is free.
        """
        if not key.isascii() or not key.isprintable() or not 0 < len(key) <= LONGEST_KEY:
            raise Problem(
                ProblemKind.UNREADABLE,
                f"An Idempotency-Key is 1 to {LONGEST_KEY} printable ASCII characters.",
            )
        self._forget()
        place = (asker, key)
        kept = self._entries.get(place)
        if kept is not None:
            if kept.request != request:
                raise Problem(
                    ProblemKind.KEY_REUSED,
                    "This Idempotency-Key was used for another request: take a new one.",
                )
            return await asyncio.shield(kept.answer), True
        entry = _Entry(request, self._clock.now(), asyncio.get_running_loop().create_future())
        self._entries[place] = entry
        try:
            answer = await carry_out()
        except BaseException as error:
            del self._entries[place]
            again = Problem(ProblemKind.UNAVAILABLE, "Try again.")
            entry.answer.set_exception(error if isinstance(error, Exception) else again)
            entry.answer.exception()
            raise
        entry.answer.set_result(answer)
        return answer, False

    def _forget(self) -> None:
        now = self._clock.now()
        while self._entries:
            place, entry = next(iter(self._entries.items()))
            over = now - entry.at >= KEPT_FOR or len(self._entries) >= MOST_KEPT
            if not over or not entry.answer.done():
                return
            del self._entries[place]
