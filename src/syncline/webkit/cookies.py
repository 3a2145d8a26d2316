"""Cookies of ours: for this host alone, out of reach of scripts, sent only from our own pages."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response


def is_secure(request: Request) -> bool:
    """Tell whether the browser reaches us over TLS."""
    return request.url.scheme == "https"


def read_cookie(request: Request, name: str) -> str | None:
    """Return a cookie of ours; over TLS only one that no other host and no plain page can have set."""
    return request.cookies.get(_full(request, name))


def set_cookie(
    request: Request, response: Response, name: str, value: str, *, seconds: int | None = None
) -> None:
    """Set a cookie, for so many seconds or until the browser is closed."""
    response.set_cookie(
        _full(request, name),
        value,
        max_age=seconds,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response, name: str) -> None:
    """Have the browser forget a cookie."""
    response.delete_cookie(
        _full(request, name), path="/", secure=is_secure(request), httponly=True, samesite="lax"
    )


def _full(request: Request, name: str) -> str:
    return f"__Host-{name}" if is_secure(request) else name
