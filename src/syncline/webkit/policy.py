"""What a browser may do with our pages: load nothing from elsewhere, run no script inside them, put no frame around."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping

from starlette.datastructures import MutableHeaders

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


def content_security_policy(form_targets: Iterable[str] = ()) -> str:
    """Return the policy. A form may lead to us and to these origins: browsers hold redirects to that as well."""
    return "; ".join((*_POLICY, " ".join(("form-action 'self'", *form_targets))))


def protect(
    headers: MutableHeaders | MutableMapping[str, str], *, secure: bool, form_targets: Iterable[str] = ()
) -> None:
    """Add to an answer what keeps its page safe; a header that is there already stays."""
    headers.setdefault("content-security-policy", content_security_policy(form_targets))
    if secure:
        headers.setdefault("strict-transport-security", "max-age=31536000")
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
