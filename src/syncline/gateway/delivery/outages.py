"""Telling an outage of HubSpot from the failure of a person: by who has failed in a row."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from syncline.gateway.domain.health import is_outage
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Failed, Outcome, Trouble, WorkItem


@dataclass(slots=True)
class _Row:
    """The keys of those who have failed since HubSpot last answered, by channel."""

    api: set[str] = field(default_factory=set)
    scim: set[str] = field(default_factory=set)


class Outages:
    """Remembers per tenant who has failed since HubSpot last answered; forgotten with the process, and soon learnt."""

    def __init__(self) -> None:
        self._failing: dict[TenantId, _Row] = {}

    def judge(self, tenant_id: TenantId, item: WorkItem, outcome: Outcome, *, probing: bool) -> Outcome:
        """Return the outcome as it is, or as trouble of the connection when it looks like an outage.

        While the connection is `probing` one such failure is enough. An outage of the SCIM channel alone concerns only
        those who need it.
        """
        if not isinstance(outcome, Failed) or not outcome.outage:
            self._failing.pop(tenant_id, None)
            return outcome
        if outcome.trouble is not Trouble.LATER:
            return outcome
        row = self._failing.setdefault(tenant_id, _Row())
        failing = row.scim if outcome.over_scim else row.api
        failing.add(item.delivery.key)
        tries = 0 if outcome.reached else item.delivery.attempts + 1
        if not probing and not is_outage(len(failing), tries):
            return outcome
        alone = outcome.over_scim and not probing
        return replace(outcome, trouble=Trouble.CHANNEL if alone else Trouble.CONNECTION)
