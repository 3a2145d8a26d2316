"""Answers a request to the admin API: find the endpoint, whose key it is, may it, read the arguments, run it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from syncline.gateway.domain.errors import DomainError, Invalid
from syncline.gateway.domain.operators import EVERYWHERE, MEANING, Access, Permission
from syncline.gateway.domain.sessions import ApiKey
from syncline.gateway.services.api_keys import ApiKeys
from syncline.gateway.services.calling import Operation
from syncline.gateway.services.operations import run_operation
from syncline.gateway.services.ports import SetupStore
from syncline.gateway.web.api.endpoint import Argument, Endpoint, arguments_of, check_value, read_text
from syncline.gateway.web.api.idempotency import Idempotency, Kept
from syncline.gateway.web.api.problems import Problem, problem_of, problem_response
from syncline.scim import json
from syncline.sql.errors import StoreError

_log = logging.getLogger(__name__)

MOST_BYTES = 64_000
OPENAPI_PATH = "/openapi.json"
_NO_KEY = "Send an API key as Authorization: Bearer KEY; `syncline api-key create` makes one."
_NOTHING = "There is nothing at this address."
_CAREFUL = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


class ApiApplication:
    """The admin API as an ASGI application below a prefix."""

    def __init__(
        self,
        prefix: str,
        endpoints: Sequence[Endpoint],
        operations: Mapping[str, Operation],
        setup: SetupStore,
        keys: ApiKeys,
        idempotency: Idempotency,
        openapi: bytes,
    ) -> None:
        self.endpoints = tuple(endpoints)
        self._prefix = prefix
        self._operations = operations
        self._setup = setup
        self._keys = keys
        self._idempotency = idempotency
        self._openapi = openapi
        self._rows = [(compile_path(each.path)[0], each) for each in endpoints]
        self._arguments = {each.operation: arguments_of(operations[each.operation]) for each in endpoints}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
        except Problem as problem:
            answer = problem_response(problem)
        except DomainError as error:
            answer = problem_response(problem_of(error))
        except StoreError:
            _log.exception("the API cannot use its database")
            answer = problem_response(
                Problem(503, "The database cannot be reached now.", {"retry-after": "5"})
            )
        for name, value in _CAREFUL.items():
            answer.headers.setdefault(name, value)
        if request.method == "HEAD":
            answer.body = b""
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = str(request.scope["path"]).removeprefix(self._prefix)
        method = "GET" if request.method == "HEAD" else request.method
        if path == OPENAPI_PATH and method == "GET":
            return Response(self._openapi, media_type="application/json")
        key = await self._key(request)
        endpoint, parts = self._find(method, path)
        access = Access({key.tenant_id: key.role})
        await self._permit(endpoint, access, parts)
        arguments = {**await self._given(request, endpoint), **self._read(endpoint, parts)}

        async def carry_out() -> Kept:
            actor = f"api-key:{key.id}"
            result = await run_operation(self._operations, endpoint.operation, actor, arguments)
            return Kept(endpoint.status, orjson.dumps(_visible(endpoint, result, access)))

        named = request.headers.get("idempotency-key")
        if method != "POST" or named is None:
            kept = await carry_out()
            return Response(kept.body, kept.status, media_type="application/json")
        asked = orjson.dumps([path, arguments], option=orjson.OPT_SORT_KEYS)
        kept, again = await self._idempotency.once(key.id, named, asked, carry_out)
        headers = {"idempotency-replayed": "true"} if again else None
        return Response(kept.body, kept.status, headers, "application/json")

    async def _key(self, request: Request) -> ApiKey:
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        client = request.client.host if request.client else None
        key = await self._keys.authenticate(text.strip(), client) if scheme.lower() == "bearer" else None
        if key is None:
            raise Problem(401, _NO_KEY, {"www-authenticate": "Bearer"})
        return key

    def _find(self, method: str, path: str) -> tuple[Endpoint, Mapping[str, str]]:
        allowed = []
        for pattern, endpoint in self._rows:
            match = pattern.match(path)
            if match is None:
                continue
            if endpoint.method == method:
                return endpoint, match.groupdict()
            allowed.append(endpoint.method)
        if allowed:
            raise Problem(405, f"This address takes {', '.join(allowed)}.", {"allow": ", ".join(allowed)})
        raise Problem(404, _NOTHING)

    async def _permit(self, endpoint: Endpoint, access: Access, parts: Mapping[str, str]) -> None:
        """Check the permission where the endpoint acts. A tenant that may not be seen is like one there is not."""
        place = EVERYWHERE
        if endpoint.of_a_tenant:
            tenant = await self._setup.tenant(parts["tenant"])
            place = parts["tenant"]
            if tenant is None or tenant.id != place or not access.may(Permission.VIEW, place):
                raise Problem(404, _NOTHING)
        if endpoint.operation == "tenant.list":
            return  # what it returns is cut down to what may be seen
        if not access.may(endpoint.needs, place):
            raise Problem(403, f"This key may not {MEANING[endpoint.needs]}.")

    def _read(self, endpoint: Endpoint, parts: Mapping[str, str]) -> dict[str, Any]:
        known = self._arguments[endpoint.operation]
        return {name: read_text(known[name], unquote(text)) for name, text in parts.items()}

    async def _given(self, request: Request, endpoint: Endpoint) -> dict[str, Any]:
        """Return the arguments that are not in the path: of the query, or of the body."""
        known = self._arguments[endpoint.operation]
        free = {name: each for name, each in known.items() if f"{{{name}}}" not in endpoint.path}
        if endpoint.method == "POST":
            body = await _body(request)
            return {name: check_value(_one(free, name), value) for name, value in body.items()}
        given = request.query_params.multi_items()
        if len(dict(given)) < len(given):
            raise Invalid("A parameter was given twice.")
        return {name: read_text(_one(free, name), text) for name, text in given}


def _one(free: Mapping[str, Argument], name: str) -> Argument:
    if name not in free:
        raise Invalid(f"There is no parameter {name!r} here; there are: {', '.join(free) or 'none'}.")
    return free[name]


async def _body(request: Request) -> dict[str, Any]:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise Problem(413, f"A body holds at most {MOST_BYTES} bytes.")
        parts.append(part)
    content = b"".join(parts)
    if not content:
        return {}
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(415, "The body must be application/json.")
    try:
        body = json.decode(content)
    except Exception:
        raise Problem(400, "The body is not a JSON object that can be read.") from None
    if not isinstance(body, dict):
        raise Problem(400, "The body must be a JSON object.")
    return body


def _visible(endpoint: Endpoint, result: dict[str, Any], access: Access) -> dict[str, Any]:
    """Return what of a result the key may see: of the list of tenants only its own."""
    if endpoint.operation != "tenant.list":
        return result
    return {"tenants": [each for each in result["tenants"] if access.may(Permission.VIEW, each["id"])]}
