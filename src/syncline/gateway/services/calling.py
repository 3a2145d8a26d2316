"""Calling an operation by name with arguments from outside."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from syncline.gateway.domain.errors import Invalid

Operation = Callable[..., Awaitable[dict[str, Any]]]

LARGEST: Final = 2**53 - 1
"""What every JSON reader takes for the same whole number."""


def named(table: Mapping[str, Operation], name: str) -> Operation:
    """Return the operation of that name; raises `Invalid` when there is none."""
    operation = table.get(name)
    if operation is None:
        raise Invalid(f"There is no operation {name!r}.")
    return operation


def check_arguments(operation: Operation, name: str, actor: str, arguments: Mapping[str, Any]) -> None:
    """Raise `Invalid` for arguments that the operation does not take, and for what no database keeps."""
    for argument, value in arguments.items():
        _check_kept(argument, value)
    try:
        inspect.signature(operation).bind(actor, **arguments)
    except TypeError as error:
        raise Invalid(f"{name} cannot be called so: {error}.") from None


def _check_kept(argument: str, value: object) -> None:
    if isinstance(value, int) and abs(value) > LARGEST:
        raise Invalid(f"{argument} is at most {LARGEST}.")
    if isinstance(value, str) and not _is_kept(value):
        raise Invalid(f"{argument} holds a character that cannot be kept.")
    if isinstance(value, Mapping):
        value = [*value.keys(), *value.values()]
    if isinstance(value, (list, tuple)):
        for each in value:
            _check_kept(argument, each)


def _is_kept(text: str) -> bool:
    """Tell whether every database can keep the text: NUL and half a character, as from bytes that are no UTF-8, not."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= each <= "\udfff" for each in text))
