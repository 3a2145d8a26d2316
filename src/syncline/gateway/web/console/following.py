"""Following the log as it grows: events as a stream of finished rows (`text/event-stream`, WHATWG HTML §9.2).

A stream is bounded in every way: so many at a time, so many for one operator, five minutes long (the browser comes back
by itself, saying what it had last), and over with the session or the role. It looks for news once a second, by number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from syncline.clock import Clock, Milliseconds
from syncline.gateway.services.ports import Event

MOST: Final = 100
MOST_OF_ONE: Final = 4
LASTS: Final[Milliseconds] = 300_000
LOOKS_EVERY: Final[Milliseconds] = 1_000
SAYS_SO_EVERY: Final[Milliseconds] = 15_000
"""How often a silent stream says that it is there, and whether its reader may still read is asked."""
AT_ONCE: Final = 100


class Streams:
    """How many streams are open, and whose."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def is_full(self, operator_id: str) -> bool:
        """Tell whether this operator may open no other stream now."""
        return self._open.total() >= MOST or self._open[operator_id] >= MOST_OF_ONE

    @contextmanager
    def taken(self, operator_id: str) -> Iterator[None]:
        """Count a stream for as long as the block lasts."""
        self._open[operator_id] += 1
        try:
            yield
        finally:
            self._open[operator_id] -= 1


async def follow(
    after: int,
    news: Callable[[int, int], Awaitable[list[Event]]],
    row: Callable[[Event], str | None],
    may_still_read: Callable[[], Awaitable[bool]],
    clock: Clock,
) -> AsyncIterator[str]:
    """Yield what is new above a number as messages; `row` renders an event, None for one that is not sought."""
    begun = said = clock.now()
    yield "retry: 2000\n\n"
    while clock.now() - begun < LASTS:
        found = await news(after, AT_ONCE)
        for event in found:
            after = event.seq
            rendered = row(event)
            if rendered is not None:
                yield message(after, rendered)
        if found:
            yield f"id: {after}\n\n"
        if clock.now() - said >= SAYS_SO_EVERY:
            if not await may_still_read():
                return
            said = clock.now()
            yield ": nothing new\n\n"
        if len(found) < AT_ONCE:
            await clock.sleep(LOOKS_EVERY)


def message(seq: int, text: str) -> str:
    """Return a message of a stream: every line of the text is one of its data lines."""
    lines = "".join(f"data: {line}\n" for line in text.splitlines() if line.strip())
    return f"id: {seq}\n{lines}\n"
