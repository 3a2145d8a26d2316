"""Static files: read once, served under names that change with what is in them, so browsers keep them for a year."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

STATIC_PREFIX = "/static/"
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
}
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file, plain and compressed."""

    name: str
    media_type: str
    content: bytes
    zipped: bytes


class Statics:
    """The files of these folders; a name that is in two belongs to the last."""

    def __init__(self, *folders: Path, prefix: str = STATIC_PREFIX) -> None:
        self._prefix = prefix
        self._files: dict[str, StaticFile] = {}
        self._names: dict[str, str] = {}
        for folder in folders:
            for path in sorted(folder.iterdir()):
                if path.suffix in _MEDIA_TYPES:
                    self._add(path)

    def _add(self, path: Path) -> None:
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:12]
        served = f"{path.stem}.{digest}{path.suffix}"
        kept = StaticFile(served, _MEDIA_TYPES[path.suffix], content, gzip.compress(content, 9, mtime=0))
        self._names[path.name] = served
        self._files[served] = kept

    @property
    def files(self) -> Mapping[str, StaticFile]:
        """Every file by the name it is served under."""
        return self._files

    def url(self, name: str) -> str:
        """Return the address of a file by its plain name; raises `KeyError` for one that does not exist."""
        return self._prefix + self._names[name]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for one of the files; ranges are not offered."""
        file = self._files.get(str(scope["path"]).rpartition("/")[2])
        await (_missing() if file is None else _answer(file, scope))(scope, receive, send)


def _answer(file: StaticFile, scope: Scope) -> Response:
    accepted = dict(scope["headers"]).get(b"accept-encoding", b"")
    headers = {
        "cache-control": _FOR_EVER,
        "x-content-type-options": "nosniff",
        "vary": "accept-encoding",
        "cross-origin-resource-policy": "same-origin",
    }
    if b"gzip" in accepted:
        return Response(
            file.zipped, headers={**headers, "content-encoding": "gzip"}, media_type=file.media_type
        )
    return Response(file.content, headers=headers, media_type=file.media_type)


def _missing() -> Response:
    return PlainTextResponse("There is no such file.\n", 404, {"cache-control": "no-store"})
