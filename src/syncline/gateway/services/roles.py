"""Roles and groups as the identity provider sends them: how many people have each, and what it leads to."""

from __future__ import annotations

from typing import Any

from syncline.gateway.domain.account import Account
from syncline.gateway.domain.near_misses import nearest
from syncline.gateway.domain.role_expressions import MEANING, RoleExpression, expression_of, findings
from syncline.gateway.domain.rules import Rule, RuleBook, RuleKind
from syncline.gateway.services.paging import refuse_page
from syncline.gateway.services.ports import GroupSeen, RoleSeen, Store
from syncline.gateway.services.showing import moment
from syncline.gateway.services.tenants import Tenants

MOST = 500


class Roles:
    """The `roles.seen` operation."""

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
    ) -> dict[str, Any]:
        """Return the roles and groups that no rule and no permission set matches, with the people who have them.

        `everything` returns those that are matched, too. A page looks at `limit` roles and groups each; the counts are
        kept as people come and go. `findings` says what is wrong with how roles arrive.
        """
        refuse_page(limit, MOST)
        found = await self._tenants.find(tenant)
        journal = self._store.journal
        book = RuleBook(tuple(await self._store.setup.rules(found.id)))
        connection = await self._store.setup.connection(found.id)
        account = None if connection is None else connection.account
        matched_names = account if found.policy.match_role_names else None
        received = await journal.count_roles_seen(found.id)
        roles = await journal.roles_seen(found.id, after, limit)
        groups = await journal.groups_seen(found.id, groups_after, limit)
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
            "next": roles[-1].role if len(roles) == limit else None,
            "next_group": groups[-1].ordinal if len(groups) == limit else None,
        }


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
