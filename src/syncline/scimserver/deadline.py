"""The time a block may take: what `asyncio.timeout` promises, with one timer for all blocks of the same length."""

from __future__ import annotations

import asyncio
from types import TracebackType

_EARLY = 0.001
"""Seconds that a timer may come too early: event loops count in milliseconds."""


class Deadlines:
    """Makes deadlines of so many seconds, for the blocks of one event loop.

    A timer of its own for each would cost more than the rest of it, and nearly none is ever due.
    """

    __slots__ = ("running", "seconds", "timer")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.running: dict[Deadline, None] = {}
        """In the order in which they began, and so in which they are due."""
        self.timer: asyncio.TimerHandle | None = None

    def begin(self) -> Deadline:
        """Return a deadline for one block: `with deadlines.begin(): …`."""
        return Deadline(self)

    def look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let those expire that are due, and look again when the next is; for `Deadline`."""
        self.timer = None
        now = loop.time() + _EARLY
        for deadline in [*self.running]:
            if deadline.due > now:
                self.timer = loop.call_at(deadline.due, self.look, loop)
                return
            del self.running[deadline]
            deadline.expire()


class Deadline:
    """Cancels the task inside the block when its time is over; the block then raises `TimeoutError`.

    A task that is cancelled by somebody else stays cancelled.
    """

    __slots__ = ("_cancelling", "_line", "_task", "due", "expired")

    def __init__(self, line: Deadlines) -> None:
        self._line = line
        self.expired = False

    def __enter__(self) -> Deadline:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("a deadline holds for a task")
        self._task = task
        line = self._line
        self.due = loop.time() + line.seconds
        line.running[self] = None
        if line.timer is None:
            line.timer = loop.call_at(self.due, line.look, loop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.running.pop(self, None)
        if self.expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def expire(self) -> None:
        """Cancel the block's task, once; for `Deadlines`."""
        self.expired = True
        self._cancelling = self._task.cancelling()
        self._task.cancel()
