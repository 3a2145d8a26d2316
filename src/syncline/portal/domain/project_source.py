"""A project's source as HubSpot's command line reads and packs it, so that Syncline sends the very same upload."""

from __future__ import annotations

import json
import posixpath
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import msgspec

from syncline.portal.domain.errors import SetupError
from syncline.portal.domain.project import ComponentType
from syncline.portal.domain.project_components import META_FILE, IntermediateNode, UploadRequest
from syncline.portal.domain.project_template import PROJECT_FILE, SOURCE

_TYPES = {kind.in_files: kind for kind in ComponentType}
_EPOCH = (2025, 1, 1, 0, 0, 0)
_FILE, _FOLDER = 0o100644 << 16, (0o040755 << 16) | 0x10


class ProjectConfig(msgspec.Struct, frozen=True, rename="camel"):
    """What `hsproject.json` says."""

    name: str
    src_dir: str = "src"
    platform_version: str = ""


class _Meta(msgspec.Struct, frozen=True):
    """A component's own file."""

    uid: str
    type: str
    config: dict[str, Any] = {}


def read_config(content: bytes) -> ProjectConfig:
    """Return what `hsproject.json` says; `SetupError` when it cannot be read."""
    try:
        return msgspec.json.decode(content, type=ProjectConfig)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SetupError(f"{PROJECT_FILE} can't be read: {error}.") from None


def source_files(files: Mapping[str, bytes], src_dir: str = SOURCE) -> dict[str, bytes]:
    """Return the files below a project's source folder by their paths there, without those never uploaded."""
    prefix = f"{src_dir.strip('/')}/"
    below = {path.removeprefix(prefix): content for path, content in files.items() if path.startswith(prefix)}
    return {path: content for path, content in below.items() if not is_ignored(path)}


def is_ignored(path: str) -> bool:
    """Tell whether the command line leaves a file out of an upload: hidden ones, node_modules and logs."""
    parts = path.split("/")
    return any(part.startswith(".") or part == "node_modules" for part in parts) or path.endswith(".log")


def upload_request(
    name: str, files: Mapping[str, bytes], *, message: str = "", auto_deploy: bool = True
) -> UploadRequest:
    """Return what goes with the zip of these files, by their paths below the source folder.

    `SetupError` names a component's file that cannot be read, or a uid that two components have.
    """
    nodes: dict[str, IntermediateNode] = {}
    metas = {path: _meta(path, content) for path, content in files.items() if path.endswith(META_FILE)}
    app_uid = next((meta.uid for meta in metas.values() if meta.type == ComponentType.APP.in_files), None)
    for path, meta in sorted(metas.items()):
        if meta.uid in nodes:
            raise SetupError(
                f"Two components have the uid {meta.uid}: {nodes[meta.uid].meta_file_path} and {path}."
            )
        kind = _TYPES.get(meta.type)
        scim = kind is ComponentType.SCIM
        nodes[meta.uid] = IntermediateNode(
            uid=meta.uid,
            component_type=meta.type.upper() if kind is None else kind.value,
            meta_file_path=path,
            config=meta.config,
            component_deps={"app": app_uid, "allAppObjects": []} if scim and app_uid else {},
        )
    return UploadRequest(
        project_name=name,
        intermediate_nodes_indexed_by_uid=nodes,
        build_message=message,
        skip_auto_deploy=not auto_deploy,
    )


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return the zip of an upload: the source folder's contents with their folders, the same every time."""
    buffer = BytesIO()
    folders = {f"{folder}/" for path in files for folder in _folders(path)}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted({*folders, *files}):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.external_attr = _FOLDER if path in folders else _FILE
            entry.compress_type = zipfile.ZIP_STORED if path in folders else zipfile.ZIP_DEFLATED
            archive.writestr(entry, files.get(path, b""))
    return buffer.getvalue()


def _folders(path: str) -> list[str]:
    found = []
    while path := posixpath.dirname(path):
        found.append(path)
    return found


def _meta(path: str, content: bytes) -> _Meta:
    try:
        return msgspec.json.decode(content, type=_Meta)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        line = _line_of(content)
        raise SetupError(f"{path} can't be read{line}: {error}.") from None


def _line_of(content: bytes) -> str:
    try:
        json.loads(content)
    except json.JSONDecodeError as error:
        return f" at line {error.lineno}"
    except (ValueError, RecursionError):
        pass
    return ""
