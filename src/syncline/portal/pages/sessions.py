"""Who is signed in at the portal's pages, and who tries too often. In memory: a restart signs everybody out."""

from __future__ import annotations

import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass

from syncline.clock import Milliseconds
from syncline.portal.domain.emails import email_key

SESSION_LIFE = 3_600_000
MOST_SESSIONS = 10_000
FAILURES_ALLOWED = 10
FAILURE_SPAN = 900_000


@dataclass(frozen=True, slots=True)
class Session:
    """A browser; `user_id` is None until somebody signs in, and `csrf` belongs to its forms."""

    id: str
    csrf: str
    expires_at: Milliseconds
    user_id: int | None = None
    email: str | None = None


class Sessions:
    """The browsers of the last hour, the oldest forgotten when there are too many."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def find(self, session_id: str | None, now: Milliseconds) -> Session | None:
        """Return the session of a cookie while it lasts."""
        found = self._sessions.get(session_id or "")
        return None if found is None or found.expires_at <= now else found

    def open(self, now: Milliseconds, *, user_id: int | None = None, email: str | None = None) -> Session:
        """Start a session under a new id; signing in always does, so that no id known before is worth anything."""
        session = Session(
            secrets.token_urlsafe(32), secrets.token_urlsafe(32), now + SESSION_LIFE, user_id, email
        )
        self._sessions[session.id] = session
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return session

    def close(self, session: Session) -> None:
        """End a session; a second time changes nothing."""
        self._sessions.pop(session.id, None)


class Attempts:
    """Failed sign-ins by e-mail address: ten in a quarter of an hour, then none until some are older."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[Milliseconds]] = OrderedDict()

    def allowed(self, email: str, now: Milliseconds) -> bool:
        """Tell whether this address may try again now."""
        failures = self._failures.get(email_key(email), deque())
        while failures and failures[0] <= now - FAILURE_SPAN:
            failures.popleft()
        return len(failures) < FAILURES_ALLOWED

    def failed(self, email: str, now: Milliseconds) -> None:
        """Count a failure."""
        key = email_key(email)
        self._failures.setdefault(key, deque(maxlen=FAILURES_ALLOWED)).append(now)
        self._failures.move_to_end(key)
        while len(self._failures) > MOST_SESSIONS:
            self._failures.popitem(last=False)
