"""Domains of an account: claimed, looked for in the DNS, verified, lapsed, given up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from syncline.clock import Milliseconds
from syncline.portal.domain.errors import SetupError
from syncline.portal.domain.verification import (
    DomainClaim,
    DomainState,
    Look,
    asked_again,
    claimed,
    looked,
)
from syncline.portal.store.mapping import claim_from, claim_row
from syncline.portal.store.tables import domain_claims, domains
from syncline.sql.rows import Need, Rows

MOST_DOMAINS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDomain:
    """Begin to verify a domain and return the claim; one that is on its way already stays as it is.

    `SetupError` for a domain that is verified, and for one too many.
    """

    portal_id: int
    domain: str
    value: str
    now: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return _needs(self.portal_id, self.domain)

    def apply(self, rows: Rows) -> DomainClaim:
        if rows.get(domains, self.portal_id, self.domain) is not None:
            raise SetupError(f"The domain {self.domain} is verified already.")
        known = rows.get(domain_claims, self.portal_id, self.domain)
        if known is not None:
            return claim_from(known)
        if len(rows.find(domain_claims, portal_id=self.portal_id)) >= MOST_DOMAINS:
            raise SetupError(f"An account has at most {MOST_DOMAINS} domains; remove one first.")
        claim = claimed(self.portal_id, self.domain, self.value, self.now)
        rows.insert(domain_claims, claim_row(claim))
        return claim


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLook:
    """Write what a look in the DNS found and return the claim; None when it was given up meanwhile."""

    portal_id: int
    domain: str
    looks: Sequence[Look]
    now: Milliseconds
    again: bool = False
    """Whether somebody asked for this look: a wait that was over begins anew."""

    def prefetch(self) -> Iterable[Need]:
        return _needs(self.portal_id, self.domain)

    def apply(self, rows: Rows) -> DomainClaim | None:
        row = rows.get(domain_claims, self.portal_id, self.domain)
        if row is None:
            return None
        before = claim_from(row)
        claim = looked(asked_again(before, self.now) if self.again else before, self.looks, self.now)
        columns = claim_row(claim)
        changes = {name: columns[name] for name in ("state", "since", "next_look_at", "looked_at", "looks")}
        rows.update(domain_claims, (self.portal_id, self.domain), **changes)
        _keep_in_step(rows, claim, self.now)
        return claim


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUpDomain:
    """Take a domain away from an account, verified or not; `SetupError` for one it has not got.

    Users with such an address stay; SCIM takes nobody new from it.
    """

    portal_id: int
    domain: str

    def prefetch(self) -> Iterable[Need]:
        return _needs(self.portal_id, self.domain)

    def apply(self, rows: Rows) -> None:
        key = (self.portal_id, self.domain)
        if rows.get(domains, *key) is None and rows.get(domain_claims, *key) is None:
            raise no_such_domain(self.domain)
        rows.delete(domains, *key)
        rows.delete(domain_claims, *key)


def verify_by_hand(rows: Rows, portal_id: int, domain: str, now: Milliseconds) -> None:
    """Count a domain as verified without a look in the DNS, then and for good."""
    rows.delete(domain_claims, portal_id, domain)
    if rows.get(domains, portal_id, domain) is None:
        rows.insert(domains, {"portal_id": portal_id, "domain": domain, "verified_at": now})


def no_such_domain(domain: str) -> SetupError:
    """Return what to tell somebody who names a domain the account has not got."""
    return SetupError(f"The account has no domain {domain}; add it with: syncline portal domain add")


def _keep_in_step(rows: Rows, claim: DomainClaim, now: Milliseconds) -> None:
    """Hold the verified domains to what the claim has come to."""
    key = (claim.portal_id, claim.domain)
    stands = rows.get(domains, *key) is not None
    if claim.state is DomainState.VERIFIED and not stands:
        rows.insert(domains, {"portal_id": claim.portal_id, "domain": claim.domain, "verified_at": now})
    elif claim.state is not DomainState.VERIFIED and stands:
        rows.delete(domains, *key)


def _needs(portal_id: int, domain: str) -> Iterable[Need]:
    return [Need(table, ("portal_id", "domain"), (portal_id, domain)) for table in (domains, domain_claims)]
