"""Compiled filters against the plainest evaluator one could write from RFC 7644 §3.4.2.2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from syncline.scim.filter import (
    And,
    Comparison,
    Filter,
    Not,
    Or,
    Present,
    ValuePath,
    compile_filter,
    equalities,
    parse_filter,
)
from syncline.scim.schemas import USER
from tests.unit.scim.samples import ENTERPRISE, quick, user

TEXTS = st.sampled_from(["", "a", "A", "ab", "b", "Ba"])
TYPES = st.sampled_from(["work", "home", "other"])
OPTIONAL_TEXTS = st.none() | TEXTS
EMAILS = st.lists(
    st.fixed_dictionaries({}, optional={"value": TEXTS, "type": TYPES, "primary": st.just(False)}), max_size=3
)
USERS = st.fixed_dictionaries(
    {},
    optional={
        "title": OPTIONAL_TEXTS,
        "externalId": OPTIONAL_TEXTS,
        "active": st.booleans(),
        "name": st.fixed_dictionaries({"givenName": OPTIONAL_TEXTS, "familyName": OPTIONAL_TEXTS}),
        "emails": EMAILS,
        ENTERPRISE: st.fixed_dictionaries({"department": OPTIONAL_TEXTS, "manager": OPTIONAL_TEXTS}),
    },
)

PATHS = [
    "title",
    "externalId",
    "name.givenName",
    "emails",
    "emails.type",
    "department",
    f"{ENTERPRISE}:manager",
]
OPERATORS = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]
COMPARISONS = st.builds(
    '{} {} "{}"'.format, st.sampled_from(PATHS), st.sampled_from(OPERATORS), TEXTS
) | st.sampled_from(
    ["active eq true", "active ne true", 'active eq "False"', "title eq null", "emails ne null"]
)
ATOMS = COMPARISONS | st.sampled_from([*PATHS, "name", "active", ENTERPRISE + ":department"]).map(
    "{} pr".format
)
INNER = st.recursive(
    st.builds(
        '{} {} "{}"'.format, st.sampled_from(["type", "value"]), st.sampled_from(OPERATORS), TEXTS | TYPES
    )
    | st.sampled_from(["value pr", "type pr", "primary eq false"]),
    lambda inner: (
        st.builds("({} and {})".format, inner, inner)
        | st.builds("({} or {})".format, inner, inner)
        | st.builds("not ({})".format, inner)
    ),
    max_leaves=4,
)
FILTERS = st.recursive(
    ATOMS | INNER.map("emails[{}]".format) | st.builds('emails[{}].value eq "{}"'.format, INNER, TEXTS),
    lambda inner: (
        st.builds("({} and {})".format, inner, inner)
        | st.builds("({} or {})".format, inner, inner)
        | st.builds("{} and {} or {}".format, ATOMS, ATOMS, ATOMS)
        | st.builds("not ({})".format, inner)
    ),
    max_leaves=6,
)


def values_at(scope: dict[str, Any], names: list[str]) -> list[Any]:
    """Every value found by following the names, through lists."""
    found: list[Any] = [scope]
    for name in names:
        found = [item for value in found for item in as_list(value.get(name))]
    return found


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def present(value: Any) -> bool:
    if isinstance(value, dict):
        return any(present(item) for item in value.values())
    return bool(value != "")


TESTS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": lambda value, wanted: value == wanted,
    "co": lambda value, wanted: wanted in value,
    "sw": lambda value, wanted: value.startswith(wanted),
    "ew": lambda value, wanted: value.endswith(wanted),
    "gt": lambda value, wanted: value > wanted,
    "ge": lambda value, wanted: value >= wanted,
    "lt": lambda value, wanted: value < wanted,
    "le": lambda value, wanted: value <= wanted,
}


def compare(operator: str, exact: bool, value: Any, wanted: Any) -> bool:
    if isinstance(value, str) and not exact:
        value, wanted = value.lower(), wanted.lower()
    return bool(TESTS[operator](value, wanted))


def naive(node: Filter, scope: dict[str, Any], element: bool = False) -> bool:
    if isinstance(node, And):
        return naive(node.left, scope, element) and naive(node.right, scope, element)
    if isinstance(node, Or):
        return naive(node.left, scope, element) or naive(node.right, scope, element)
    if isinstance(node, Not):
        return not naive(node.filter, scope, element)
    assert node.path.attribute is not None
    names = [] if element else [name for name in (node.path.urn, node.path.attribute.name) if name]
    if isinstance(node, ValuePath):
        return any(naive(node.filter, item, True) for item in values_at(scope, names))
    names += [node.path.sub.name] if node.path.sub else []
    return compared(node, scope, names)


def compared(node: Comparison | Present, scope: dict[str, Any], names: list[str]) -> bool:
    found = values_at(scope, names)
    if isinstance(node, Present):
        return any(map(present, found))
    if node.value is None:
        return any(map(present, found)) == (node.operator == "ne")
    leaf = node.path.sub or node.path.attribute
    assert leaf is not None
    if node.operator != "ne":
        return any(compare(node.operator, leaf.case_exact, value, node.value) for value in found)
    owners = values_at(scope, names[:-1])
    lacking = not owners or any(owner.get(names[-1]) is None for owner in owners)
    return lacking or any(not compare("eq", leaf.case_exact, value, node.value) for value in found)


@quick
@given(USERS, FILTERS)
def test_a_compiled_filter_says_what_the_plain_reading_says(attributes: dict[str, Any], text: str) -> None:
    resource = user(**attributes)
    found = parse_filter(text, USER)

    assert naive(found, resource) == compile_filter(found)(resource)


@quick
@given(USERS, FILTERS)
def test_what_an_index_is_offered_is_necessary(attributes: dict[str, Any], text: str) -> None:
    resource = user(**attributes)
    found = parse_filter(text, USER)
    if not compile_filter(found)(resource):
        return

    for equality in equalities(found):
        value = equality.value if isinstance(equality.value, bool) else f'"{equality.value}"'
        assert compile_filter(parse_filter(f"{equality.path} eq {value!s}", USER))(resource)


@quick
@given(USERS, FILTERS)
def test_a_filter_or_its_negation_holds_and_never_both(attributes: dict[str, Any], text: str) -> None:
    resource = user(**attributes)

    assert compile_filter(parse_filter(text, USER))(resource) != compile_filter(
        parse_filter(f"not ({text})", USER)
    )(resource)
