"""Holds what operations answer in the tests against the API's description of it, and records it when asked."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator

from syncline.gateway.services import calling, operations
from syncline.gateway.web.api.answers import answers

RECORD = "SYNCLINE_RECORD_ANSWERS"
violations: list[str] = []
"""What the operations of this process have answered otherwise than they are described to."""


def watch() -> None:
    """Look at every answer of every operation that is run from now on."""
    folder = os.environ.get(RECORD)

    def named(table: Mapping[str, calling.Operation], name: str) -> calling.Operation:
        operation = calling.named(table, name)

        @functools.wraps(operation)
        async def watched(*given: Any, **arguments: Any) -> dict[str, Any]:
            answer = await operation(*given, **arguments)
            if folder is None:
                _check(name, answer)
            else:
                _record(Path(folder), name, answer)
            return answer

        return watched

    operations.named = named  # type: ignore[attr-defined]


def _check(name: str, answer: dict[str, Any]) -> None:
    validator = _validator(name)
    for error in [] if validator is None else validator.iter_errors(orjson.loads(orjson.dumps(answer))):
        violations.append(f"{name}{error.json_path.removeprefix('$')}: {error.message[:300]}")


@functools.cache
def _validator(name: str) -> Draft202012Validator | None:
    schema = answers().get(name)
    return None if schema is None else Draft202012Validator(_closed(schema))


def _closed(schema: Any) -> Any:
    """Return the schema so that it takes no member it does not name: one that is new has to be described."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(each) for name, each in schema.items()}
    return {**closed, "additionalProperties": False} if "required" in schema else closed


def _record(folder: Path, name: str, answer: dict[str, Any]) -> None:
    with (folder / f"{os.getpid()}.jsonl").open("ab") as file:
        file.write(orjson.dumps([name, answer]) + b"\n")
