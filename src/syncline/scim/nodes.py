"""The nodes of a parsed filter (RFC 7644 §3.4.2.2): immutable values, equal when they say the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from syncline.scim.attributes import Path

Operator = Literal["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]
Values = str | bool | int | float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`path operator value`; the value has the attribute's type, None stands for null."""

    path: Path
    operator: Operator
    value: Values


@dataclass(frozen=True, slots=True)
class Present:
    """`path pr`: there is a value, and it is not empty."""

    path: Path


@dataclass(frozen=True, slots=True)
class ValuePath:
    """`path[filter]`: one and the same element satisfies the whole inner filter."""

    path: Path
    filter: Filter


@dataclass(frozen=True, slots=True)
class And:
    """Both hold."""

    left: Filter
    right: Filter


@dataclass(frozen=True, slots=True)
class Or:
    """At least one holds."""

    left: Filter
    right: Filter


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    filter: Filter


Filter = Comparison | Present | ValuePath | And | Or | Not
