"""Counting the roles that identity providers send, as they come and go, so that nobody has to look through everybody.

A user whose roles stay as they are costs nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from syncline.clock import Milliseconds
from syncline.gateway.domain.role_expressions import RoleForm, form_of
from syncline.gateway.store.tables import roles_seen
from syncline.scim.patch import Patch
from syncline.sql.rows import Needs, Row, Rows

ROLE, FORM = "role", "form"
_KEY = ("tenant_id", "kind", "name")
_FORMS = {form: form.value for form in RoleForm}
_MINUTE: Milliseconds = 60_000
MAX_NAME = 300
"""Longer role values are counted under their beginning."""


def count_roles(
    rows: Rows, tenant_id: str, before: Mapping[str, Any], after: Mapping[str, Any], at: Milliseconds
) -> None:
    """Count a user's roles in and out. `before` is empty for a new user, `after` for one who is deleted."""
    was, now = before.get("roles"), after.get("roles")
    if was == now:
        return
    gone, come = _names(was), _names(now)
    for name in sorted(gone ^ come):
        _add(rows, tenant_id, name, 1 if name in come else -1, at)


def note_form(rows: Rows, tenant_id: str, roles: Any, at: Milliseconds) -> None:
    """Remember how the roles of a whole user were written."""
    form = form_of(roles or ())
    if form is not None:
        _note(rows, tenant_id, form, at)


def note_patch(rows: Rows, tenant_id: str, patch: Patch, at: Milliseconds) -> None:
    """Remember how a PATCH wrote roles; one that does not is no matter."""
    for form in dict.fromkeys(_forms(patch)):
        _note(rows, tenant_id, form, at)


def role_needs(sent: Iterable[tuple[str, Any]]) -> Needs:
    """Return what is looked at for whole users: of each his tenant, and his roles as they were sent."""
    keys = set()
    for tenant_id, roles in sent:
        form = form_of(roles or ())
        if form is not None:
            keys.add((tenant_id, FORM, _FORMS[form]))
            keys.update([(tenant_id, ROLE, name) for name in _names(roles)])
    return Needs(roles_seen, _KEY, keys)


def _forms(patch: Patch) -> list[RoleForm]:
    found = []
    for change in patch.changes:
        path = change.target.path
        if path.attribute is None or path.attribute.name != "roles" or path.urn is not None:
            continue
        if change.target.filter is not None:
            found.append(RoleForm.PRIMARY)
        elif change.op == "add":
            found.append(RoleForm.ADDED)
        elif change.op == "replace":
            found.append(RoleForm.REPLACED)
    return found


def _names(roles: Any) -> set[str]:
    return {value[:MAX_NAME] for role in roles if (value := role.get("value"))} if roles else set()


def _note(rows: Rows, tenant_id: str, form: RoleForm, at: Milliseconds) -> None:
    """Remember that a form was seen, to the minute: during a cycle it is seen with every user."""
    name = _FORMS[form]
    row = rows.get(roles_seen, tenant_id, FORM, name)
    if row is None:
        rows.insert(
            roles_seen, {"tenant_id": tenant_id, "kind": FORM, "name": name, "count": 1, "last_at": at}
        )
    elif at - row["last_at"] > _MINUTE:
        rows.update(roles_seen, (tenant_id, FORM, name), last_at=at)


def _add(rows: Rows, tenant_id: str, name: str, change: int, at: Milliseconds) -> None:
    """Change how many people have a role; one that nobody has is forgotten."""
    row = rows.get(roles_seen, tenant_id, ROLE, name)
    count = change + (0 if row is None else row["count"])
    if count <= 0:
        rows.delete(roles_seen, tenant_id, ROLE, name)
    elif row is None:
        seen: Row = {"tenant_id": tenant_id, "kind": ROLE, "name": name, "count": count, "last_at": at}
        rows.insert(roles_seen, seen)
    else:
        rows.update(roles_seen, (tenant_id, ROLE, name), count=count, last_at=at)
