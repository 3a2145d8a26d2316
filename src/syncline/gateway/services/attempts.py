"""Who tries to sign in too often: failures by account and by address, in a sliding window, in memory."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Final

from syncline.clock import Milliseconds

WINDOW: Final[Milliseconds] = 900_000
PER_ACCOUNT: Final = 10
PER_ADDRESS: Final = 30
MOST_KEPT: Final = 20_000
"""How many accounts and addresses are remembered; the one that failed longest ago is forgotten first."""


class Attempts:
    """Failures of the last quarter of an hour, for anything that can be named."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[Milliseconds]] = OrderedDict()

    def wait(self, now: Milliseconds, *, account: str, address: str | None) -> Milliseconds:
        """Return how long to wait before the next try; 0 when one is free now."""
        waits = [self._wait(f"account {account}", PER_ACCOUNT, now)]
        if address is not None:
            waits.append(self._wait(f"address {address}", PER_ADDRESS, now))
        return max(waits)

    def failed(self, now: Milliseconds, *, account: str, address: str | None) -> None:
        """Count a try. It is counted before its outcome is known, so that many at once are not all free."""
        for name in (f"account {account}", *(() if address is None else (f"address {address}",))):
            self._failures.setdefault(name, deque(maxlen=max(PER_ACCOUNT, PER_ADDRESS))).append(now)
            self._failures.move_to_end(name)
        while len(self._failures) > MOST_KEPT:
            self._failures.popitem(last=False)

    def succeeded(self, *, account: str, address: str | None) -> None:
        """Forget an account's failures, and the last of its address's."""
        self._failures.pop(f"account {account}", None)
        tries = self._failures.get(f"address {address}")
        if tries:
            tries.pop()

    def _wait(self, name: str, most: int, now: Milliseconds) -> Milliseconds:
        tries = self._failures.get(name)
        while tries and tries[0] <= now - WINDOW:
            tries.popleft()
        if not tries or len(tries) < most:
            return 0
        return tries[len(tries) - most] + WINDOW - now
