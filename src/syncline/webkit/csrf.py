"""Is this form ours, sent from our page by this browser: a token per browser, checked beside what the browser says.

The token is a keyed hash of the browser's own cookie, so nothing has to be kept. Beside it stand `Sec-Fetch-Site` and
`Origin`, which no page can forge: a request that one of them calls foreign is refused whatever its token.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

FIELD = "csrf"
HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Csrf:
    """Makes and checks tokens under one key, at least 32 random bytes."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 32:
            raise ValueError("a CSRF key has at least 32 bytes")
        self._key = key

    def token(self, browser: str) -> str:
        """Return the token for the forms of the browser that holds that cookie."""
        return hmac.new(self._key, b"csrf\0" + browser.encode(), hashlib.sha256).hexdigest()

    def holds(self, browser: str | None, given: str | None) -> bool:
        """Tell whether a token was made for that browser; takes the same time for every wrong one."""
        expected = self.token(browser or "")
        right = hmac.compare_digest(expected.encode(), (given or "").encode())
        return right and bool(browser)


def is_from_here(headers: Mapping[str, str], origin: str) -> bool:
    """Tell whether nothing in a request says that another site made the browser send it.

    `origin` is ours, as `https://host:port`. A client that sends neither header is no browser of these years: for
    it the token decides alone.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    sent = headers.get("origin")
    return sent is None or sent == origin
