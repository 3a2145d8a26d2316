"""Reading a bearer token from the Authorization header (RFC 6750 §2.1), the only place one is looked for."""

from __future__ import annotations

from syncline.scim.errors import Unauthorized

_NOT_TOKENS = frozenset({"null", "undefined", "none"})
"""What clients send when their own variable was empty."""


def bearer_token(authorization: str | None) -> str:
    """Return the token; `Unauthorized` without one, with another scheme, or with an empty or odd value."""
    if authorization is None:
        raise Unauthorized("This endpoint needs a bearer token in the Authorization header.")
    scheme, _, token = authorization.partition(" ")
    token = token.strip(" ")
    if scheme.lower() != "bearer":
        raise Unauthorized("The Authorization header must use the Bearer scheme.")
    if not token or token.lower() in _NOT_TOKENS or not token.isascii() or not token.isprintable():
        raise Unauthorized("The Authorization header carries no usable bearer token.")
    if " " in token:
        raise Unauthorized("A bearer token holds no spaces.")
    return token
