"""Errors as RFC 9457 problem details."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError

MEDIA_TYPE = "application/problem+json"
STATUS = {"not_found": 404, "conflict": 409, "invalid": 422, "refused": 409, "unavailable": 503}
TITLES = {
    400: "The request cannot be read",
    401: "No valid API key",
    403: "The key's role does not include this",
    404: "Not found",
    405: "This address does not take that method",
    409: "Not possible now",
    413: "Too large",
    415: "Not JSON",
    422: "Not valid",
    500: "Something went wrong",
    503: "Try again later",
}


class Problem(Exception):
    """A request that gets a problem for its answer."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


def problem_of(error: DomainError) -> Problem:
    """Return a refusal of the domain as a problem."""
    return Problem(STATUS.get(error.kind, 400), error.message)


def problem_response(problem: Problem) -> Response:
    """Return the answer. `type` is about:blank: the status says all the kind there is."""
    body = {
        "type": "about:blank",
        "title": TITLES.get(problem.status, "Error"),
        "status": problem.status,
        "detail": problem.detail,
    }
    return Response(orjson.dumps(body), problem.status, problem.headers, MEDIA_TYPE)
