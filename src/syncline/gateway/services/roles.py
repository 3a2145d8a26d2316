"""Roles and groups as the identity provider sends them: how many people have each, and what it leads to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import orjson

from syncline.gateway.domain.account import Account
from syncline.gateway.domain.attributes import attribute_texts
from syncline.gateway.domain.near_misses import nearest
from syncline.gateway.domain.role_expressions import MEANING, RoleExpression, expression_of, findings
from syncline.gateway.domain.rules import Rule, RuleBook, RuleKind
from syncline.gateway.services.paging import refuse_page
from syncline.gateway.services.ports import GroupSeen, RoleSeen, Store
from syncline.gateway.services.showing import moment
from syncline.gateway.services.tenants import Tenants
from syncline.scim.names import comparison_key
from syncline.scim.schemas import USER
from syncline.scimserver.store import Query

MOST = 500
LOOKED_AT = 200
"""People whose attributes are looked at."""
VALUES = 50
"""Values of one attribute that are told."""
ATTRIBUTES: Final = (
    "department",
    "division",
    "organization",
    "costCenter",
    "title",
    "userType",
    "preferredLanguage",
    'addresses[type eq "work"].country',
    'addresses[type eq "work"].locality',
)
"""What rules mostly look at; of a person's own, such as a name or a number, there is no rule to make."""


class Roles:
    """The `roles.*` operations."""

    def __init__(self, store: Store, tenants: Tenants) -> None:
        self._store = store
        self._tenants = tenants

    async def seen(
        self,
        actor: str,
        tenant: str,
        everything: bool = False,
        limit: int = 50,
        after: str = "",
        groups_after: int = 0,
        search: str | None = None,
    ) -> dict[str, Any]:
        """Return the roles and groups that no rule and no permission set matches, with the people who have them.

        `everything` returns those that are matched, too. A page looks at `limit` roles and groups each; the counts are
        kept as people come and go. `findings` says what is wrong with how roles arrive. `search` is a part of a name,
        in any case: of what has it in its name the first `limit` are returned, roles from among the first 500.
        """
        refuse_page(limit, MOST)
        found = await self._tenants.find(tenant)
        journal = self._store.journal
        book = RuleBook(tuple(await self._store.setup.rules(found.id)))
        connection = await self._store.setup.connection(found.id)
        account = None if connection is None else connection.account
        matched_names = account if found.policy.match_role_names else None
        received = await journal.count_roles_seen(found.id)
        if search is None:
            roles = await journal.roles_seen(found.id, after, limit)
            groups = await journal.groups_seen(found.id, groups_after, limit)
        else:
            roles = _with(search, await journal.roles_seen(found.id, after, MOST))[:limit]
            groups = await journal.groups_like(found.id, search, limit)
        more = search is None
        expression = expression_of(await journal.role_forms(found.id))
        role_rules = sum(rule.kind is RuleKind.ROLE for rule in book.ordered)
        shown = [_role(each, book, matched_names) for each in roles]
        shown_groups = [_group(each, book) for each in groups]
        return {
            "role_rules": role_rules,
            "roles_received": received,
            "expression": _expression(expression),
            "findings": findings(
                role_rules, received, expression, match_role_names=found.policy.match_role_names
            ),
            "roles": [each for each in shown if everything or each["matched_by"] is None],
            "groups": [each for each in shown_groups if everything or each["matched_by"] is None],
            "next": roles[-1].role if more and len(roles) == limit else None,
            "next_group": groups[-1].ordinal if more and len(groups) == limit else None,
        }

    async def attributes(self, actor: str, tenant: str) -> dict[str, Any]:
        """Return what rules can look at besides roles and groups: attributes, and values they have.

        Told from the first `LOOKED_AT` people, so that it costs the same for any number of them: a value that few have
        may be missing.
        """
        found = await self._tenants.find(tenant)
        query = Query(None, 1, LOOKED_AT)
        page = await self._store.directory.query(found.id, USER, query, frozenset())
        people = [orjson.loads(each.document) for each in page.resources]
        counted = {path: _values(people, path) for path in ATTRIBUTES}
        return {
            "looked_at": len(people),
            "attributes": [
                {
                    "attribute": path,
                    "values": [
                        {"value": value, "people": count}
                        for value, count in sorted(values.items(), key=lambda each: (-each[1], each[0]))[
                            :VALUES
                        ]
                    ],
                }
                for path, values in counted.items()
                if values
            ],
        }


def _with(search: str, roles: Sequence[RoleSeen]) -> list[RoleSeen]:
    return [each for each in roles if comparison_key(search) in comparison_key(each.role)]


def _values(people: Sequence[dict[str, Any]], path: str) -> Counter[str]:
    return Counter(text for person in people for text in set(attribute_texts(person, path)))


def _role(seen: RoleSeen, book: RuleBook, account: Account | None) -> dict[str, Any]:
    rule = book.by_role.get(seen.role)
    named = account is not None and account.permission_sets_named(seen.role)
    matched_by = f"rule {rule.id}" if rule is not None else ("permission set" if named else None)
    names = account.permission_set_names() if account is not None else ()
    near = None if matched_by else nearest(seen.role, book.candidates(names))
    return {
        "role": seen.role,
        "people": seen.people,
        "last_change": moment(seen.last_at),
        "matched_by": matched_by,
        "did_you_mean": near,
    }


def _group(seen: GroupSeen, book: RuleBook) -> dict[str, Any]:
    rule = next((each for each in book.ordered if _looks_at(each, seen.id)), None)
    return {
        "id": seen.id,
        "display_name": seen.display_name,
        "members": seen.members,
        "matched_by": None if rule is None else f"rule {rule.id}",
    }


def _looks_at(rule: Rule, group_id: str) -> bool:
    return rule.kind is RuleKind.GROUP and rule.match == group_id


def _expression(expression: RoleExpression | None) -> dict[str, Any] | None:
    if expression is None:
        return None
    return {
        "name": expression.value,
        "only_adds": expression is RoleExpression.COMPLEX,
        "meaning": MEANING[expression],
    }
