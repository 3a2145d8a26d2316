"""Ordering faults, and the two things they do that nothing else does."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import msgspec

from syncline.clock import Milliseconds
from syncline.portal.domain.tokens import TokenKind
from syncline.portal.faults.order import Fault
from syncline.portal.store.commands.installs import uninstall
from syncline.portal.store.numbers import next_number
from syncline.portal.store.project_rows import project_apps, scim_app
from syncline.portal.store.tables import faults, installs, tokens
from syncline.sql.rows import Need, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFault:
    """Order a fault for an account and return its number."""

    portal_id: int
    fault: Fault

    def prefetch(self) -> Iterable[Need]:
        return ()

    def apply(self, rows: Rows) -> int:
        number = next_number(rows, "fault")
        rule = msgspec.json.encode(self.fault).decode()
        rows.insert(faults, {"portal_id": self.portal_id, "id": number, "rule": rule})
        return number


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearFaults:
    """Cancel the orders with these numbers, or all of the account's; return how many there were."""

    portal_id: int
    numbers: Collection[int] | None = None

    def prefetch(self) -> Iterable[Need]:
        return [Need(faults, ("portal_id",), (self.portal_id,))]

    def apply(self, rows: Rows) -> int:
        found = [
            row["id"]
            for row in rows.find(faults, portal_id=self.portal_id)
            if self.numbers is None or row["id"] in self.numbers
        ]
        for number in found:
            rows.delete(faults, self.portal_id, number)
        return len(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeEverything:
    """Uninstall every app of an account but its SCIM app, and revoke its static API tokens; SCIM goes on."""

    portal_id: int
    now: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return [Need(table, ("portal_id",), (self.portal_id,)) for table in (installs, tokens)]

    def apply(self, rows: Rows) -> None:
        claim = scim_app(rows, self.portal_id)
        spared = {
            app.client_id
            for app in project_apps(rows, self.portal_id)
            if claim is not None and app.project_id == claim[0].project_id
        }
        for row in rows.find(installs, portal_id=self.portal_id):
            if row["uninstalled_at"] is None and row["client_id"] not in spared:
                uninstall(rows, self.portal_id, row["client_id"], actor=None, now=self.now)
        for row in rows.find(tokens, portal_id=self.portal_id):
            if row["kind"] == TokenKind.API.value and row["revoked_at"] is None:
                rows.update(tokens, (row["id"],), revoked_at=self.now)
