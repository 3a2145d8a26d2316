"""What an endpoint is: a row of the API's route table, over one operation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, Final, get_args, get_type_hints

from syncline.gateway.domain.errors import Invalid
from syncline.gateway.domain.operators import Permission
from syncline.gateway.services.permissions import NEEDED


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row: method and path below the prefix, the operation, what it is for, the status when all is well.

    Parts of the path are arguments of the operation. The others come from the query of a GET or
    DELETE, else from a JSON object.
    """

    method: str
    path: str
    operation: str
    summary: str
    status: int = 200

    @property
    def needs(self) -> Permission:
        """The permission of its operation."""
        return NEEDED[self.operation]

    @property
    def has_body(self) -> bool:
        """Whether arguments come in a JSON object."""
        return self.method in ("POST", "PUT", "PATCH")

    @property
    def of_a_tenant(self) -> bool:
        """Whether the path names a tenant, for which the permission is asked."""
        return "{tenant}" in self.path


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of an operation: its type as JSON has it, and whether it must be given."""

    name: str
    kind: type
    required: bool
    nullable: bool


def arguments_of(operation: Callable[..., Any]) -> Mapping[str, Argument]:
    """Return the arguments of an operation by name, without who asks and where progress is told."""
    hints = get_type_hints(operation)
    found = {}
    for name, parameter in inspect.signature(operation).parameters.items():
        if name in ("actor", "progress"):
            continue
        kind, nullable = _kind(hints.get(name, str))
        required = parameter.default is inspect.Parameter.empty
        found[name] = Argument(name, kind, required, nullable)
    return found


def _kind(hint: Any) -> tuple[type, bool]:
    if isinstance(hint, UnionType):
        kinds = [each for each in get_args(hint) if each is not NoneType]
        return _kind(kinds[0])[0], len(kinds) < len(get_args(hint))
    for kind in (bool, int, str):
        if hint is kind:
            return kind, False
    origin = getattr(hint, "__origin__", hint)
    is_map = isinstance(origin, type) and issubclass(origin, Mapping)
    return (dict if is_map else list), False


def read_text(argument: Argument, texts: Sequence[str]) -> Any:
    """Return what the texts of an address mean for an argument; raises `Invalid`. Only a list may be given more."""
    if argument.kind is list:
        return list(texts)
    if len(texts) > 1:
        raise Invalid(f"The parameter {argument.name} was given twice.")
    text = texts[0]
    if argument.kind is int:
        if not (text.isascii() and text.isdecimal() and len(text) < 16):
            raise Invalid(f"{argument.name} is a whole number, not {text!r}.")
        return int(text)
    if argument.kind is bool:
        if text not in ("true", "false"):
            raise Invalid(f"{argument.name} is true or false, not {text!r}.")
        return text == "true"
    if argument.kind is dict:
        raise Invalid(f"{argument.name} cannot be given in an address.")
    return text


_WORDS: Final = {str: "text", int: "a whole number", bool: "true or false", list: "a list", dict: "an object"}


def check_value(argument: Argument, value: Any) -> Any:
    """Return a value of a JSON body if the argument takes it; raises `Invalid`."""
    if value is None and argument.nullable:
        return None
    right = isinstance(value, argument.kind) and not (argument.kind is int and isinstance(value, bool))
    if not right:
        raise Invalid(f"{argument.name} is {_WORDS[argument.kind]}.")
    if isinstance(value, list) and not all(isinstance(each, str) for each in value):
        raise Invalid(f"{argument.name} is a list of texts.")
    return value
