"""Arrays as PostgreSQL takes them, in the binary form of its protocol.

The driver can make them, too, but asks each element what it is, which costs ten times as much: of a new user more than
all his look-ups. Source: PostgreSQL's `array_recv`: how many dimensions, whether there is a null, the type of the
elements; of the one dimension its length and where it begins to count; each element behind its length, -1 for null.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, String

_HEAD: Final = struct.Struct(">iiIii")
_LENGTH: Final = struct.Struct(">i")
_BIGINT: Final = struct.Struct(">iq")
_NULL: Final = _LENGTH.pack(-1)
_TRUE: Final = _LENGTH.pack(1) + b"\1"
_FALSE: Final = _LENGTH.pack(1) + b"\0"


class Array(bytes):
    """An array that is ready to be sent; its class says of what."""

    oid: int
    """PostgreSQL's number for the array's type."""


class TextArray(Array):
    """Of texts."""

    oid = 1009


class BigintArray(Array):
    """Of any whole numbers: a column of smaller ones refuses those it cannot hold."""

    oid = 1016


class BooleanArray(Array):
    """Of truth values."""

    oid = 1000


class BytesArray(Array):
    """Of bytes."""

    oid = 1001


def _bytes(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value


def _text(value: str) -> bytes:
    return _bytes(value.encode())


def _bigint(value: int) -> bytes:
    return _BIGINT.pack(8, value)


def _boolean(value: bool) -> bytes:
    return _TRUE if value else _FALSE


_Kind = tuple[type[Array], int, Callable[[Any], bytes]]
"""The class of the array, PostgreSQL's number for the elements' type, and what writes one of them."""

_KINDS: Final[dict[type, _Kind]] = {
    String: (TextArray, 25, _text),
    BigInteger: (BigintArray, 20, _bigint),
    Integer: (BigintArray, 20, _bigint),
    Boolean: (BooleanArray, 16, _boolean),
    LargeBinary: (BytesArray, 17, _bytes),
}


def array_maker(column: Column[Any]) -> Callable[[Sequence[Any]], Array]:
    """Return what makes an array of a column's values, of which there is at least one.

    It raises what a number is told that has no 64 bits (`struct.error`), and a text that is no Unicode.
    """
    of, element, encode = next(
        kind for kind in map(_KINDS.get, type(column.type).__mro__) if kind is not None
    )

    def make(values: Sequence[Any]) -> Array:
        has_null = None in values
        parts = [_HEAD.pack(1, has_null, element, len(values), 1)]
        if has_null:
            parts += [_NULL if value is None else encode(value) for value in values]
        else:
            parts += map(encode, values)
        return of(b"".join(parts))

    return make
