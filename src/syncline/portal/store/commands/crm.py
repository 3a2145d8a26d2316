"""Writing to the CRM records of users."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import orjson

from syncline.clock import Milliseconds
from syncline.portal.domain.crm import Record, check_properties, no_such_record, written
from syncline.portal.store.mapping import user_from
from syncline.portal.store.tables import account_users, crm_properties
from syncline.sql.rows import Need, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRecord:
    """Write properties of a user's record and return it; `ObjectNotFound`, `ValidationError`."""

    portal_id: int
    user_id: int
    properties: Mapping[str, str | None]
    now: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return [
            Need(table, ("portal_id", "user_id"), (self.portal_id, self.user_id))
            for table in (account_users, crm_properties)
        ]

    def apply(self, rows: Rows) -> Record:
        row = rows.get(account_users, self.portal_id, self.user_id)
        if row is None or row["removed_at"] is not None:
            raise no_such_record(str(self.user_id))
        check_properties(self.properties)
        user = user_from(row)
        kept = rows.get(crm_properties, self.portal_id, self.user_id)
        before = {} if kept is None else orjson.loads(kept["properties"])
        after = written(before, self.properties)
        if after == before:
            return Record(user, before)
        text = orjson.dumps(after).decode()
        if kept is None:
            rows.insert(
                crm_properties, {"portal_id": self.portal_id, "user_id": self.user_id, "properties": text}
            )
        else:
            rows.update(crm_properties, (self.portal_id, self.user_id), properties=text)
        updated_at = max(self.now, user.updated_at)
        rows.update(account_users, (self.portal_id, self.user_id), updated_at=updated_at)
        return Record(replace(user, updated_at=updated_at), after)
