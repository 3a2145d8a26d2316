"""Threads whose work can wait let those go first whom somebody waits for.

One thread of the interpreter runs at a time. One that computes is interrupted only now and then, and takes its turn
again whenever another pauses, as a writer does with each step of a statement: a SCIM write of one millisecond took four
beside it. So whoever answers an identity provider says that he is in a hurry, and whoever renders a page or makes
objects of rows asks between two of them whether anybody is.
"""

from __future__ import annotations

import threading
import time

LONGEST = 0.005
"""Seconds that are waited for at most."""
TURN = 0.0005
"""Seconds that a thread which has waited works before it waits again: a long sync must not keep it for ever."""
_MOMENT = 0.0003


class Hurry:
    """A block on the event loop during which others wait: `with in_a_hurry: …`, as often at a time as you like."""

    def __init__(self) -> None:
        self.count = 0
        self.thread: int | None = None

    def __enter__(self) -> None:
        self.count += 1
        self.thread = threading.get_ident()

    def __exit__(self, *_error: object) -> None:
        self.count -= 1


class _Own(threading.local):
    resumed = 0.0


in_a_hurry = Hurry()
_own = _Own()


def after_you() -> None:
    """Wait while anybody is in a hurry; returns at once on the event loop itself, which would wait for itself."""
    if in_a_hurry.count and in_a_hurry.thread != threading.get_ident():
        _wait()


def _wait() -> None:
    begun = time.monotonic()
    if begun - _own.resumed < TURN:
        return
    while in_a_hurry.count and time.monotonic() - begun < LONGEST:
        time.sleep(_MOMENT)
    _own.resumed = time.monotonic()
