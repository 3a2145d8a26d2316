"""Addresses that no bearer token opens: what they are sent, and how their refusals go out."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from syncline.clock import Milliseconds
from syncline.portal.domain.errors import HubSpotError, MethodNotAllowed, Unavailable
from syncline.portal.domain.oauth import OAuthError
from syncline.portal.store.store import Store
from syncline.portal.web.answer import Answer, send_answer
from syncline.portal.web.call import Surroundings, read_body
from syncline.portal.web.correlation import SCOPE_KEY
from syncline.sql.errors import StoreBusy, StoreUnavailable

_log = logging.getLogger(__name__)
_FORM = "application/x-www-form-urlencoded"
_NEVER_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A request nobody is authenticated for yet, with what it sent as texts."""

    request: Request
    sent: Mapping[str, str]
    now: Milliseconds
    around: Surroundings

    @property
    def store(self) -> Store:
        return self.around.store

    def given(self, name: str) -> str | None:
        """Return what was sent under that name; None when it is absent or empty."""
        return self.sent.get(name) or None


OpenHandler = Callable[[OpenCall], Awaitable[Answer]]


class OpenEndpoint:
    """One such address as an ASGI application: its handlers by method.

    `query_too` reads parameters from the address as well as from the body, as the v1 endpoints do.
    """

    def __init__(
        self, handlers: Mapping[str, OpenHandler], around: Surroundings, *, query_too: bool = False
    ) -> None:
        self._handlers = handlers
        self._around = around
        self._query_too = query_too

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        correlation_id: str = scope[SCOPE_KEY]
        try:
            answer = await self._answer(Request(scope, receive))
        except OAuthError as error:
            answer = Answer(error.http_status, error.body)
        except HubSpotError as error:
            answer = Answer(error.status, error.envelope(correlation_id), error.headers)
        except (StoreBusy, StoreUnavailable):
            trouble = Unavailable("The portal can't reach its database. Try again shortly.")
            answer = Answer(503, trouble.envelope(correlation_id), {"Retry-After": "1"})
        except Exception:
            _log.exception("call %s failed", correlation_id)
            answer = Answer(500, HubSpotError("Internal error").envelope(correlation_id))
        await send_answer(send, answer, _NEVER_KEPT, without_body=scope["method"] == "HEAD")

    async def _answer(self, request: Request) -> Answer:
        handler = self._handlers.get(request.method)
        if handler is None:
            allow = ", ".join(self._handlers)
            raise MethodNotAllowed(f"This address answers {allow} only.", headers={"Allow": allow})
        sent = await read_fields(request)
        if self._query_too:
            sent = {**request.query_params, **sent}
        return await handler(OpenCall(request, sent, self._around.clock.now(), self._around))


async def read_fields(request: Request) -> dict[str, str]:
    """Return the fields of a form or of a JSON object, both of which HubSpot's own clients send.

    `OAuthError` (`invalid_request`) for anything else; a field sent twice is refused too (RFC 6749 §3.2).
    """
    content = await read_body(request)
    if not content:
        return {}
    media_type = request.headers.get("content-type", _FORM).partition(";")[0].strip().lower()
    try:
        if media_type == "application/json":
            return _from_json(content)
        if media_type == _FORM:
            return _from_form(content)
    except ValueError:
        raise _unreadable("the body cannot be read") from None
    raise _unreadable(f"the body must be {_FORM} or application/json")


def _from_json(content: bytes) -> dict[str, str]:
    body = orjson.loads(content)
    if not isinstance(body, dict):
        raise ValueError("not an object")
    fields = {name: value for name, value in body.items() if value is not None}
    if not all(isinstance(value, str) for value in fields.values()):
        raise ValueError("not all texts")
    return fields


def _from_form(content: bytes) -> dict[str, str]:
    pairs = parse_qsl(content.decode(), keep_blank_values=True, max_num_fields=50, errors="strict")
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field was sent twice")
    return fields


def _unreadable(message: str) -> OAuthError:
    return OAuthError("invalid_request", "BAD_REQUEST", message)
