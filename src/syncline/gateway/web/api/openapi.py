"""The OpenAPI 3.1 description, made from the route table and the signatures of the operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from syncline import __version__
from syncline.gateway.services.calling import LARGEST, Operation
from syncline.gateway.web.api.answers import answers
from syncline.gateway.web.api.endpoint import Argument, Endpoint, arguments_of
from syncline.gateway.web.api.idempotency import LONGEST_KEY
from syncline.gateway.web.api.problems import MEDIA_TYPE, PROBLEMS, TYPE_PREFIX

_TYPES: Final = {str: "string", int: "integer", bool: "boolean", list: "array", dict: "object"}
_EVERYWHERE: Final = (400, 401, 403, 404, 405, 409, 422, 500, 503)
_WITH_BODY: Final = (413, 415)
_ABOUT: Final = (
    "Everything the command line and the console can do, over HTTP. Keys are made by `syncline api-key create` or in "
    "the console, each with a role for one tenant or for all. A POST may carry an `Idempotency-Key`: sent again within "
    "a day it is carried out once. Lists are read page by page: `next` of an answer is `after` of the next request. "
    "What can be previewed takes the preview's fingerprint as `expect`, or as `If-Match`, and saves nothing else."
)


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
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
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
    answer = answers().get(endpoint.operation, {"type": "object"})
    statuses = (*_EVERYWHERE, *(_WITH_BODY if endpoint.has_body else ()))
    shown: dict[str, Any] = {
        "operationId": endpoint.operation,
        "summary": endpoint.summary,
        "description": f"Asks for the permission to {endpoint.needs.value}.",
        "x-permission": endpoint.needs.value,
        "parameters": [_parameter(each, "path") for each in in_path],
        "responses": {
            str(endpoint.status): {
                "description": "Done",
                "content": {"application/json": {"schema": answer}},
            },
            **{str(status): _problem(status) for status in statuses},
        },
    }
    if endpoint.method == "GET":
        shown["responses"]["304"] = {"description": "What the tag in If-None-Match names is still so"}
        shown["parameters"].append(_header("If-None-Match", "The ETag of an earlier answer"))
    if endpoint.method == "POST":
        shown["parameters"].append(_header("Idempotency-Key", "Carried out once under this", LONGEST_KEY))
    if "expect" in arguments:
        shown["parameters"].append(_header("If-Match", "The fingerprint of a preview, as `expect`"))
    if endpoint.has_body:
        shown["requestBody"] = {
            "required": any(each.required for each in others),
            "content": {"application/json": {"schema": _body(others)}},
        }
    else:
        shown["parameters"] += [_parameter(each, "query") for each in others]
    return shown


def _parameter(argument: Argument, place: str) -> dict[str, Any]:
    return {
        "name": argument.name,
        "in": place,
        "required": place == "path" or argument.required,
        "schema": _schema(argument),
    }


def _header(name: str, meaning: str, longest: int = 1000) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": longest}
    return {"name": name, "in": "header", "required": False, "description": meaning, "schema": schema}


def _schema(argument: Argument) -> dict[str, Any]:
    """Return what an argument takes. Whether it means something here only the operation can tell: then 422."""
    kind: dict[str, Any] = {"type": _TYPES[argument.kind]}
    if argument.kind is list:
        kind["items"] = {"type": "string"}
    if argument.kind is int:
        kind["maximum"] = LARGEST
    return kind


def _body(arguments: Sequence[Argument]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {each.name: _nullable(_schema(each), each) for each in arguments},
        "required": [each.name for each in arguments if each.required],
    }


def _nullable(schema: dict[str, Any], argument: Argument) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]} if argument.nullable else schema


def _problem(status: int) -> dict[str, Any]:
    titles = [text.title for text in PROBLEMS.values() if text.status == status]
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": " / ".join(titles), "content": {MEDIA_TYPE: {"schema": schema}}}


def _problem_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail", "fix"],
        "properties": {
            "type": {"type": "string", "enum": [TYPE_PREFIX + kind for kind in PROBLEMS]},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What is wrong with this request"},
            "fix": {"type": "string", "description": "What helps against problems of this type"},
        },
    }
