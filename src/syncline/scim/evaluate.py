"""Filters compiled into closures over canonical resources.

A comparison holds when any value of the attribute satisfies it; an attribute without values satisfies only `ne`
and `eq null`. Text is compared by `comparison_key` unless the attribute is case-exact; moments are compared as
moments, whatever their offsets. The tree is at most 50 comparisons and 20 brackets large, so recursion is bounded.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from syncline.scim.attributes import Attribute, Path
from syncline.scim.names import comparison_key
from syncline.scim.nodes import And, Comparison, Filter, Not, Or, Present, ValuePath
from syncline.scim.values import parse_moment

Predicate = Callable[[Any], bool]

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


def compile_filter(filter: Filter) -> Callable[[dict[str, Any]], bool]:  # noqa: A002 - the RFC's word
    """Return the predicate over resources; `id`, `meta`, `groups` and `members` must be put in when used."""
    return _compile(filter, within_element=False)


def compile_element_filter(filter: Filter) -> Callable[[dict[str, Any]], bool]:  # noqa: A002 - the RFC's word
    """Return the predicate over elements of one attribute, for the filter inside its brackets."""
    return _compile(filter, within_element=True)


def is_present(value: Any) -> bool:
    """Tell whether a value is assigned and not empty (`pr`); an object counts by its members."""
    if isinstance(value, dict):
        return any(map(is_present, value.values()))
    return value is not None and value != ""


def _compile(node: Filter, *, within_element: bool) -> Predicate:
    if isinstance(node, (And, Or)):
        left = _compile(node.left, within_element=within_element)
        right = _compile(node.right, within_element=within_element)
        if isinstance(node, And):
            return lambda resource: left(resource) and right(resource)
        return lambda resource: left(resource) or right(resource)
    if isinstance(node, Not):
        inner = _compile(node.filter, within_element=within_element)
        return lambda resource: not inner(resource)
    if isinstance(node, ValuePath):
        return _over_elements(node.path, _compile(node.filter, within_element=True))
    if isinstance(node, Present):
        return _over_value(node.path, is_present, within_element=within_element)
    return _comparison(node, within_element=within_element)


def _comparison(node: Comparison, *, within_element: bool) -> Predicate:
    if node.value is None:
        present = _over_value(node.path, is_present, within_element=within_element)
        return present if node.operator == "ne" else lambda resource: not present(resource)
    attribute = node.path.sub or node.path.attribute
    assert attribute is not None  # noqa: S101 - the parser compares attributes only
    if node.operator == "ne":
        equal = _test(attribute, "eq", node.value)
        return _over_value(
            node.path,
            lambda value: value is None or not equal(value),
            within_element=within_element,
            when_absent=True,
        )
    return _over_value(node.path, _test(attribute, node.operator, node.value), within_element=within_element)


def _test(attribute: Attribute, operation: str, wanted: Any) -> Predicate:
    """Return the test of one assigned value."""
    if attribute.type == "dateTime" and operation in _ORDER:
        return _moment_test(operation, parse_moment(wanted))
    if attribute.type in ("boolean", "integer", "decimal"):
        compare = _ORDER[operation]
        return lambda value: compare(value, wanted)
    return _text_test(operation, wanted, exact=attribute.case_exact or attribute.type == "dateTime")


def _moment_test(operation: str, wanted: Any) -> Predicate:
    compare = _ORDER[operation]

    def test(value: Any) -> bool:
        try:
            return compare(parse_moment(value), wanted)
        except ValueError:
            return False

    return test


def _text_test(operation: str, wanted: str, *, exact: bool) -> Predicate:
    if exact:
        return _exact_text_test(operation, wanted)
    key = comparison_key
    folded = key(wanted)
    if operation == "eq":
        return lambda value: value == wanted or key(value) == folded
    if operation == "co":
        return lambda value: folded in key(value)
    if operation == "sw":
        return lambda value: key(value).startswith(folded)
    if operation == "ew":
        return lambda value: key(value).endswith(folded)
    compare = _ORDER[operation]
    return lambda value: compare(key(value), folded)


def _exact_text_test(operation: str, wanted: str) -> Predicate:
    if operation == "co":
        return lambda value: wanted in value
    if operation == "sw":
        return lambda value: value.startswith(wanted)
    if operation == "ew":
        return lambda value: value.endswith(wanted)
    compare = _ORDER[operation]
    return lambda value: compare(value, wanted)


def _over_elements(path: Path, test: Predicate) -> Predicate:
    """Return whether any element of the attribute passes; a single complex value is its own only element."""
    attribute = path.attribute
    assert attribute is not None  # noqa: S101 - a schema's URN has no elements
    name, urn = attribute.name, path.urn

    def holds(resource: Any) -> bool:
        container = resource if urn is None else resource.get(urn)
        elements = container.get(name) if container else None
        if not elements:
            return False
        if type(elements) is dict:
            return test(elements)
        return any(map(test, elements))

    return holds


def _over_value(path: Path, test: Predicate, *, within_element: bool, when_absent: bool = False) -> Predicate:
    """Return whether any value at the path passes the test; without a value, `when_absent`."""
    attribute, sub, urn = path.attribute, path.sub, path.urn
    assert attribute is not None  # noqa: S101 - a schema's URN has no value
    if within_element:
        assert sub is not None  # noqa: S101 - inside brackets every path is a sub-attribute
        return _of_member(sub.name, test, when_absent)
    if sub is not None and attribute.multi_valued:
        of_element = _of_member(sub.name, test, when_absent)
        name = attribute.name

        def any_element(resource: Any) -> bool:
            container = resource if urn is None else resource.get(urn)
            elements = container.get(name) if container else None
            return any(map(of_element, elements)) if elements else when_absent

        return any_element
    found = _of_list(attribute.name, test, when_absent) if attribute.multi_valued else None
    names = [name for name in (urn, attribute.name, sub.name if sub else None) if name is not None]
    last = found or _of_member(names[-1], test, when_absent)
    for name in reversed(names[:-1]):
        last = _inside(name, last, when_absent)
    return last


def _of_member(name: str, test: Predicate, when_absent: bool) -> Predicate:
    def holds(container: Any) -> bool:
        value = container.get(name)
        return when_absent if value is None else test(value)

    return holds


def _of_list(name: str, test: Predicate, when_absent: bool) -> Predicate:
    def holds(container: Any) -> bool:
        values = container.get(name)
        return any(map(test, values)) if values else when_absent

    return holds


def _inside(name: str, test: Predicate, when_absent: bool) -> Predicate:
    def holds(container: Any) -> bool:
        inner = container.get(name)
        return test(inner) if inner else when_absent

    return holds
