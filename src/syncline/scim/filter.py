"""Filters parsed into a small tree (RFC 7644 §3.4.2.2, with the errata on precedence).

Read leniently as identity providers send them: operators and attribute names in any case, values without quotes,
a multi-valued or complex attribute compared by its `value`, and Entra's `emails[type eq "work"].value eq "x"`.
The text is cut into tokens once and parsed once; length, terms and nesting are bounded before any recursion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from syncline.scim.attributes import Attribute, Path, ResourceType
from syncline.scim.dialects import Notes
from syncline.scim.errors import InvalidFilter, InvalidValue
from syncline.scim.evaluate import compile_filter
from syncline.scim.nodes import And, Comparison, Filter, Not, Operator, Or, Present, ValuePath, Values
from syncline.scim.values import parse_boolean, parse_moment

__all__ = [
    "And",
    "Comparison",
    "Equality",
    "Filter",
    "Not",
    "Or",
    "Present",
    "ValuePath",
    "attributes_used",
    "compile_filter",
    "equalities",
    "parse_element_filter",
    "parse_filter",
]

MAX_LENGTH = 4096
MAX_TERMS = 50
MAX_NESTING = 20

_TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|([()\[\]])|([^\s()\[\]"]+))', re.DOTALL)
_SIMPLE = re.compile(r'([A-Za-z.]{1,64}) eq "([ !#-\[\]-~]{0,1024})"')
"""What identity providers ask most: an attribute equals a text of plain characters."""
_NUMBER = re.compile(r"-?[0-9]{1,19}(?:\.[0-9]{1,19})?")
_OPERATORS = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"})
_ORDERED = frozenset({"gt", "ge", "lt", "le"})
_PARTIAL = frozenset({"co", "sw", "ew"})
_TEXT_TYPES = frozenset({"string", "reference", "binary"})


@dataclass(frozen=True, slots=True)
class Equality:
    """A comparison `path eq value` without which the filter cannot hold."""

    path: str
    value: Any


class _Token(NamedTuple):
    kind: str
    """"text" (quoted), "word", or one of ( ) [ ]."""
    text: str


def parse_filter(text: str, resource_type: ResourceType) -> Filter:
    """Return the filter over resources of that type.

    InvalidFilter: over 4,096 characters, 50 comparisons or 20 nested brackets; bad syntax; an unknown attribute;
    an operator or a value that does not fit its attribute; any use of the password.
    """
    simple = _SIMPLE.fullmatch(text)
    if simple is not None and (path := _text_path(resource_type, simple[1])) is not None:
        return Comparison(path, "eq", simple[2])
    return _Parser(_tokens(text), resource_type, None).whole()


@lru_cache(maxsize=256)
def _text_path(resource_type: ResourceType, name: str) -> Path | None:
    """Return what a text is compared with by that name; None where the whole parser has to look."""
    try:
        found = _Parser(_tokens(f'{name} eq ""'), resource_type, None).whole()
    except InvalidFilter:
        return None
    return found.path if isinstance(found, Comparison) and found.value == "" else None


def parse_element_filter(text: str, resource_type: ResourceType, parent: Path) -> Filter:
    """Return the filter inside the brackets of `attribute[filter]`, over elements of that attribute."""
    return _Parser(_tokens(text), resource_type, parent).whole()


def equalities(filter: Filter) -> list[Equality]:  # noqa: A002 - the RFC's word
    """Return the comparisons with `eq` that must hold for the filter to hold, for look-ups by index.

    Each is necessary, together they need not be sufficient. `emails[type eq "work"].value eq "x"` yields
    `emails.type` and `emails.value`.
    """
    found = []
    stack = [filter]
    while stack:
        node = stack.pop()
        if isinstance(node, And):
            stack += (node.right, node.left)
        elif isinstance(node, ValuePath):
            stack.append(node.filter)
        elif isinstance(node, Comparison) and node.operator == "eq" and node.value is not None:
            found.append(Equality(node.path.name, node.value))
    return found


def attributes_used(filter: Filter) -> frozenset[str]:  # noqa: A002 - the RFC's word
    """Return the top-level keys of a resource that the filter looks at (an extension by its URN)."""
    used = set()
    stack = [filter]
    while stack:
        node = stack.pop()
        if isinstance(node, (And, Or)):
            stack += (node.left, node.right)
        elif isinstance(node, Not):
            stack.append(node.filter)
        else:
            used.add(node.path.top)
    return frozenset(used)


def _tokens(text: str) -> list[_Token]:
    if len(text) > MAX_LENGTH:
        raise InvalidFilter(f"The filter is longer than {MAX_LENGTH} characters.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise InvalidFilter("The filter is not valid Unicode.") from None
    # A stray & or ? after the filter is a client's query string cut in the wrong place.
    text = text.rstrip(" \t\r\n&?")
    tokens = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise InvalidFilter(f"The filter cannot be read from character {at + 1} on.")
        quoted, bracket, word = match.groups()
        if word:
            tokens.append(_Token("word", word))
        elif quoted:
            tokens.append(_Token("text", _unquote(quoted)))
        else:
            tokens.append(_Token(bracket, bracket))
        at = match.end()
    if not tokens:
        raise InvalidFilter("The filter is empty.")
    return tokens


def _unquote(quoted: str) -> str:
    text = quoted[1:-1]
    if "\\" in text:
        try:
            text = orjson.loads(quoted)
        except orjson.JSONDecodeError:
            raise InvalidFilter("A quoted value of the filter has a bad escape.") from None
    if "\x00" in text:
        raise InvalidFilter("A value of the filter contains U+0000.")
    return text


class _Parser:
    """One pass over the tokens; `parent` is the attribute whose elements the filter is about, inside brackets."""

    __slots__ = ("_at", "_nesting", "_parent", "_resource_type", "_terms", "_tokens")

    def __init__(self, tokens: list[_Token], resource_type: ResourceType, parent: Path | None) -> None:
        self._tokens = [*tokens, _Token("end", "")]
        self._at = 0
        self._resource_type = resource_type
        self._parent = parent
        self._terms = 0
        self._nesting = 0

    def whole(self) -> Filter:
        found = self._alternatives()
        if self._tokens[self._at].kind != "end":
            raise InvalidFilter(f"The filter has something unexpected after its term {self._terms}.")
        return found

    def _alternatives(self) -> Filter:
        found = self._conjunction()
        while self._keyword("or"):
            found = Or(found, self._conjunction())
        return found

    def _conjunction(self) -> Filter:
        found = self._term()
        while self._keyword("and"):
            found = And(found, self._term())
        return found

    def _keyword(self, keyword: str) -> bool:
        token = self._tokens[self._at]
        if token.kind == "word" and token.text.lower() == keyword:
            self._at += 1
            return True
        return False

    def _term(self) -> Filter:
        token = self._tokens[self._at]
        if token.kind == "(":
            return self._bracketed("(", ")")
        if token.kind != "word":
            raise InvalidFilter("The filter lacks an attribute name where one is expected.")
        if token.text.lower() == "not" and self._tokens[self._at + 1].kind == "(":
            self._at += 1
            return Not(self._bracketed("(", ")"))
        self._at += 1
        path = self._path(token.text)
        if self._tokens[self._at].kind == "[":
            return self._value_path(path)
        return self._comparison(path)

    def _bracketed(self, opening: str, closing: str) -> Filter:
        """Parse from the opening bracket to its closing one."""
        self._at += 1
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise InvalidFilter(f"The filter is nested deeper than {MAX_NESTING} brackets.")
        found = self._alternatives()
        if self._tokens[self._at].kind != closing:
            raise InvalidFilter(f"The filter has an unclosed {opening}.")
        self._at += 1
        self._nesting -= 1
        return found

    def _value_path(self, path: Path) -> Filter:
        if self._parent is not None or path.sub is not None or not _has_elements(path.attribute):
            raise InvalidFilter(f"{path.name} cannot be followed by [.")
        self._parent = path
        inside = self._bracketed("[", "]")
        token = self._tokens[self._at]
        if token.kind == "word" and token.text.startswith("."):
            self._at += 1
            inside = And(inside, self._comparison(self._path(token.text[1:])))
        self._parent = None
        return ValuePath(path, inside)

    def _path(self, name: str) -> Path:
        """Return the path a name means here: inside brackets, of a sub-attribute."""
        parent = self._parent
        if parent is None:
            path = self._resource_type.path(name)
            if path is None or path.attribute is None:
                raise InvalidFilter(f"The filter names an unknown attribute: {name[:100]}.")
            if path.attribute.returned == "never":
                raise InvalidFilter(f"{path.name} cannot be used in a filter.")
            return path
        sub = parent.attribute.sub(name) if parent.attribute else None
        if sub is None:
            raise InvalidFilter(f"{parent.name} has no sub-attribute {name[:100]}.")
        return Path(parent.urn, parent.attribute, sub, f"{parent.name}.{sub.name}")

    def _comparison(self, path: Path) -> Filter:
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise InvalidFilter(f"The filter has more than {MAX_TERMS} comparisons.")
        token = self._tokens[self._at]
        operator = token.text.lower()
        if token.kind != "word" or (operator not in _OPERATORS and operator != "pr"):
            raise InvalidFilter(f"{path.name} must be followed by one of eq ne co sw ew gt ge lt le pr.")
        self._at += 1
        if operator == "pr":
            return Present(path)
        literal = self._tokens[self._at]
        if literal.kind not in ("word", "text"):
            raise InvalidFilter(f"{path.name} {operator} must be followed by a value.")
        self._at += 1
        path = _comparable(path)
        return Comparison(path, _operator(operator), _literal(path, operator, literal))


def _operator(text: str) -> Operator:
    return text  # type: ignore[return-value]  # checked against _OPERATORS before


def _has_elements(attribute: Attribute | None) -> bool:
    return attribute is not None and attribute.type == "complex"


def _comparable(path: Path) -> Path:
    """Return the path itself, or that of `value` for a complex attribute named alone."""
    if path.sub is not None or path.attribute is None or path.attribute.type != "complex":
        return path
    value = path.attribute.sub("value")
    if value is None:
        raise InvalidFilter(f"{path.name} has parts and cannot be compared as a whole.")
    return Path(path.urn, path.attribute, value, f"{path.name}.{value.name}")


def _literal(path: Path, operator: str, token: _Token) -> Values:
    """Return the value compared with, in the type of the attribute."""
    attribute = path.sub or path.attribute
    assert attribute is not None  # noqa: S101 - a schema's URN alone is refused before
    if token.kind == "word" and token.text.lower() == "null":
        if operator not in ("eq", "ne"):
            raise InvalidFilter(f"{path.name} {operator} null has no meaning.")
        return None
    if attribute.type == "boolean":
        return _boolean_literal(path, operator, token.text)
    if attribute.type in ("integer", "decimal"):
        return _number_literal(path, operator, token.text)
    if attribute.type == "dateTime":
        return _moment_literal(path, operator, token.text)
    return token.text


def _boolean_literal(path: Path, operator: str, text: str) -> bool:
    if operator not in ("eq", "ne"):
        raise InvalidFilter(f"{path.name} is a boolean and cannot be compared by {operator}.")
    try:
        return parse_boolean(text, Notes(), path.name)
    except InvalidValue as error:
        raise InvalidFilter(error.detail) from None


def _number_literal(path: Path, operator: str, text: str) -> int | float:
    if operator in _PARTIAL or not _NUMBER.fullmatch(text):
        raise InvalidFilter(f"{path.name} is a number and cannot be compared so.")
    return float(text) if "." in text else int(text)


def _moment_literal(path: Path, operator: str, text: str) -> str:
    if operator not in _PARTIAL:
        try:
            parse_moment(text)
        except ValueError:
            raise InvalidFilter(f"{path.name} must be compared with a dateTime.") from None
    return text
