"""Signing in to the console: passwords, sessions, one-time links, a new account of one's own."""

from __future__ import annotations

import hmac
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.credentials import LINK, public_id
from syncline.gateway.domain.errors import DomainError, Invalid, Refused
from syncline.gateway.domain.operators import (
    LONGEST_PASSWORD,
    Access,
    Operator,
    Role,
    check_email,
    check_name,
    check_password,
)
from syncline.gateway.domain.sessions import (
    MINUTE,
    SEEN_EVERY,
    Invitation,
    InvitationKind,
    Session,
)
from syncline.gateway.services.attempts import Attempts
from syncline.gateway.services.credentials import TokenFingerprint
from syncline.gateway.services.passwords import Passwords
from syncline.gateway.services.ports import Actor, OperatorStore, SignedIn
from syncline.gateway.services.tenants import Tenants
from syncline.scim.names import comparison_key

WRONG = "That e-mail address and password do not belong together."
_LONGEST_AGENT = 200


class TriedTooOften(DomainError):
    """Too many failures for this account or from this address; `wait` says for how long."""

    kind = "refused"

    def __init__(self, wait: Milliseconds) -> None:
        super().__init__(f"Too many tries. Wait {max(1, -(-wait // MINUTE))} minutes, then try again.")
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where somebody signs in from."""

    address: str | None
    user_agent: str


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A session just begun; `secret` goes into the browser's cookie and nowhere else."""

    secret: str = field(repr=False)
    operator: Operator


@dataclass(frozen=True, slots=True)
class ExternalIdentity:
    """Whom another service vouches for: by issuer and subject, never by an e-mail, which can change hands."""

    issuer: str
    subject: str


class SignInMethod(Protocol):
    """Another way to say who one is, such as OIDC or a passkey. None ships yet; this is where they go.

    `begin` returns where the browser goes (or what it is to sign), `finish` reads what came back from there.
    """

    name: str

    async def begin(self, return_to: str) -> str: ...
    async def finish(self, answer: Mapping[str, str]) -> ExternalIdentity | None: ...


