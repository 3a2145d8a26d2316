"""The nodes of a parsed filter (RFC 7644 §3.4.2.2): immutable values, equal when they say the same."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from syncline.scim.attributes import Path

Operator = Literal["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]
Values = str | bool | int | float | None


class Comparison(Struct, frozen=True):
    """`path operator value`; the value has the attribute's type, None stands for null."""

    path: Path
    operator: Operator
    value: Values


class Present(Struct, frozen=True):
    """`path pr`: there is a value, and it is not empty."""

    path: Path


class ValuePath(Struct, frozen=True):
    """`path[filter]`: one and the same element satisfies the whole inner filter."""

    path: Path
    filter: Filter


class And(Struct, frozen=True):
    """Both hold."""

    left: Filter
    right: Filter


class Or(Struct, frozen=True):
    """At least one holds."""

    left: Filter
    right: Filter


class Not(Struct, frozen=True):
    """It does not hold."""

    filter: Filter


Filter = Comparison | Present | ValuePath | And | Or | Not
