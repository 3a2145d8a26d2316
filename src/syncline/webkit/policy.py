"""What a browser may do with our pages: load nothing from elsewhere, run no script inside them, put no frame around."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

_POLICY = (
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Headers(Protocol):
    """The headers of an answer, as far as they are needed here."""

    def setdefault(self, key: str, value: str, /) -> str:
        """Set a header unless it is there; return what is there then."""
        ...


def content_security_policy(form_targets: Iterable[str] = ()) -> str:
    """Return the policy. A form may lead to us and to these origins: browsers hold redirects to that as well."""
    return "; ".join((*_POLICY, " ".join(("form-action 'self'", *form_targets))))


def protect(headers: Headers, *, secure: bool, form_targets: Iterable[str] = ()) -> None:
    """Add to an answer what keeps its page safe; a header that is there already stays."""
    headers.setdefault("content-security-policy", content_security_policy(form_targets))
    if secure:
        headers.setdefault("strict-transport-security", "max-age=31536000")
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