class SigningIn:
    """How operators get in, stay in, and are signed out."""

    def __init__(
        self,
        store: OperatorStore,
        tenants: Tenants,
        passwords: Passwords,
        fingerprint: TokenFingerprint,
        clock: Clock,
        *,
        sign_up: bool,
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._passwords = passwords
        self._fingerprint = fingerprint
        self._clock = clock
        self._attempts = Attempts()
        self.sign_up_allowed = sign_up

    async def is_set_up(self) -> bool:
        """Tell whether there is an owner yet."""
        return await self._store.has_owner()

    async def sign_in(self, email: str, password: str, visitor: Visitor) -> OpenedSession:
        """Begin a session. Raises `Invalid` alike for a wrong address and a wrong password, and `TriedTooOften`."""
        operator = await self._prove(email, password, visitor)
        return await self._open(operator, visitor)

    async def confirm(self, signed_in: SignedIn, password: str, visitor: Visitor) -> SignedIn:
        """Take the password again and return the session, fresh now. Raises `Invalid` and `TriedTooOften`."""
        await self._prove(signed_in.operator.email, password, visitor)
        now = self._clock.now()
        await self._store.note_session(signed_in.session.id, seen_at=now, fresh_at=now)
        return replace(signed_in, session=replace(signed_in.session, seen_at=now, fresh_at=now))

    async def who(self, secret: str | None) -> SignedIn | None:
        """Return who is signed in with that cookie, and note that the session is in use."""
        if not secret or len(secret) > 100:
            return None
        found = await self._store.signed_in(self._session_id(secret))
        now = self._clock.now()
        if found is None or not found.session.is_alive(now):
            return None
        if now - found.session.seen_at >= SEEN_EVERY:
            await self._store.note_session(found.session.id, seen_at=now)
        return found

    async def still(self, secret: str | None) -> SignedIn | None:
        """Return who is signed in with that cookie, without taking it for a use of the session."""
        if not secret or len(secret) > 100:
            return None
        found = await self._store.signed_in(self._session_id(secret))
        return found if found is not None and found.session.is_alive(self._clock.now()) else None

    async def sign_out(self, signed_in: SignedIn) -> None:
        """End this session."""
        await self._store.end_session(signed_in.session.id)

    async def sign_out_everywhere(self, operator: Operator) -> None:
        """End every session of this operator."""
        await self._store.end_sessions(operator.id, Actor(operator.email, self._clock.now()))

    def is_fresh(self, signed_in: SignedIn) -> bool:
        """Tell whether the password was given within the last ten minutes."""
        return signed_in.session.is_fresh(self._clock.now())

    async def invitation(self, text: str) -> Invitation:
        """Return the link's invitation while it can be used; raises `Refused`, alike for used, over and unknown."""
        given = public_id(text, LINK)
        found = None if given is None else await self._store.invitation(given)
        expected = found.fingerprint if found is not None else bytes(32)
        right = hmac.compare_digest(expected, self._fingerprint(text))
        if found is None or not right or not found.is_open(self._clock.now()):
            raise Refused("This link was used already, or its time is over: ask for another.")
        return found

    async def accept(
        self, link: str, email: str, name: str, password: str, visitor: Visitor
    ) -> OpenedSession:
        """Use a one-time link: become an operator, or have another password. Raises a `DomainError`."""
        invitation = await self.invitation(link)
        email = check_email(invitation.email or email)
        hashed = await self._passwords.hash(check_password(password, email))
        now = self._clock.now()
        if invitation.kind is InvitationKind.NEW_PASSWORD:
            operator_id = await self._store.change_password_by_link(invitation.id, hashed, Actor(email, now))
            operator = await self._store.operator(operator_id)
            if operator is None:
                raise Refused("This operator was removed meanwhile.")
            return await self._open(operator, visitor)
        return await self._join(email, name, hashed, invitation.roles, invitation, visitor)

    async def sign_up(
        self, email: str, name: str, company: str, password: str, visitor: Visitor
    ) -> OpenedSession:
        """Make an account with a tenant of its own, where the settings let people do so. Raises `Refused` and so on."""
        if not self.sign_up_allowed:
            raise Refused("New accounts are made by invitation here.")
        self._count(comparison_key(email), visitor)
        email, name = check_email(email), check_name(name)
        hashed = await self._passwords.hash(check_password(password, email))
        if await self._store.operator_by_email(email) is not None:
            raise Refused("With these details no account can be made. If you have one, sign in.")
        tenant = await self._tenants.create(email, company)
        return await self._join(email, name, hashed, {tenant["id"]: Role.OWNER}, None, visitor)

    async def change_password(self, signed_in: SignedIn, password: str, visitor: Visitor) -> OpenedSession:
        """Keep another password. Every session ends; the one returned begins."""
        operator = signed_in.operator
        hashed = await self._passwords.hash(check_password(password, operator.email))
        await self._store.set_password(operator.id, hashed, Actor(operator.email, self._clock.now()))
        return await self._open(operator, visitor)

    async def _join(
        self,
        email: str,
        name: str,
        hashed: str,
        roles: Mapping[str, Role],
        invitation: Invitation | None,
        visitor: Visitor,
    ) -> OpenedSession:
        now = self._clock.now()
        operator = Operator(
            id=str(uuid.uuid4()),
            email=email,
            name=check_name(name),
            access=Access(roles),
            password=hashed,
            created_at=now,
            created_by=email if invitation is None else invitation.created_by,
        )
        by = None if invitation is None else invitation.id
        await self._store.join(operator, by, Actor(email, now))
        return await self._open(operator, visitor)

    async def _prove(self, email: str, password: str, visitor: Visitor) -> Operator:
        account = comparison_key(email)
        self._count(account, visitor)
        operator = await self._store.operator_by_email(email)
        kept = None if operator is None else operator.password
        right = len(password) <= LONGEST_PASSWORD and await self._passwords.is_right(kept, password)
        if operator is None or not right:
            raise Invalid(WRONG)
        self._attempts.succeeded(account=account, address=visitor.address)
        return operator

    def _count(self, account: str, visitor: Visitor) -> None:
        now = self._clock.now()
        wait = self._attempts.wait(now, account=account, address=visitor.address)
        if wait:
            raise TriedTooOften(wait)
        self._attempts.failed(now, account=account, address=visitor.address)

    async def _open(self, operator: Operator, visitor: Visitor) -> OpenedSession:
        """Begin a session under a new secret, so that no cookie known before is worth anything."""
        secret = secrets.token_urlsafe(32)
        now = self._clock.now()
        session = Session(
            id=self._session_id(secret),
            operator_id=operator.id,
            begun_at=now,
            fresh_at=now,
            seen_at=now,
            client=visitor.address,
            user_agent=visitor.user_agent[:_LONGEST_AGENT],
        )
        await self._store.open_session(session)
        return OpenedSession(secret, operator)

    def _session_id(self, secret: str) -> str:
        return self._fingerprint(f"session {secret}").hex()
