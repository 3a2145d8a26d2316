"""Errors as RFC 9457 problem details: a stable `type` for programs, a sentence with the fix for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import orjson
from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX: Final = "urn:syncline:problem:"


class ProblemKind(StrEnum):
    """What programs tell problems apart by; a name here never changes its meaning."""

    UNREADABLE = "unreadable"
    NO_KEY = "no-key"
    NOT_ALLOWED = "not-allowed"
    NOT_FOUND = "not-found"
    WRONG_METHOD = "wrong-method"
    CONFLICT = "conflict"
    REFUSED = "refused"
    TOO_LARGE = "too-large"
    NOT_JSON = "not-json"
    INVALID = "invalid"
    KEY_REUSED = "idempotency-key-reused"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class ProblemText:
    """How a kind is answered, and what helps."""

    status: int
    title: str
    fix: str


PROBLEMS: Final[Mapping[ProblemKind, ProblemText]] = {
    ProblemKind.UNREADABLE: ProblemText(
        400, "The request cannot be read", "Send what the OpenAPI description says, in well-formed JSON."
    ),
    ProblemKind.NO_KEY: ProblemText(
        401,
        "No valid API key",
        "Send an API key as Authorization: Bearer KEY; `syncline api-key create` makes one.",
    ),
    ProblemKind.NOT_ALLOWED: ProblemText(
        403, "The key's role does not include this", "Use a key with a role that includes it."
    ),
    ProblemKind.NOT_FOUND: ProblemText(
        404, "Not found", "Look it up in the list it belongs to; a key sees its own tenant only."
    ),
    ProblemKind.WRONG_METHOD: ProblemText(
        405, "This address does not take that method", "Use a method that `Allow` names."
    ),
    ProblemKind.CONFLICT: ProblemText(
        409,
        "Something else is in the way",
        "Look at what is there now; after a change since a preview, preview again.",
    ),
    ProblemKind.REFUSED: ProblemText(
        409, "Not possible now", "Do first what `detail` says; the request itself is understood."
    ),
    ProblemKind.TOO_LARGE: ProblemText(413, "Too large", "Send a smaller body."),
    ProblemKind.NOT_JSON: ProblemText(415, "Not JSON", "Send Content-Type: application/json."),
    ProblemKind.INVALID: ProblemText(422, "Not valid", "Correct what `detail` names; nothing was changed."),
    ProblemKind.KEY_REUSED: ProblemText(
        422, "Idempotency-Key used before", "Take a new key for another request."
    ),
    ProblemKind.INTERNAL: ProblemText(
        500, "Something went wrong", "Try again; if it lasts, the server's log says more."
    ),
    ProblemKind.UNAVAILABLE: ProblemText(
        503, "Try again later", "Wait as long as Retry-After says, then send it again."
    ),
}
"""Every kind: its status, its title, what helps."""

_OF_DOMAIN: Final = {
    "not_found": ProblemKind.NOT_FOUND,
    "conflict": ProblemKind.CONFLICT,
    "invalid": ProblemKind.INVALID,
    "refused": ProblemKind.REFUSED,
    "unavailable": ProblemKind.UNAVAILABLE,
}


class Problem(Exception):
    """A request that gets a problem for its answer."""

    def __init__(self, kind: ProblemKind, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})


def problem_of(error: DomainError) -> Problem:
    """Return a refusal of the domain as a problem."""
    kind = _OF_DOMAIN[error.kind]
    return Problem(kind, error.message, {"retry-after": "5"} if kind is ProblemKind.UNAVAILABLE else None)


def problem_response(problem: Problem) -> Response:
    """Return the answer. `type` is a name that never changes, `fix` what helps against all problems of its kind."""
    text = PROBLEMS[problem.kind]
    body = {
        "type": TYPE_PREFIX + problem.kind,
        "title": text.title,
        "status": text.status,
        "detail": problem.detail,
        "fix": text.fix,
    }
    return Response(orjson.dumps(body), text.status, problem.headers, MEDIA_TYPE)
