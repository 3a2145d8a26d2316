"""JSON read strictly: what two parsers could read differently is refused, and work stays linear.

orjson decodes. What it does not refuse by itself (a member name given twice, deep nesting, integers that
do not fit 64 bits, U+0000) is found by one walk over the result, without recursion.
"""

from __future__ import annotations

import json as stdlib_json
import re
import unicodedata
from typing import Any

import orjson

from syncline.scim.errors import InvalidSyntax, InvalidValue

MAX_DEPTH = 20
_LEAST, _MOST = -(2**63), 2**63 - 1

_LONG_TEXT = 256
_MAX_MARKS = 30
_LONG_NUMBER = re.compile(rb"[0-9]{19}")


def decode(data: bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """Return the value of a JSON text.

    InvalidSyntax: not JSON (NaN, Infinity, a byte order mark and lone surrogates are not), nested deeper than
    `max_depth` objects and arrays, a member name twice in one object, an integer of more than 19 digits
    or otherwise outside 64 bits.
    InvalidValue: U+0000 in a string, which no database keeps; more than 30 combining marks in a row in a long one.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InvalidSyntax(f"The body is not valid JSON: {error}.") from None
    if _is_plain(data, value, max_depth):
        return value
    members, has_fractions = _survey(value, max_depth)
    if members != _count_members(data) or (has_fractions and _LONG_NUMBER.search(data)):
        _read_again(data)
    if b"u0000" in data:
        _refuse_nul(value)
    return value


def encode(value: Any) -> bytes:
    """Return the compact JSON text of a value made of JSON types, in UTF-8."""
    return orjson.dumps(value)


def _is_plain(data: bytes, value: Any, max_depth: int) -> bool:
    """Tell quickly of most texts that every check below would pass.

    A text that says no more and no less than its value would be written as gives no name twice and no number that
    could be read in two ways; ASCII without an escape holds no mark and no U+0000.
    """
    if not data.isascii() or b"\\" in data or _count(b"{", data) + _count(b"[", data) > max_depth:
        return False
    try:
        return orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER) == data
    except orjson.JSONEncodeError:  # an integer of more than 53 bits
        return False


def _count(byte: bytes, data: bytes) -> int:
    """Return how often the byte is there, at a third of what `bytes.count` takes: it looks at one after the other."""
    return len(data) - len(data.replace(byte, b""))


def _count_members(data: bytes) -> int:
    """Return how many members the text has; strings may raise the count, nothing lowers it.

    So a count equal to that of the decoded objects proves that no name was given twice.
    """
    return data.translate(None, b" \t\r\n").count(b'":')


def _survey(value: Any, max_depth: int) -> tuple[int, bool]:
    """Return how many members all objects hold together, and whether any number came out as a float."""
    members = 0
    has_fractions = False
    level = [value]
    depth = 0
    while level:
        below: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is str:
                if len(item) > _LONG_TEXT and not item.isascii():
                    _check_marks(item)
            elif kind is dict:
                members += len(item)
                below.extend(item.values())
            elif kind is list:
                below.extend(item)
            elif kind is float:
                has_fractions = True
            elif kind is int and not _LEAST <= item <= _MOST:
                raise InvalidSyntax("An integer does not fit 64 bits.")
        if below:
            depth += 1
            if depth > max_depth:
                raise InvalidSyntax(f"The body is nested deeper than {max_depth} levels.")
        level = below
    return members, has_fractions


def _check_marks(text: str) -> None:
    """Refuse long runs of combining marks: normalising them costs the square of their number (UAX #15, D4)."""
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run > _MAX_MARKS:
            raise InvalidValue(f"A string has more than {_MAX_MARKS} combining marks in a row.")


def _read_again(data: bytes) -> None:
    """Decode with the slower standard library, which shows every member and every digit."""
    stdlib_json.loads(data, object_pairs_hook=_refuse_repeated, parse_int=_refuse_long)


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise InvalidSyntax("A member name is given twice in one object.")


def _refuse_long(digits: str) -> None:
    if len(digits) > 20 or not _LEAST <= int(digits) <= _MOST:
        raise InvalidSyntax("An integer does not fit 64 bits.")


def _refuse_nul(value: Any) -> None:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(item)
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, str) and "\x00" in item:
            raise InvalidValue("A string contains the character U+0000.")
