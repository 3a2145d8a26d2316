"""Which row delivers a person, and what happens when e-mails change hands.

One row of `deliveries` stands for one e-mail at HubSpot. A SCIM user *claims* the row of the e-mail it should have
there. The row outlives the user, so deleting and re-creating somebody, or two users swapping e-mails, can never let an
older intent overtake a newer one:

* a free row is taken;
* a row that somebody else holds is not: the newcomer waits on a row of its own, keyed by its SCIM id;
* a rename moves the person's HubSpot identity to the row of the new e-mail and leaves the old row locked until HubSpot
  has the new e-mail, so that nobody can be mistaken for the one who left it;
* whoever waits for a row gets it when it is given up.
"""

from __future__ import annotations

from msgspec import Struct

from syncline.clock import Milliseconds
from syncline.gateway.domain.delivery import Access, Intent, Urgency
from syncline.gateway.domain.person import email_key
from syncline.gateway.services.ports import Cause
from syncline.gateway.store.tables import deliveries, tenants, users
from syncline.sql.layout import layout_of
from syncline.sql.rows import Row, Rows

NO_EMAIL = "scim:"
"""Prefix of the key of a person without a row of an e-mail: no e-mail can contain it before its ``@``."""

# The values are looked up once: a member of an enumeration gives its own at the price of a look-up in a row.
_PRESENT = (Intent.PRESENT.value, int(Urgency.NORMAL))
_DEACTIVATED = (Intent.DEACTIVATED.value, int(Urgency.URGENT))
_AT_HUBSPOT = {Access.ACTIVE.value, Access.DEACTIVATED.value, Access.STRIPPED.value}


class Claimant(Struct, frozen=True):
    """A SCIM user as far as delivery is concerned: who it is, which e-mail it should have, whether it is active."""

    tenant_id: str
    user_id: str
    email: str | None
    active: bool

    @property
    def own_key(self) -> str:
        """The key of this user's own row, used while no e-mail's row can be had."""
        return NO_EMAIL + self.user_id

    @property
    def wanted_key(self) -> str:
        """The key of the row this user should be delivered by."""
        return self.own_key if self.email is None else email_key(self.email)

    def awaited_key(self, delivery_key: str) -> str | None:
        """Return the key of the e-mail this user waits for while that row delivers it; None for one that does not."""
        wanted = self.wanted_key
        return None if self.email is None or wanted == delivery_key else wanted


def claim(rows: Rows, claimant: Claimant, current_key: str | None, cause: Cause) -> str:
    """Mark the person for delivery and return the key of the row that now delivers it."""
    wanted = claimant.wanted_key
    if wanted == current_key:
        _touch(rows, claimant, wanted, cause, claimed_by=None)
        return wanted
    holder = _holder(rows, claimant, wanted, takes_along=_is_at_hubspot(rows, claimant, current_key))
    if holder is not None:
        key = current_key or claimant.own_key
        _touch(rows, claimant, key, cause, claimed_by=holder)
        return key
    if current_key is None:
        _touch(rows, claimant, wanted, cause, claimed_by=None)
    else:
        _move(rows, claimant, current_key, wanted, cause)
    return wanted


def give_up(rows: Rows, tenant_id: str, key: str, cause: Cause) -> None:
    """Mark the row of a deleted user: the leaver policy for deletion applies, unless somebody waits for the e-mail."""
    row = rows.get(deliveries, tenant_id, key)
    if row is None:
        return
    rows.update(
        deliveries,
        (tenant_id, key),
        **_marked(rows, tenant_id, row, cause, int(Urgency.URGENT)),
        user_id=None,
        intent=Intent.DELETED.value,
        claimed_by=None,
    )
    offer(rows, tenant_id, key, cause)


def offer(rows: Rows, tenant_id: str, key: str, cause: Cause) -> None:
    """Give a row that has become free to the user who has waited longest for its e-mail."""
    waiting = rows.find(users, tenant_id=tenant_id, awaited_key=key)
    for user in sorted(waiting, key=lambda row: row["ordinal"]):
        held = rows.get(deliveries, tenant_id, user["delivery_key"])
        wanted = held["wanted_email"] if held is not None else None
        claimant = Claimant(tenant_id, user["id"], wanted or key, user["active"])
        new_key = claim(rows, claimant, user["delivery_key"], cause)
        awaited_key = claimant.awaited_key(new_key)
        rows.update(users, (tenant_id, user["id"]), awaited_key=awaited_key, delivery_key=new_key)
        if new_key == key:
            return


def _is_at_hubspot(rows: Rows, claimant: Claimant, key: str | None) -> bool:
    """Tell whether the claimant would take a HubSpot user of his own along to another row."""
    row = None if key is None else rows.get(deliveries, claimant.tenant_id, key)
    return row is not None and _may_be_at_hubspot(row)


def _may_be_at_hubspot(row: Row) -> bool:
    return any(row[name] is not None for name in ("hubspot_id", "renamed_from", "uncertain"))


