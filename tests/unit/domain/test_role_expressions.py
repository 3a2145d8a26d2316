"""Entra's three role expressions, told from how roles arrive."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.gateway.domain.role_expressions import (
    RoleExpression,
    RoleForm,
    expression_of,
    findings,
    form_of,
)


@pytest.mark.parametrize(
    ("last_seen", "expression"),
    [
        ({}, None),
        ({RoleForm.LISTED: 5}, None),
        ({RoleForm.PRIMARY: 1, RoleForm.LISTED: 5}, RoleExpression.SINGLE),
        ({RoleForm.ADDED: 1, RoleForm.LISTED: 5}, RoleExpression.COMPLEX),
        ({RoleForm.ADDED: 1, RoleForm.REPLACED: 2}, RoleExpression.ASSERTIVE),
        ({RoleForm.ADDED: 3, RoleForm.REPLACED: 2}, RoleExpression.COMPLEX),
    ],
)
def test_the_last_form_that_tells_decides(
    last_seen: dict[RoleForm, int], expression: RoleExpression | None
) -> None:
    assert expression == expression_of(last_seen)


@pytest.mark.parametrize(
    ("roles", "form"),
    [
        ([], None),
        ([{"value": "Lead", "primary": True}], RoleForm.PRIMARY),
        ([{"value": "Lead", "primary": False}], RoleForm.LISTED),
        ([{"value": "Lead"}, {"value": "Boss"}], RoleForm.LISTED),
    ],
)
def test_the_form_of_a_list_of_roles(roles: list[Any], form: RoleForm | None) -> None:
    assert form == form_of(roles)


def test_what_is_wrong_is_said_in_a_sentence() -> None:
    none = findings(3, 0, None, match_role_names=False)

    assert ["3 role rules, 0 roles received: add the role expression in Entra."] == none
    assert [] == findings(0, 0, None, match_role_names=False)
    assert [] == findings(3, 2, RoleExpression.ASSERTIVE, match_role_names=True)
    [sentence] = findings(1, 2, RoleExpression.COMPLEX, match_role_names=False)
    assert "Use AssertiveAppRoleAssignmentsComplex instead." in sentence
    [sentence] = findings(0, 0, None, match_role_names=True)
    assert "0 roles received" in sentence
