"""The path of a request below the mount point, in its one accepted spelling.

Deciding about one spelling of a path and serving another is how authentication gets bypassed
(ZITADEL CVE-2026-32130). Here the raw bytes are compared, nothing is decoded or normalised, and whatever
is spelled oddly (`%55sers`, `//`, `;x`) matches no route. The one exception is the colon of a schema URN,
which many clients send as `%3A`.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from syncline.scimserver.asgi import Scope

_PLAIN = re.compile(rb"/[A-Za-z0-9._~:/-]*")
_LONGEST = 1024


def path_below(scope: Scope) -> str | None:
    """Return the path under `root_path` without one trailing slash, or None for an odd spelling."""
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    raw = raw.partition(b"?")[0]
    root = scope.get("root_path", "").rstrip("/").encode()
    if root:
        if not raw.startswith(root):
            return None
        raw = raw[len(root) :]
    if b"%" in raw:
        raw = raw.replace(b"%3A", b":").replace(b"%3a", b":")
    if len(raw) > _LONGEST or not _PLAIN.fullmatch(raw):
        return None
    if len(raw) > 1 and raw.endswith(b"/"):
        raw = raw[:-1]
    return raw.decode("ascii")
