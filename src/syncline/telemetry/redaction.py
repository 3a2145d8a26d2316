"""Taking secrets out of text before it is written anywhere.

This is the net below the tightrope: nothing should put a secret into a log line in the first place.
"""

from __future__ import annotations

import re

MASK = "[redacted]"

SECRET_NAMES = (
    "access_token",
    "api_key",
    "apikey",
    "authorization",
    "client_secret",
    "code_verifier",
    "cookie",
    "password",
    "personal_access_key",
    "private_key",
    "refresh_token",
    "scim_token",
    "secret",
    "secret_key",
    "token",
)
"""Names whose values are secret, in whatever way name and value are written; compared in any case."""

_NAMES = "|".join(re.escape(name).replace("_", "[_-]?") for name in SECRET_NAMES)

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # Our own tokens keep the public part: it is how an admin finds the token that was used.
    (re.compile(r"(syncline(?:key|link)?_[a-z2-7]{10}_)[A-Za-z0-9_-]+"), rf"\1{MASK}"),
    # HubSpot's private-app tokens: pat-<region>-<uuid>, and whatever else begins so.
    (re.compile(r"\bpat-[A-Za-z0-9]+-[A-Za-z0-9-]+"), f"pat-{MASK}"),
    # The secrets that webhooks are signed with.
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]+"), f"whsec_{MASK}"),
    (re.compile(r"\b(Bearer|Basic)(\s+|%20|\+)[A-Za-z0-9._~+/=%-]{3,}", re.IGNORECASE), rf"\1 {MASK}"),
    # JSON Web Tokens.
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), MASK),
    # A password inside an address.
    (
        re.compile(r"(\b[a-z][a-z0-9+.-]{0,30}://[^\s:/@'\"]{0,200}:)[^\s@'\"]{1,500}@", re.IGNORECASE),
        rf"\1{MASK}@",
    ),
    # name=value, name: value, "name": "value", 'name': b'value', escaped quotes of JSON inside JSON.
    (
        re.compile(
            rf"\b({_NAMES})(\\?[\"']?\s{{0,4}}[=:]\s{{0,4}}b?)(?:\\?\"[^\"\\]*\\?\"|'[^']*'|[^\s\"',;&}}\])]+)",
            re.IGNORECASE,
        ),
        rf"\1\2{MASK}",
    ),
)


def redact(text: str) -> str:
    """Return the text with everything that looks like a secret replaced by `[redacted]`; linear in its length."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def is_secret_name(name: str) -> bool:
    """Tell whether a field of that name holds a secret, as far as its name says."""
    return name.lower().replace("-", "_") in SECRET_NAMES
