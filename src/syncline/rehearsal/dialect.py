"""Entra's two PATCH dialects, and the flags on the tenant URL that choose between them.

Documented by Microsoft ("Known issues and resolutions with SCIM 2.0 protocol compliance"). Without a flag:
capitalised ops, one per attribute, booleans as text. With `aadOptscim062020`: lower-case ops and real booleans;
a value path keeps an operation of its own; of several others there is one path-less replace, whose keys are
paths; members leave by `members[value eq "…"]`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from syncline.rehearsal.operations import PATCH_SCHEMA, Operation
from syncline.rehearsal.wire import AddressError

MEMBERS = "members"


class Dialect(StrEnum):
    """How changes are written; the values are the flags on the tenant URL."""

    DEFAULT = "AzureAdScimPatch2017"
    OPTSCIM = "aadOptscim062020"


def chosen(base_url: str, dialect: Dialect | None = None) -> tuple[str, Dialect]:
    """Return the tenant URL without its flag, and the dialect: the one given, else the flag's, else the default.

    Whether the flag travels with the requests is not published; here it does not. Raises AddressError for a
    query that is no flag.
    """
    parts = urlsplit(base_url)
    if not parts.query:
        return base_url, dialect or Dialect.DEFAULT
    named = {flag.value.lower(): flag for flag in Dialect}
    flag = named.get(parts.query.strip("&=").lower())
    if flag is None:
        raise AddressError(
            f"{parts.query!r} is no flag of a tenant URL. Entra knows {Dialect.OPTSCIM} and {Dialect.DEFAULT}."
        )
    return parts._replace(query="").geturl(), dialect or flag


def patch_body(operations: Iterable[Operation], dialect: Dialect = Dialect.DEFAULT) -> dict[str, Any]:
    """Return the PatchOp message of RFC 7644 §3.5.2 in this dialect."""
    sent = list(operations)
    written = [op.wire() for op in sent] if dialect is Dialect.DEFAULT else _with_flag(sent)
    return {"schemas": [PATCH_SCHEMA], "Operations": written}


def _with_flag(operations: list[Operation]) -> list[dict[str, Any]]:
    """Write what has to stand alone as it is; the rest together, unless it is one single change."""
    if len(operations) == 1:
        return _alone(operations[0])
    alone = [written for op in operations if _stands_alone(op) for written in _alone(op)]
    together = {op.path: op.value for op in operations if not _stands_alone(op)}
    return [*alone, {"op": "replace", "value": together}] if together else alone


def _stands_alone(operation: Operation) -> bool:
    return operation.value is None or "[" in operation.path or operation.path == MEMBERS


def _alone(operation: Operation) -> list[dict[str, Any]]:
    op = operation.op.lower()
    if operation.path == MEMBERS:
        ids = [each["value"] for each in operation.value]
        if op == "remove":
            return [{"op": op, "path": f'{MEMBERS}[value eq "{target_id}"]'} for target_id in ids]
        return [{"op": op, "path": MEMBERS, "value": [{"value": target_id} for target_id in ids]}]
    if operation.value is None:
        return [{"op": op, "path": operation.path}]
    return [{"op": op, "path": operation.path, "value": operation.value}]
