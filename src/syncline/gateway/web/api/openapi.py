"""The OpenAPI 3.1 description, made from the route table and the signatures of the operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from syncline import __version__
from syncline.gateway.services.calling import Operation
from syncline.gateway.web.api.endpoint import Argument, Endpoint, arguments_of
from syncline.gateway.web.api.problems import MEDIA_TYPE, TITLES

_TYPES = {str: "string", int: "integer", bool: "boolean", list: "array", dict: "object"}
_PROBLEMS = (400, 401, 403, 404, 409, 422, 503)


def description(
    endpoints: Sequence[Endpoint], operations: Mapping[str, Operation], server: str
) -> dict[str, Any]:
    """Return the document; `server` is the address the paths are below."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        shown = _operation(endpoint, arguments_of(operations[endpoint.operation]))
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = shown
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Syncline admin API",
            "version": __version__,
            "description": "The operations of the command line over HTTP. Keys are made by "
            "`syncline api-key create` or in the console. A POST may carry an Idempotency-Key.",
        },
        "servers": [{"url": server}],
        "security": [{"api_key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"api_key": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": _problem_schema()},
        },
    }


def _operation(endpoint: Endpoint, arguments: Mapping[str, Argument]) -> dict[str, Any]:
    in_path = [each for each in arguments.values() if f"{{{each.name}}}" in endpoint.path]
    others = [each for each in arguments.values() if each not in in_path]
    shown: dict[str, Any] = {
        "operationId": endpoint.operation,
        "summary": endpoint.summary,
        "description": f"Asks for the permission to {endpoint.needs.value}.",
        "parameters": [_parameter(each, "path") for each in in_path],
        "responses": {
            str(endpoint.status): {
                "description": "Done",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            **{str(status): _problem(status) for status in _PROBLEMS},
        },
    }
    if endpoint.method == "GET":
        shown["parameters"] += [_parameter(each, "query") for each in others]
    if endpoint.method == "POST":
        shown["parameters"].append(
            {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string"}}
        )
        shown["requestBody"] = {
            "required": any(each.required for each in others),
            "content": {"application/json": {"schema": _body(others)}},
        }
    return shown


def _parameter(argument: Argument, place: str) -> dict[str, Any]:
    return {
        "name": argument.name,
        "in": place,
        "required": place == "path" or argument.required,
        "schema": {"type": _TYPES[argument.kind]},
    }


def _body(arguments: Sequence[Argument]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            each.name: {"type": [_TYPES[each.kind], "null"] if each.nullable else _TYPES[each.kind]}
            for each in arguments
        },
        "required": [each.name for each in arguments if each.required],
    }


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": TITLES[status], "content": {MEDIA_TYPE: {"schema": schema}}}


def _problem_schema() -> dict[str, Any]:
    kinds = {"type": "string", "title": "string", "status": "integer", "detail": "string"}
    return {"type": "object", "properties": {name: {"type": kind} for name, kind in kinds.items()}}
