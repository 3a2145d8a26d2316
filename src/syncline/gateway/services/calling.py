"""Calling an operation by name with arguments from outside."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from syncline.gateway.domain.errors import Invalid

Operation = Callable[..., Awaitable[dict[str, Any]]]

LARGEST: Final = 2**53
"""The largest number that JSON carries everywhere."""


def named(table: Mapping[str, Operation], name: str) -> Operation:
    """Return the operation of that name; raises `Invalid` when there is none."""
    operation = table.get(name)
    if operation is None:
        raise Invalid(f"There is no operation {name!r}.")
    return operation


def check_arguments(operation: Operation, name: str, actor: str, arguments: Mapping[str, Any]) -> None:
    """Raise `Invalid` for arguments that the operation does not take, or numbers no database takes."""
    for argument, value in arguments.items():
        if isinstance(value, int) and abs(value) > LARGEST:
            raise Invalid(f"{argument} is at most {LARGEST}.")
    try:
        inspect.signature(operation).bind(actor, **arguments)
    except TypeError as error:
        raise Invalid(f"{name} cannot be called so: {error}.") from None
