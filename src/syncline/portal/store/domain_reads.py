"""Reads of domains: those of an account, and those the DNS is to be asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from syncline.clock import Milliseconds
from syncline.portal.domain.verification import DomainClaim
from syncline.portal.store.mapping import claim_from
from syncline.portal.store.tables import domain_claims, domains

MOST_DUE = 100

_VERIFIED = select(domains.c.domain).where(domains.c.portal_id == bindparam("portal_id"))
_CLAIMS = (
    select(domain_claims)
    .where(domain_claims.c.portal_id == bindparam("portal_id"))
    .order_by(domain_claims.c.domain)
)
_CLAIM = _CLAIMS.where(domain_claims.c.domain == bindparam("domain"))
_DUE = (
    select(domain_claims)
    .where(domain_claims.c.next_look_at <= bindparam("now"))
    .order_by(domain_claims.c.next_look_at)
    .limit(MOST_DUE)
)


@dataclass(frozen=True, slots=True)
class Domains:
    """The domains of an account: claims in order, and those verified by hand."""

    claims: Sequence[DomainClaim]
    by_hand: Sequence[str]


def domains_of(connection: Connection, portal_id: int) -> Domains:
    """Return every domain of an account."""
    found = {"portal_id": portal_id}
    claims = [claim_from(row) for row in connection.execute(_CLAIMS, found).mappings()]
    verified = set(connection.execute(_VERIFIED, found).scalars())
    return Domains(claims, sorted(verified - {claim.domain for claim in claims}))


def claim(connection: Connection, portal_id: int, domain: str) -> DomainClaim | None:
    """Return the claim of a domain."""
    row = connection.execute(_CLAIM, {"portal_id": portal_id, "domain": domain}).mappings().first()
    return None if row is None else claim_from(row)


def due(connection: Connection, now: Milliseconds) -> list[DomainClaim]:
    """Return claims the DNS is to be asked about, the longest due first, at most `MOST_DUE`."""
    return [claim_from(row) for row in connection.execute(_DUE, {"now": now}).mappings()]
