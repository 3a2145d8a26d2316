"""Answers a request to the admin API: find the endpoint, whose key it is, may it, read the arguments, run it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from syncline.gateway.domain.errors import DomainError, Invalid
from syncline.gateway.domain.operators import EVERYWHERE, MEANING, Access, Permission
from syncline.gateway.domain.sessions import BY_API_KEY, ApiKey
from syncline.gateway.services.api_keys import ApiKeys
from syncline.gateway.services.calling import Operation
from syncline.gateway.services.operations import run_operation
from syncline.gateway.services.ports import SetupStore
from syncline.gateway.services.previewing import PREVIEWED
from syncline.gateway.web.api.endpoint import Argument, Endpoint, arguments_of, check_value, read_text
from syncline.gateway.web.api.idempotency import Idempotency, Kept
from syncline.gateway.web.api.problems import Problem, ProblemKind, problem_of, problem_response
from syncline.scim import json
from syncline.sql.errors import StoreError

_log = logging.getLogger(__name__)

MOST_BYTES = 64_000
OPENAPI_PATH = "/openapi.json"
_OWN_TENANTS = "tenant.page"
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
            sentence = "The database cannot be reached now."
            answer = problem_response(Problem(ProblemKind.UNAVAILABLE, sentence, {"retry-after": "5"}))
        except Exception:
            _log.exception("the API failed on %s", request.method)
            answer = problem_response(Problem(ProblemKind.INTERNAL, "This is an error of ours."))
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
        if endpoint.operation == _OWN_TENANTS and not access.is_everywhere:
            arguments["only"] = key.tenant_id

        async def carry_out() -> Kept:
            actor = f"{BY_API_KEY}{key.id}"
            result = await run_operation(self._operations, endpoint.operation, actor, arguments)
            return Kept(endpoint.status, orjson.dumps(result))

        named = request.headers.get("idempotency-key")
        if method == "GET":
            return _tagged(request, await carry_out())
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
            raise Problem(ProblemKind.NO_KEY, _NO_KEY, {"www-authenticate": "Bearer"})
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
            raise Problem(
                ProblemKind.WRONG_METHOD,
                f"This address takes {', '.join(allowed)}.",
                {"allow": ", ".join(allowed)},
            )
        raise Problem(ProblemKind.NOT_FOUND, _NOTHING)

    async def _permit(self, endpoint: Endpoint, access: Access, parts: Mapping[str, str]) -> None:
        """Check the permission where the endpoint acts. A tenant that may not be seen is like one there is not."""
        place = EVERYWHERE
        if endpoint.of_a_tenant:
            tenant = await self._setup.tenant(parts["tenant"])
            place = parts["tenant"]
            if tenant is None or tenant.id != place or not access.may(Permission.VIEW, place):
                raise Problem(ProblemKind.NOT_FOUND, _NOTHING)
        if endpoint.operation == _OWN_TENANTS:
            return  # what it returns is cut down to what may be seen
        if not access.may(endpoint.needs, place):
            raise Problem(ProblemKind.NOT_ALLOWED, f"This key may not {MEANING[endpoint.needs]}.")

    def _read(self, endpoint: Endpoint, parts: Mapping[str, str]) -> dict[str, Any]:
        known = self._arguments[endpoint.operation]
        return {name: read_text(known[name], [text]) for name, text in parts.items()}

    async def _given(self, request: Request, endpoint: Endpoint) -> dict[str, Any]:
        """Return the arguments that are not in the path: of the query, or of the body; `If-Match` is `expect`."""
        known = self._arguments[endpoint.operation]
        free = {name: each for name, each in known.items() if f"{{{name}}}" not in endpoint.path}
        if endpoint.has_body:
            body = await _body(request)
            given = {name: check_value(_one(free, name), value) for name, value in body.items()}
        else:
            texts = request.query_params
            given = {name: read_text(_one(free, name), texts.getlist(name)) for name in texts}
        if "change" in given and "arguments" in given:
            self._check_change(given["change"], given["arguments"])
        match = request.headers.get("if-match")
        if match is not None and "expect" in free:
            given["expect"] = match.strip('"')
        return given

    def _check_change(self, change: str, arguments: Mapping[str, Any]) -> None:
        """Hold the arguments of a change that is only named to what its operation takes."""
        if change not in self._operations or change not in PREVIEWED:
            raise Invalid(f"{change!r} cannot be previewed. There are: {', '.join(PREVIEWED)}.")
        known = arguments_of(self._operations[change])
        free = {name: each for name, each in known.items() if name not in ("tenant", "expect")}
        for name, value in arguments.items():
            check_value(_one(free, name), value)


def _tagged(request: Request, kept: Kept) -> Response:
    """Answer a read, or say that it is what the asker has already."""
    tag = f'"{blake2b(kept.body, digest_size=12).hexdigest()}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(None, 304, headers)
    return Response(kept.body, kept.status, headers, "application/json")


def _one(free: Mapping[str, Argument], name: str) -> Argument:
    if name not in free:
        raise Invalid(f"There is no parameter {name!r} here; there are: {', '.join(free) or 'none'}.")
    return free[name]


async def _body(request: Request) -> dict[str, Any]:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise Problem(ProblemKind.TOO_LARGE, f"A body holds at most {MOST_BYTES} bytes.")
        parts.append(part)
    content = b"".join(parts)
    if not content:
        return {}
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(ProblemKind.NOT_JSON, "The body must be application/json.")
    try:
        body = json.decode(content)
    except Exception:
        raise Problem(ProblemKind.UNREADABLE, "The body is not a JSON object that can be read.") from None
    if not isinstance(body, dict):
        raise Problem(ProblemKind.UNREADABLE, "The body must be a JSON object.")
    return body
