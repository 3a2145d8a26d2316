from __future__ import annotations

from typing import Any

import pytest

from syncline.gateway.domain.attributes import AttributePath, attribute_texts, parse_attribute_path
from syncline.gateway.domain.errors import Invalid
from syncline.gateway.domain.rules import Rule, RuleKind, in_order, matches

from .builders import ENTERPRISE, attribute_rule, group_rule, make_person, role_rule

RESOURCE: dict[str, Any] = {
    "userName": "ada@example.com",
    "title": "Analyst",
    "active": True,
    "name": {"givenName": "Ada"},
    "addresses": [
        {"type": "work", "locality": "London"},
        {"type": "other", "formatted": "Room 7"},
    ],
    "emails": [{"value": "a@example.com"}, {"value": "b@example.com"}],
    ENTERPRISE: {"department": "Sales", "manager": {"value": "u9", "displayName": "Boss"}},
    "urn:ietf:params:scim:schemas:extension:Acme:2.0:User": {"costGroup": 42},
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("title", ("Analyst",)),
        ("TITLE", ("Analyst",)),
        ("name.givenName", ("Ada",)),
        ("active", ("true",)),
        ("department", ("Sales",)),
        (f"{ENTERPRISE}:department", ("Sales",)),
        (f"{ENTERPRISE}:manager", ("u9",)),
        ("manager.displayName", ("Boss",)),
        ("urn:ietf:params:scim:schemas:core:2.0:User:title", ("Analyst",)),
        ("urn:ietf:params:scim:schemas:extension:Acme:2.0:User:costGroup", ("42",)),
        ("emails", ("a@example.com", "b@example.com")),
        ("emails.value", ("a@example.com", "b@example.com")),
        ('addresses[type eq "other"].formatted', ("Room 7",)),
        ('addresses[type eq "work"].locality', ("London",)),
        ("addresses.locality", ("London",)),
        ("nickName", ()),
        ("name", ()),
        ("urn:unknown:User:costGroup", ()),
        ("title.value", ()),
    ],
)
def test_an_attribute_is_read_by_the_path_an_operator_writes(path: str, expected: tuple[str, ...]) -> None:
    assert expected == attribute_texts(RESOURCE, path)


@pytest.mark.parametrize(
    "path", ["", "a b", "1st", "a..b", 'x[primary eq "true"]', "urn:x:", "a" * 301, "a.b.c"]
)
def test_what_is_no_attribute_is_refused_with_examples(path: str) -> None:
    with pytest.raises(Invalid, match="is not an attribute: write title"):
        parse_attribute_path(path)


def test_a_path_is_parsed_into_its_parts() -> None:
    assert AttributePath(None, "addresses", "work", "locality") == parse_attribute_path(
        'addresses[type eq "Work"].Locality'
    )


def test_roles_compare_exactly() -> None:
    rule = role_rule("Sales User")

    assert [
        matches(rule, make_person(roles=(role,))) for role in ("Sales User", "sales user", "Sales User ")
    ] == [True, False, False]


def test_an_attribute_rule_needs_the_value_it_should_equal() -> None:
    with pytest.raises(Invalid, match="needs the value"):
        Rule(id="r", position=1, kind=RuleKind.ATTRIBUTE, match="title")


def test_an_attribute_rule_on_no_attribute_cannot_exist() -> None:
    with pytest.raises(Invalid):
        attribute_rule("not an attribute", "x")


def test_any_value_of_a_multi_valued_attribute_may_match() -> None:
    person = make_person(emails=[{"value": "a@example.com"}, {"value": "b@example.com"}])

    assert matches(attribute_rule("emails", "b@example.com"), person)


def test_a_rule_tells_its_condition_in_words() -> None:
    rules = (role_rule("Manager"), group_rule("g1"), attribute_rule("department", "Sales"))

    assert [rule.when for rule in rules] == ["role = Manager", "group = g1", "department = Sales"]


def test_rules_are_tried_by_position_and_then_by_id() -> None:
    rules = tuple(role_rule("x", rule_id=name, position=at) for name, at in (("b", 1), ("c", 0), ("a", 1)))

    assert [rule.id for rule in in_order(rules)] == ["c", "a", "b"]
