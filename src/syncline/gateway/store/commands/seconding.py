"""Four eyes: a word that counts only once a second person has said the same."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.gateway.domain.consent import DAY
from syncline.gateway.domain.sessions import BY_API_KEY
from syncline.gateway.domain.tenant import Policy
from syncline.gateway.services.ports import Actor
from syncline.gateway.store import records
from syncline.gateway.store.commands.journal import record_audit
from syncline.gateway.store.tables import api_keys, first_approvals, tenants
from syncline.sql.rows import Row, Rows


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody says yes to: `what` by ids, so that nothing else can be meant, and `subject` for people."""

    what: str
    subject: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """A word that counts: by whom, one name or both, and why."""

    by: str
    because: str = ""


def seconded(rows: Rows, tenant_id: str, word: Word, actor: Actor) -> Given | None:
    """Return by whom and why the word is given, or None while a second person has to say so, too.

    Without four eyes one person is enough. The first word ends after the policy's days; said again by the same person
    it stays as it is. Who made an API key speaks by it.
    """
    policy = policy_of(rows, tenant_id)
    if not policy.four_eyes:
        return Given(actor.name, word.because)
    first = rows.get(first_approvals, tenant_id, word.what)
    if first is not None and first["expires_at"] <= actor.at:
        rows.delete(first_approvals, tenant_id, word.what)
        first = None
    if first is None:
        _ask(rows, tenant_id, word, actor, policy)
        return None
    if person_behind(rows, first["asked_by"]) == person_behind(rows, actor.name):
        return None
    rows.delete(first_approvals, tenant_id, word.what)
    reasons = dict.fromkeys(each for each in (first["because"], word.because) if each)
    return Given(f"{first['asked_by']}, {actor.name}", "; ".join(reasons))


def policy_of(rows: Rows, tenant_id: str) -> Policy:
    """Return the tenant's policy as it is; one that is gone has the default one."""
    tenant = rows.get(tenants, tenant_id)
    return Policy() if tenant is None else records.policy_of(tenant)


def person_behind(rows: Rows, name: str) -> str:
    """Return the person who acts under a name, so that nobody is two: an API key is whoever made it.

    A key that was made by means of another is that one's maker's, too.
    """
    while name.startswith(BY_API_KEY):
        key = rows.get(api_keys, name.removeprefix(BY_API_KEY))
        if key is None:
            return name
        name = str(key["created_by"])
    return name


def _ask(rows: Rows, tenant_id: str, word: Word, actor: Actor, policy: Policy) -> None:
    row: Row = {
        "tenant_id": tenant_id,
        "what": word.what,
        "subject": word.subject,
        "asked_at": actor.at,
        "asked_by": actor.name,
        "because": word.because,
        "expires_at": actor.at + policy.approval_days * DAY,
    }
    rows.insert(first_approvals, row)
    record_audit(
        rows,
        tenant_id,
        actor.at,
        actor.name,
        "approval.asked",
        what=word.what,
        subject=word.subject,
        because=word.because,
    )
