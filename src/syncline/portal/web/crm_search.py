"""The body of a CRM search, and what it asks for in SQL.

Source: HubSpot's CRM search guide: groups of filters joined by OR, filters of a group by AND, at most six of
each and eighteen in all; a search goes 10,000 records deep. Texts compare in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, and_, false, func, not_, or_, true

from syncline.portal.domain.crm import Kind, kind_of
from syncline.portal.domain.errors import Detail, ValidationError
from syncline.portal.store.crm_reads import any_of, expression

DEEPEST = 10_000
LARGEST_PAGE = 200


class Filter(msgspec.Struct, frozen=True, rename="camel"):
    """One condition on a property."""

    property_name: str
    operator: str
    value: str | None = None
    values: list[str] = []
    high_value: str | None = None


class FilterGroup(msgspec.Struct, frozen=True):
    """Conditions that hold together."""

    filters: list[Filter] = []


class Sort(msgspec.Struct, frozen=True, rename="camel"):
    """A property to sort by."""

    property_name: str
    direction: Literal["ASCENDING", "DESCENDING"] = "ASCENDING"


class SearchRequest(msgspec.Struct, frozen=True, rename="camel"):
    """The whole body; every part may be left out."""

    filter_groups: list[FilterGroup] = []
    sorts: list[Sort | str] = []
    query: str | None = None
    properties: list[str] = []
    limit: int = 10
    after: str | int | None = None

    def bounds(self) -> tuple[int, int]:
        """Return offset and size of the page; `ValidationError` past what a search reaches."""
        text = str(self.after or 0)
        offset = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
        if offset < 0 or offset >= DEEPEST:
            raise _wrong("after", f"after must be a number below {DEEPEST}")
        if not 1 <= self.limit <= LARGEST_PAGE:
            raise _wrong("limit", f"limit must be between 1 and {LARGEST_PAGE}")
        return offset, min(self.limit, DEEPEST - offset)

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the filters and the query as SQL; `ValidationError` names what cannot be searched by."""
        filters = [one for group in self.filter_groups for one in group.filters]
        largest = max((len(group.filters) for group in self.filter_groups), default=0)
        if len(self.filter_groups) > 6 or largest > 6 or len(filters) > 18:
            raise _wrong("filterGroups", "at most 6 groups of 6 filters, 18 in all")
        groups = [[_condition(one) for one in group.filters] for group in self.filter_groups if group.filters]
        found = any_of(groups)
        if self.query:
            found.append(_contains(expression("hs_searchable_calculated_name"), self.query))
        return found

    def order(self) -> list[ColumnElement[Any]]:
        """Return the sorts as SQL."""
        return [_sorted(Sort(one) if isinstance(one, str) else one) for one in self.sorts]


def _condition(wanted: Filter) -> ColumnElement[bool]:
    kind = kind_of(wanted.property_name)
    if kind is None:
        raise _wrong("propertyName", f"users have no property {wanted.property_name[:100]!r}")
    of = expression(wanted.property_name)
    if kind is Kind.TEXT:
        of = func.lower(of)
    if wanted.operator in _PRESENCE:
        return _PRESENCE[wanted.operator](of, kind)
    if wanted.operator in ("IN", "NOT_IN"):
        values = [_value(kind, one) for one in wanted.values]
        if not values:
            raise _wrong("values", f"{wanted.operator} needs values")
        return of.in_(values) if wanted.operator == "IN" else or_(of.is_(None), of.not_in(values))
    value = _value(kind, wanted.value)
    if wanted.operator == "BETWEEN":
        return of.between(value, _value(kind, wanted.high_value))
    if kind is Kind.SWITCH and wanted.operator in ("EQ", "NEQ"):
        # Said without a comparison, the condition is found in an index.
        return of if value is (wanted.operator == "EQ") else not_(of)
    if wanted.operator not in _COMPARISONS:
        raise _wrong("operator", f"there is no operator {wanted.operator[:50]!r}")
    return _COMPARISONS[wanted.operator](of, value)


_PRESENCE: dict[str, Callable[[ColumnElement[Any], Kind], ColumnElement[bool]]] = {
    "HAS_PROPERTY": lambda of, kind: true() if kind is Kind.SWITCH else and_(of.is_not(None), of != ""),
    "NOT_HAS_PROPERTY": lambda of, kind: false() if kind is Kind.SWITCH else or_(of.is_(None), of == ""),
}
_COMPARISONS: dict[str, Callable[[ColumnElement[Any], Any], ColumnElement[bool]]] = {
    "EQ": lambda of, value: of == value,
    "NEQ": lambda of, value: or_(of.is_(None), of != value),
    "LT": lambda of, value: of < value,
    "LTE": lambda of, value: of <= value,
    "GT": lambda of, value: of > value,
    "GTE": lambda of, value: of >= value,
    "CONTAINS_TOKEN": lambda of, value: _contains(of, str(value)),
    "NOT_CONTAINS_TOKEN": lambda of, value: or_(of.is_(None), not_(_contains(of, str(value)))),
}


def _contains(of: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    return func.lower(of).contains(text.lower().strip("*"), autoescape=True)


def _value(kind: Kind, text: str | None) -> Any:
    if text is None:
        raise _wrong("value", "the operator needs a value")
    match kind:
        case Kind.NUMBER if text.isascii() and text.isdecimal() and len(text) < 19:
            return int(text)
        case Kind.SWITCH if text.lower() in ("true", "false"):
            return text.lower() == "true"
        case Kind.MOMENT:
            return _moment(text)
        case Kind.TEXT:
            return text.lower()
    raise _wrong("value", f"{text[:50]!r} is no {kind.value}")


def _moment(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 19:
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong("value", f"{text[:50]!r} is no datetime") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _sorted(sort: Sort) -> ColumnElement[Any]:
    name = sort.property_name.removeprefix("-")
    if kind_of(name) is None:
        raise _wrong("sorts", f"users have no property {name[:100]!r}")
    descending = sort.direction == "DESCENDING" or name != sort.property_name
    return expression(name).desc() if descending else expression(name)


def _wrong(where: str, message: str) -> ValidationError:
    return ValidationError(f"Invalid search: {message}.", Detail(message, code="INVALID_SEARCH", where=where))


def names(properties: Sequence[str]) -> list[str]:
    """Return property names given by repetition or with commas."""
    return [name for text in properties for name in text.split(",") if name]