def _holder(rows: Rows, claimant: Claimant, key: str, *, takes_along: bool) -> str | None:
    """Return who keeps the row of `key` from the claimant, or None when it is free to take."""
    row = rows.get(deliveries, claimant.tenant_id, key)
    for debtor in rows.find(deliveries, tenant_id=claimant.tenant_id, renamed_key=key):
        if debtor["user_id"] != claimant.user_id:
            return str(debtor["user_id"] or debtor["email"])
    if row is None or row["user_id"] == claimant.user_id:
        return None
    if row["user_id"] is not None:
        return str(row["user_id"])
    if takes_along and (row["access"] in _AT_HUBSPOT or row["uncertain"] is not None):
        return f"HubSpot user {row['hubspot_id']}"
    return None


def _touch(rows: Rows, claimant: Claimant, key: str, cause: Cause, *, claimed_by: str | None) -> None:
    row = rows.get(deliveries, claimant.tenant_id, key)
    intent, urgency = _PRESENT if claimant.active else _DEACTIVATED
    # While the claimant waits for an e-mail somebody else holds, its row goes on standing for the old one.
    email = claimant.email if claimed_by is None else (row["email"] if row is not None else None)
    changes = {
        **_marked(rows, claimant.tenant_id, row or _BLANK, cause, urgency),
        "email": email,
        "wanted_email": claimant.email,
        "user_id": claimant.user_id,
        "intent": intent,
        "claimed_by": claimed_by,
        "moved_to": None,
        "kept_until": _kept_on(row, claimant),
    }
    if row is None:
        rows.insert(deliveries, {**_BLANK, "tenant_id": claimant.tenant_id, "key": key, **changes})
    else:
        rows.update(deliveries, (claimant.tenant_id, key), **changes)


def _kept_on(row: Row | None, claimant: Claimant) -> Milliseconds | None:
    """Return the end of the person's exception: it is over when he is active again, and nobody else inherits it."""
    if row is None or claimant.active or row["user_id"] != claimant.user_id:
        return None
    end: Milliseconds | None = row["kept_until"]
    return end


def _move(rows: Rows, claimant: Claimant, old_key: str, new_key: str, cause: Cause) -> None:
    """Carry the person's HubSpot identity from the row of the old e-mail to the row of the new one."""
    _touch(rows, claimant, new_key, cause, claimed_by=None)
    old = rows.get(deliveries, claimant.tenant_id, old_key)
    if old is None:
        return
    if _may_be_at_hubspot(old):
        known_as = old["renamed_from"] or old["email"]
        back_again = known_as is not None and email_key(known_as) == new_key
        rows.update(
            deliveries,
            (claimant.tenant_id, new_key),
            hubspot_id=old["hubspot_id"],
            scim_id=old["scim_id"],
            origin=old["origin"],
            access=old["access"],
            uncertain=old["uncertain"],
            kept_until=None if claimant.active else old["kept_until"],
            agreement=old["agreement"],
            drifted=old["drifted"],
            **owing(None if back_again else known_as),
        )
    rows.update(
        deliveries,
        (claimant.tenant_id, old_key),
        user_id=None,
        intent=Intent.RELEASED.value,
        due_at=None,
        delivered_revision=old["desired_revision"],
        hubspot_id=None,
        scim_id=None,
        origin=None,
        access=Access.NONE.value,
        uncertain=None,
        may_reactivate=False,
        kept_until=None,
        agreement=None,
        drifted=False,
        **owing(None),
        claimed_by=None,
        hold_reason=None,
        hold_detail=None,
        moved_to=new_key,
    )
    offer(rows, claimant.tenant_id, old_key, cause)


def owing(known_as: str | None) -> Row:
    """Return the columns of a row that owes HubSpot a rename from that e-mail; None for one that does not."""
    return {"renamed_from": known_as, "renamed_key": None if known_as is None else email_key(known_as)}


def _marked(rows: Rows, tenant_id: str, row: Row, cause: Cause, urgency: int) -> Row:
    """Return the columns of a row that has something new to deliver, at once."""
    tenant = rows.get(tenants, tenant_id)
    return {
        "desired_revision": row["desired_revision"] + 1,
        # It is due, so it will be decided on the newest set-up anyway: not a second time for being stale.
        "decided_epoch": row["decided_epoch"] if tenant is None else tenant["placement_epoch"],
        "urgency": urgency,
        "due_at": cause.at,
        "attempts": 0,
        "correlation_id": cause.correlation_id,
        "hold_reason": None,
        "hold_detail": None,
        "last_error": None,
    }


_BLANK: Row = layout_of(deliveries).complete(
    {
        "intent": Intent.RELEASED.value,
        "desired_revision": 0,
        "delivered_revision": 0,
        "decided_epoch": 0,
        "urgency": int(Urgency.NORMAL),
        "attempts": 0,
        "correlation_id": "",
        "access": Access.NONE.value,
        "may_reactivate": False,
        "drifted": False,
    }
)
"""A delivery about which nothing is known and nothing is asked."""
