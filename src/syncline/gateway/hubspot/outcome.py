"""What came of one change: confirmed, failed, or met somebody who was there already."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.gateway.domain.account import AccountUser
from syncline.gateway.domain.delivery import Access
from syncline.gateway.hubspot.failures import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """HubSpot confirmed it. `user` is how HubSpot shows the person now, None when there is none any more.

    `scim_id` is None while the person is not known to be a SCIM user. `notes` are sentences for the log. With
    `pending` a part of the change is still to come, and `user` shows that it is not there yet.
    """

    user: AccountUser | None
    access: Access
    hubspot_id: str | None
    scim_id: str | None = None
    notes: tuple[str, ...] = ()
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """HubSpot did not confirm it. What was done before the failure is done again, without harm, the next time.

    `scim_id` is the person's SCIM user as far as it was found out, and safe to remember.
    """

    failure: Failure
    scim_id: str | None = None


@dataclass(frozen=True, slots=True)
class Existing:
    """A create met a user of that e-mail, and nothing was changed: it is to be decided again, as an adoption."""

    user: AccountUser


Outcome = Delivered | Failed | Existing
