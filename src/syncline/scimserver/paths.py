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

_PLAIN = re.compile(r"/[A-Za-z0-9._~:/-]*")
_LONGEST = 1024


def raw_path(scope: Scope) -> bytes:
    """Return the path as it was sent, without the query that some servers leave there; of a long one the beginning."""
    raw: bytes | None = scope.get("raw_path")
    # Other characters than those of the pattern match nothing below, whatever bytes they were.
    sent = quote(scope["path"]).encode() if raw is None else raw.partition(b"?")[0]
    return sent if len(sent) <= _LONGEST else sent[: _LONGEST + 1]


def path_below(raw: bytes, root: str) -> str | None:
    """Return the path under `root` without one trailing slash, or None for an odd spelling or over 1,024 bytes."""
    if len(raw) > _LONGEST:
        return None
    path = raw.decode("latin-1")
    root = root.rstrip("/")
    if not path.startswith(root):
        return None
    path = path[len(root) :]
    if "%" in path:
        path = path.replace("%3A", ":").replace("%3a", ":")
    if not _PLAIN.fullmatch(path):
        return None
    return path[:-1] if len(path) > 1 and path.endswith("/") else path
