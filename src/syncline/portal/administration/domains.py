"""Domains: added with the TXT record that proves them, looked for in the DNS, listed, given up."""

from __future__ import annotations

import secrets
from typing import Any

from syncline.clock import Clock
from syncline.portal.administration.naming import moment, named_account
from syncline.portal.dns.resolver import TxtResolver
from syncline.portal.dns.watch import check
from syncline.portal.domain.verification import (
    COULD_NOT,
    DomainClaim,
    DomainState,
    check_domain,
    value_from,
    what_to_check,
)
from syncline.portal.store import domain_reads
from syncline.portal.store.commands.domains import ClaimDomain, GiveUpDomain, no_such_domain
from syncline.portal.store.store import Store


async def add_domain(store: Store, clock: Clock, account_name: str, domain: str) -> dict[str, Any]:
    """Begin to verify a domain and return the TXT record to publish; a second time returns the same record."""
    account = await named_account(store, account_name)
    value = value_from(secrets.token_bytes(20))
    claim = await store.writer.submit(
        ClaimDomain(portal_id=account.portal_id, domain=check_domain(domain), value=value, now=clock.now())
    )
    return shown_claim(claim)


async def check_domain_now(
    store: Store, clock: Clock, resolver: TxtResolver, account_name: str, domain: str
) -> dict[str, Any]:
    """Look for a domain's record in the DNS now and return what was found and what would help."""
    account = await named_account(store, account_name)
    name = check_domain(domain)
    claim = await store.reader.scan(
        lambda connection: domain_reads.claim(connection, account.portal_id, name)
    )
    found = claim and await check(store, clock, resolver, claim, again=True)
    if found is None:
        raise no_such_domain(name)
    return shown_claim(found)


async def list_domains(store: Store, account_name: str) -> dict[str, Any]:
    """Return the domains of an account; those verified by hand have no record."""
    account = await named_account(store, account_name)
    found = await store.reader.scan(lambda connection: domain_reads.domains_of(connection, account.portal_id))
    by_hand = [
        {"domain": name, "state": DomainState.VERIFIED.value, "by_hand": True} for name in found.by_hand
    ]
    return {"domains": [*by_hand, *map(shown_claim, found.claims)]}


async def remove_domain(store: Store, account_name: str, domain: str) -> dict[str, Any]:
    """Take a domain from an account."""
    account = await named_account(store, account_name)
    name = check_domain(domain)
    await store.writer.submit(GiveUpDomain(portal_id=account.portal_id, domain=name))
    return {"removed": name}


def shown_claim(claim: DomainClaim) -> dict[str, Any]:
    """Return a claim for people and machines: the record, where it stands, what was looked up and found."""
    failed = claim.state in (DomainState.FAILED, DomainState.LAPSED)
    return {
        "domain": claim.domain,
        "state": claim.state.value,
        "by_hand": False,
        "type": "TXT",
        "host": claim.host,
        "value": claim.value,
        "problem": COULD_NOT if failed else None,
        "looked_at": None if claim.looked_at is None else moment(claim.looked_at),
        "looked_up": [
            {
                "name": look.name,
                "outcome": look.outcome.value,
                "found": list(look.texts),
                "asked": look.server,
            }
            for look in claim.looks
        ],
        "what_to_check": what_to_check(claim),
        "next_look_at": None if claim.next_look_at is None else moment(claim.next_look_at),
    }
