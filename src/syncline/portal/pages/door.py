"""The door of the portal's pages: a password is checked, failures are counted, and both are written down."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from syncline.clock import Milliseconds
from syncline.portal.domain import passwords
from syncline.portal.pages.sessions import Attempts
from syncline.portal.store import oauth_reads
from syncline.portal.store.commands.logins import NoteLogin
from syncline.portal.store.oauth_reads import Person
from syncline.portal.web.call import Surroundings


class NotAdmitted(Exception):
    """Somebody who may not sign in; `status` is the HTTP status, the message is for the person."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Door:
    """Lets people in by e-mail address and password. One for all pages, so failures count together."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._attempts = Attempts()

    async def admit(self, request: Request, email: str, password: str, now: Milliseconds) -> Person:
        """Return who this is; `NotAdmitted` for a wrong password and after too many of them."""
        if not self._attempts.allowed(email, now):
            raise NotAdmitted(429, "Too many failed sign-ins. Wait a quarter of an hour.")
        person = await self._around.store.reader.point(
            lambda connection: oauth_reads.person(connection, email.strip())
        )
        kept = None if person is None else person.password
        good = await asyncio.to_thread(passwords.matches, kept, password[: passwords.LONGEST + 1])
        if person is not None:
            await self._note(request, person, good, now)
        if person is None or not good:
            self._attempts.failed(email, now)
            raise NotAdmitted(403, "E-mail address and password do not match.")
        return person

    async def _note(self, request: Request, person: Person, succeeded: bool, now: Milliseconds) -> None:
        await self._around.store.writer.submit(
            NoteLogin(
                user_id=person.user_id,
                email=person.email,
                succeeded=succeeded,
                address=request.client.host if request.client else None,
                user_agent=request.headers.get("user-agent", "")[:500] or None,
                now=now,
            )
        )
