"""What is made of a decision and of what HubSpot answered: pure, from work item to settlement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from msgspec import structs

from syncline.clock import Milliseconds
from syncline.gateway.domain.account import AccountUser
from syncline.gateway.domain.agreement import UNAGREED, Agreement
from syncline.gateway.domain.change import CHANGE_APPROVED, Change, ChangeKind
from syncline.gateway.domain.decision import Decision, decide
from syncline.gateway.domain.delivery import Access, Delivery, Intent, Origin, as_of
from syncline.gateway.domain.drift import confirmed_by
from syncline.gateway.domain.gate import Hold, Send
from syncline.gateway.domain.person import email_key
from syncline.gateway.domain.placement import Placement
from syncline.gateway.domain.retry import RetryAt, decide_retry, look_again
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import TenantMode
from syncline.gateway.services.ports import (
    Arrived,
    Failed,
    Looked,
    Met,
    Outcome,
    Settlement,
    Standing,
    Trouble,
    WorkItem,
)


def decide_item(item: WorkItem, setup: Setup) -> Decision:
    """Decide about one person.

    A user found where a create of ours was never settled is ours, not an adoption; not one whom HubSpot has
    deactivated, since whom we create can sign in.
    """
    delivery, known = item.delivery, item.known
    if item.uncertain is not None and _may_look(delivery, setup):
        return _look(item)
    found = known is not None and known.active is not False
    if item.create_unsettled and delivery.origin is None and found:
        delivery = structs.replace(delivery, origin=Origin.CREATED, access=Access.ACTIVE)
    return decide(item.person, delivery, known, setup, occupant=item.occupant)


def _may_look(delivery: Delivery, setup: Setup) -> bool:
    """Tell whether HubSpot may be asked about the person: in plan mode only once a change of his was approved."""
    if setup.mode is TenantMode.LIVE:
        return True
    approved = any(each.startswith(CHANGE_APPROVED) for each in as_of(delivery, setup.at).approvals)
    return approved and setup.mode is TenantMode.PLAN


def _look(item: WorkItem) -> Decision:
    """Decide to read the person first: what was sent to HubSpot last may or may not have been done."""
    delivery = item.delivery
    change = Change(
        kind=ChangeKind.LOOK,
        email=delivery.renamed_from or delivery.email,
        hubspot_id=delivery.hubspot_id,
        scim_id=delivery.scim_id,
        urgency=delivery.urgency,
        access_after=delivery.access,
        origin_after=delivery.origin,
    )
    return Decision(None, change, Send(), None)


def settle_decision(item: WorkItem, decision: Decision, epoch: int) -> Settlement | None:
    """Return what to write when nothing is to be sent, None when something is."""
    if isinstance(decision.verdict, Hold):
        return _held(item, decision, decision.verdict, epoch)
    if decision.change.kind is not ChangeKind.NONE:
        return None
    summary = f"{_name(item)} is in step, nothing to send"
    settlement = _settlement(item, epoch, "delivery.unchanged", summary, decision)
    return replace(settlement, standing=_renamed_by_hand(item))


def _renamed_by_hand(item: WorkItem) -> Standing | None:
    """Return the standing of somebody who owed a rename that HubSpot has by now, whoever made it there."""
    delivery, known = item.delivery, item.known
    if delivery.renamed_from is None or known is None or email_key(known.email) != delivery.key:
        return None
    return Standing(known.hubspot_id, delivery.scim_id, delivery.origin, delivery.access, known.email, known)


def settle_outcome(
    item: WorkItem, decision: Decision, outcome: Outcome, epoch: int, now: Milliseconds
) -> Settlement:
    """Return what to write about an attempt."""
    if isinstance(outcome, Arrived):
        return _arrived(item, decision, outcome, epoch, now)
    if isinstance(outcome, Met):
        return _met(item, decision, outcome, epoch, now)
    if isinstance(outcome, Looked):
        return _looked(item, decision, outcome, epoch, now)
    return _failed(item, decision, outcome, epoch, now)


def _arrived(
    item: WorkItem, decision: Decision, outcome: Arrived, epoch: int, now: Milliseconds
) -> Settlement:
    change = decision.change
    standing = Standing(
        hubspot_id=outcome.hubspot_id,
        scim_id=outcome.scim_id,
        origin=change.origin_after,
        access=outcome.access,
        email=change.email,
        user=outcome.user,
    )
    summary = f"{_name(item)}: {change.kind.value} done at HubSpot"
    settlement = _settlement(item, epoch, f"delivery.{change.kind.value}", summary, decision)
    detail = {**settlement.detail, "notes": list(outcome.notes), "access": outcome.access.value}
    arrived = replace(
        settlement, standing=standing, last_error="; ".join(outcome.notes) or None, detail=detail
    )
    arrived = replace(arrived, agreement=_agreement(decision, outcome.user))
    if not outcome.pending:
        more = _is_kept(item, now) or (change.kind is ChangeKind.CREATE and bool(change.crm_attributes))
        return replace(arrived, retry_at=now) if more else arrived
    attempts = item.delivery.attempts + 1
    return replace(arrived, retry_at=look_again(attempts, now, seed=item.delivery.key), attempts=attempts)


def _is_kept(item: WorkItem, now: Milliseconds) -> bool:
    """Tell whether an exception is in force: whom it has given access back is decided again, and held to its end."""
    return as_of(item.delivery, now).kept_until is not None


def _agreement(decision: Decision, answer: AccountUser | None) -> Agreement:
    """Return what HubSpot has confirmed by its answer; nothing of somebody who leaves."""
    if not decision.wanted or answer is None:
        return UNAGREED
    return confirmed_by(answer, decision.wanted, decision.agreement or UNAGREED)


def _looked(item: WorkItem, decision: Decision, outcome: Looked, epoch: int, now: Milliseconds) -> Settlement:
    """Take what HubSpot has for granted, and decide again.

    Whether somebody can sign in, the users API does not say. After a call on the SCIM channel the opposite of what is
    wanted is assumed, so that it is said once more: saying it twice does no harm.
    """
    delivery, user = item.delivery, outcome.user
    standing = None
    if user is not None:
        gone = delivery.access in (Access.NONE, Access.REMOVED)
        access = Access.ACTIVE if gone else delivery.access
        if item.uncertain == "scim":
            wanted = delivery.intent is Intent.PRESENT or _is_kept(item, now)
            access = Access.DEACTIVATED if wanted else Access.ACTIVE
            user = replace(user, active=not wanted)
        elif item.create_unsettled and user.active is False:
            return replace(_met(item, decision, Met(user), epoch, now), looked=True)
        origin = delivery.origin or (Origin.CREATED if item.create_unsettled else None)
        standing = Standing(user.hubspot_id, delivery.scim_id, origin, access, user.email, user)
    elif delivery.access not in (Access.NONE, Access.REMOVED):
        standing = _gone(item)
    summary = f"{_name(item)} was read at HubSpot: the outcome of an earlier attempt was not known"
    settlement = _settlement(item, epoch, "delivery.looked", summary, decision)
    return replace(settlement, standing=standing, retry_at=now, looked=True, attempts=delivery.attempts)


def _met(item: WorkItem, decision: Decision, outcome: Met, epoch: int, now: Milliseconds) -> Settlement:
    ours = item.create_unsettled and outcome.user.active is not False
    standing = Standing(
        hubspot_id=outcome.user.hubspot_id,
        scim_id=item.delivery.scim_id,
        origin=Origin.CREATED if ours else None,
        access=Access.ACTIVE if ours else Access.NONE,
        email=outcome.user.email,
        user=outcome.user,
    )
    whose = "created by us, its answer was lost" if ours else "there before us"
    summary = f"{_name(item)} was found at HubSpot: {whose}"
    settlement = _settlement(item, epoch, "delivery.met", summary, decision)
    return replace(settlement, standing=standing, retry_at=now)


def _failed(item: WorkItem, decision: Decision, outcome: Failed, epoch: int, now: Milliseconds) -> Settlement:
    name, attempts = _name(item), item.delivery.attempts + 1
    if outcome.trouble is Trouble.GONE:
        summary = f"{name} is no longer at HubSpot: deciding again"
        settlement = _failure(item, decision, outcome, epoch, "delivery.gone", summary)
        return replace(settlement, standing=_gone(item), retry_at=now, attempts=attempts)
    if outcome.trouble in (Trouble.TENANT, Trouble.CONNECTION):
        summary = f"{name}: {outcome.sentence}"
        settlement = _failure(item, decision, outcome, epoch, "delivery.stopped", summary)
        return replace(settlement, retry_at=now, attempts=item.delivery.attempts, last_error=outcome.sentence)
    choice = decide_retry(
        outcome.retry_as,
        attempts,
        now,
        retry_after=outcome.retry_after,
        seed=item.delivery.key,
        detail=outcome.sentence,
    )
    if isinstance(choice, RetryAt):
        summary = f"{name}: {outcome.sentence}"
        settlement = _failure(item, decision, outcome, epoch, "delivery.retry", summary)
        return replace(
            settlement,
            retry_at=choice.at,
            attempts=attempts,
            last_error=outcome.sentence,
            scim_id=outcome.scim_id,
        )
    held = _held(item, decision, choice, epoch)
    return replace(
        held,
        detail={**held.detail, "failure": outcome.code},
        attempts=attempts,
        last_error=outcome.sentence,
        scim_id=outcome.scim_id,
    )


def _failure(
    item: WorkItem, decision: Decision, outcome: Failed, epoch: int, kind: str, summary: str
) -> Settlement:
    """Write down an attempt that failed, with the code of `hubspot/failures.py`."""
    settlement = _settlement(item, epoch, kind, summary, decision)
    return replace(settlement, detail={**settlement.detail, "failure": outcome.code})


def _gone(item: WorkItem) -> Standing:
    delivery = item.delivery
    return Standing(delivery.hubspot_id, None, delivery.origin, Access.REMOVED, delivery.email, None)


def _held(item: WorkItem, decision: Decision, hold: Hold, epoch: int) -> Settlement:
    summary = f"{_name(item)} held: {hold.sentence}"
    settlement = _settlement(item, epoch, "delivery.held", summary, decision)
    detail = {**settlement.detail, "reason": hold.reason.value, "release": hold.release}
    return replace(
        settlement,
        hold_reason=hold.reason.value,
        hold_detail=hold.detail,
        retry_at=hold.until,
        detail=detail,
        standing=_renamed_by_hand(item),
    )


def _settlement(item: WorkItem, epoch: int, kind: str, summary: str, decision: Decision) -> Settlement:
    return Settlement(
        key=item.delivery.key,
        revision=item.delivery.desired_revision,
        epoch=epoch,
        kind=kind,
        summary=summary,
        agreement=decision.agreement,
        outdated=item.outdated,
        detail={"change": change_shown(decision.change), "reasons": reasons_shown(decision.placement)},
    )


def _name(item: WorkItem) -> str:
    return item.delivery.email or (item.person.user_name if item.person is not None else item.delivery.key)


def change_shown(change: Change) -> Mapping[str, Any]:
    """Return a change as the log and the plan show it: permission sets and teams by name."""
    differences = [
        {"field": each.field, "before": each.before, "after": each.after} for each in change.differences
    ]
    return {"kind": change.kind.value, "differences": differences}


def reasons_shown(placement: Placement | None) -> list[str]:
    """Return why a placement is what it is, in words; the rules that lost are named too."""
    return [] if placement is None else [reason.text for reason in placement.reasons]
