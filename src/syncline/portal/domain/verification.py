"""Verifying a domain: the TXT record that proves it, what a look in the DNS means, and when to look again.

Source: HubSpot's SCIM guide (a TXT record with a given host and value; usually within an hour, up to 48 hours;
"This domain couldn't be verified"). The form of host and value and the lapse are assumptions, see
`docs/reference/assumptions.md`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import msgspec

from syncline.clock import Milliseconds
from syncline.portal.domain.emails import domain_key
from syncline.portal.domain.errors import SetupError

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
PATIENCE = 48 * HOUR
"""How long a record may take to appear, and how long a verified domain outlives the loss of it."""

HOST_LABEL = "_hubspot-scim"
VALUE_PREFIX = "hubspot-scim-verification="
COULD_NOT = "This domain couldn't be verified"

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class DomainState(StrEnum):
    """Where a domain stands with an account."""

    PENDING = "pending"
    VERIFIED = "verified"
    FAILED = "failed"
    LAPSED = "lapsed"


class Reading(StrEnum):
    """What one look in the DNS says about the proof."""

    PROVEN = "proven"
    ABSENT = "absent"
    REFUTED = "refuted"
    """Another value stands in its place, or there is no such domain: waiting alone will not help."""
    UNKNOWN = "unknown"
    """Nothing could be asked: neither for nor against."""


_PENDING, _VERIFIED = DomainState.PENDING, DomainState.VERIFIED
_FAILED, _LAPSED = DomainState.FAILED, DomainState.LAPSED

NEXT_STATE: dict[tuple[DomainState, Reading], tuple[DomainState, DomainState]] = {
    # (where it stands, what was seen): where it stands then, within 48 hours of waiting and after them
    (_PENDING, Reading.PROVEN): (_VERIFIED, _VERIFIED),
    (_PENDING, Reading.ABSENT): (_PENDING, _FAILED),
    (_PENDING, Reading.REFUTED): (_FAILED, _FAILED),
    (_PENDING, Reading.UNKNOWN): (_PENDING, _FAILED),
    (_FAILED, Reading.PROVEN): (_VERIFIED, _VERIFIED),
    (_FAILED, Reading.ABSENT): (_PENDING, _FAILED),
    (_FAILED, Reading.REFUTED): (_FAILED, _FAILED),
    (_FAILED, Reading.UNKNOWN): (_FAILED, _FAILED),
    (_VERIFIED, Reading.PROVEN): (_VERIFIED, _VERIFIED),
    (_VERIFIED, Reading.ABSENT): (_VERIFIED, _LAPSED),
    (_VERIFIED, Reading.REFUTED): (_VERIFIED, _LAPSED),
    (_VERIFIED, Reading.UNKNOWN): (_VERIFIED, _VERIFIED),
    (_LAPSED, Reading.PROVEN): (_VERIFIED, _VERIFIED),
    (_LAPSED, Reading.ABSENT): (_LAPSED, _LAPSED),
    (_LAPSED, Reading.REFUTED): (_LAPSED, _LAPSED),
    (_LAPSED, Reading.UNKNOWN): (_LAPSED, _LAPSED),
}


class Outcome(StrEnum):
    """How a query for TXT records ended."""

    RECORDS = "records"
    NO_RECORDS = "no-records"
    NO_SUCH_NAME = "no-such-name"
    NO_ANSWER = "no-answer"


class Look(msgspec.Struct, frozen=True):
    """One query for TXT records: the name asked for, how it ended, the texts found, and who was asked."""

    name: str
    outcome: Outcome
    texts: tuple[str, ...] = ()
    server: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainClaim:
    """A domain an account says is its own, with the record that would prove it.

    `since` is when the present wait began: the claim itself, somebody's *Check again*, or the first look that
    missed the record of a verified domain; None while the record is there. `next_look_at` is None when nobody looks
    any more.
    """

    portal_id: int
    domain: str
    value: str
    state: DomainState
    claimed_at: Milliseconds
    since: Milliseconds | None
    next_look_at: Milliseconds | None
    looked_at: Milliseconds | None = None
    looks: tuple[Look, ...] = ()

    @property
    def host(self) -> str:
        """The full name at which the TXT record belongs."""
        return f"{HOST_LABEL}.{self.domain}"


def check_domain(text: str) -> str:
    """Return a domain in the form in which domains are compared; `SetupError` says what to enter instead."""
    given = text.strip().rstrip(".")
    if "@" in given:
        raise SetupError(
            f"Enter the domain alone, without what stands before the @: {given.rpartition('@')[2]}"
        )
    if "://" in given or "/" in given:
        raise SetupError("Enter the domain alone, without http:// and without a path.")
    name = domain_key(given)
    labels = name.split(".")
    if len(name) > 190 or len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit():
        raise SetupError(f"{given[:100]!r} is no domain; one looks like example.com.")
    return name


def value_from(entropy: bytes) -> str:
    """Return the text of a new TXT record, made from 20 random bytes."""
    return VALUE_PREFIX + base64.b32encode(entropy).decode().lower()


def claimed(portal_id: int, domain: str, value: str, now: Milliseconds) -> DomainClaim:
    """Return a claim nobody has looked into yet; the first look is due at once."""
    return DomainClaim(
        portal_id=portal_id,
        domain=domain,
        value=value,
        state=DomainState.PENDING,
        claimed_at=now,
        since=now,
        next_look_at=now,
    )


def asked_again(claim: DomainClaim, now: Milliseconds) -> DomainClaim:
    """Return the claim after somebody pressed *Check again*: another 48 hours, the first look at once."""
    if claim.state is DomainState.VERIFIED:
        return replace(claim, next_look_at=now)
    return replace(claim, state=DomainState.PENDING, since=now, next_look_at=now)


def read_looks(claim: DomainClaim, looks: Sequence[Look]) -> Reading:
    """Return what the looks say; the record proves only at its own host."""
    found = {look.name: look for look in looks}
    at_host = found.get(claim.host)
    if at_host is None or at_host.outcome is Outcome.NO_ANSWER:
        return Reading.UNKNOWN
    if claim.value in map(str.strip, at_host.texts):
        return Reading.PROVEN
    apex = found.get(claim.domain)
    no_domain = apex is not None and apex.outcome is Outcome.NO_SUCH_NAME
    return Reading.REFUTED if at_host.texts or no_domain else Reading.ABSENT


def looked(claim: DomainClaim, looks: Sequence[Look], now: Milliseconds) -> DomainClaim:
    """Return the claim after a look at the DNS."""
    reading = read_looks(claim, looks)
    since = claim.since
    if reading is Reading.PROVEN:
        since = None
    elif since is None and reading is not Reading.UNKNOWN:
        since = now
    in_time, late = NEXT_STATE[claim.state, reading]
    state = late if since is not None and now - since >= PATIENCE else in_time
    return replace(
        claim,
        state=state,
        since=since,
        looked_at=now,
        looks=tuple(looks),
        next_look_at=_next_look(state, since, now),
    )


def places_to_look(claim: DomainClaim) -> tuple[str, ...]:
    """Return the names to ask for when the host has not got the record: where people put it by mistake."""
    return (claim.domain, f"{claim.host}.{claim.domain}")


def what_to_check(claim: DomainClaim) -> list[str]:
    """Return what was found and what would help, one sentence each; nothing for a domain that was proven."""
    if claim.looked_at is None or read_looks(claim, claim.looks) is Reading.PROVEN:
        return []
    found = {look.name: look for look in claim.looks}
    at_host = found.get(claim.host)
    if at_host is None or at_host.outcome is Outcome.NO_ANSWER:
        server = f" ({at_host.server})" if at_host is not None and at_host.server else ""
        return [f"The DNS server{server} did not answer. Nothing needs to be changed; it is asked again."]
    advice = []
    if at_host.texts:
        seen = ", ".join(f'"{text}"' for text in at_host.texts[:3])
        advice.append(f"{claim.host} has another value: {seen}. Copy the value exactly as it is shown here.")
    advice += [
        f"The value is at {name}; it belongs at {claim.host}. Many providers add the domain by themselves: "
        f"enter {HOST_LABEL} as the host there."
        for name in places_to_look(claim)
        if name in found and claim.value in found[name].texts
    ]
    apex = found.get(claim.domain)
    if apex is not None and apex.outcome is Outcome.NO_SUCH_NAME:
        advice.append(f"The DNS knows no domain {claim.domain}. Check the spelling.")
    elif not advice:
        advice.append(
            f"There is no TXT record at {claim.host} yet. Check that it was saved; new records can take up to 48 hours."
        )
    return advice


def _next_look(state: DomainState, since: Milliseconds | None, now: Milliseconds) -> Milliseconds | None:
    """Often at first, then more rarely, daily once it is settled; never again after a wait that was in vain."""
    if state is DomainState.LAPSED or since is None:
        return now + DAY
    waited = now - since
    if waited >= PATIENCE:
        return None
    if state is DomainState.VERIFIED:
        return min(now + HOUR, since + PATIENCE)
    return min(now + (MINUTE if waited < HOUR else 10 * MINUTE), since + PATIENCE)
