"""From an upload to a build: what the command line says the components are, held against the files it sent."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

import msgspec

from syncline.portal.domain.errors import Detail, ValidationError
from syncline.portal.domain.project import Component, ComponentType, wrong_uid
from syncline.portal.domain.project_schemas import REQUIRED_SCOPES, config_errors

META_FILE = "-hsmeta.json"
MOST_COMPONENTS = 50
_FOLDERS = {ComponentType.APP: "app", ComponentType.SCIM: "app/scim"}


class IntermediateNode(msgspec.Struct, frozen=True, rename="camel"):
    """One component as the command line translated it from its file."""

    uid: str
    component_type: str
    meta_file_path: str
    config: dict[str, Any] = {}
    component_deps: dict[str, Any] = {}


class UploadRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What goes with the zip of an upload."""

    project_name: str
    intermediate_nodes_indexed_by_uid: dict[str, IntermediateNode]
    build_message: str | None = None
    skip_auto_deploy: bool = False


class MetaFile(msgspec.Struct, frozen=True):
    """What a component's own file says of it, as far as it must agree with the upload."""

    uid: str
    type: str


def components_of(request: UploadRequest, files: Mapping[str, bytes]) -> tuple[Component, ...]:
    """Return the components of an upload, the app first; each carries what it cannot be built for.

    `ValidationError` when the upload is not a project at all: no app, a component twice, or components that
    do not stand in the files that were sent.
    """
    nodes = request.intermediate_nodes_indexed_by_uid
    wrong = [
        *_wrong_whole(nodes),
        *(line for uid, node in nodes.items() for line in _wrong_node(uid, node, files)),
    ]
    if wrong:
        raise ValidationError(
            f"The project {request.project_name} can't be built.",
            *(Detail(sentence, code="INVALID_PROJECT") for sentence in wrong),
        )
    app_uid = next(uid for uid, node in nodes.items() if node.component_type == ComponentType.APP)
    ordered = sorted(nodes.values(), key=lambda node: (node.component_type != ComponentType.APP, node.uid))
    return tuple(_component(node, app_uid) for node in ordered)


def boilerplate_warnings(components: tuple[Component, ...]) -> tuple[str, ...]:
    """Return what HubSpot's SCIM guide tells you to replace and is still there; nothing without a scim component."""
    app = next((one for one in components if one.type == ComponentType.APP), None)
    if app is None or app.errors or not any(one.type == ComponentType.SCIM for one in components):
        return ()
    scopes = app.config["auth"]["requiredScopes"]
    missing = [scope for scope in REQUIRED_SCOPES if scope not in scopes]
    surplus = [scope for scope in scopes if scope not in REQUIRED_SCOPES]
    found = []
    if missing:
        found.append(f"requiredScopes lacks {', '.join(missing)}")
    if surplus:
        found.append(f"requiredScopes has {', '.join(surplus)}, which SCIM does not need")
    if "support" in app.config:
        found.append("the support block is the template's")
    if not found:
        return ()
    return (
        f"{app.meta_file} is not yet what HubSpot's SCIM guide tells you to put there: {'; '.join(found)}. "
        "Replace the file's content with the guide's and upload again.",
    )


def role_sync_of(component: Component) -> bool:
    """Return a scim component's `roleSyncEnabled`, which is false when it is left out."""
    return component.config.get("roleSyncEnabled", False) is True


def _component(node: IntermediateNode, app_uid: str) -> Component:
    return Component(
        uid=node.uid,
        type=node.component_type,
        config=node.config,
        meta_file=node.meta_file_path,
        errors=(*_errors(node, app_uid),),
    )


def _errors(node: IntermediateNode, app_uid: str) -> tuple[str, ...]:
    if node.component_type not in set(ComponentType):
        return (
            f"This portal builds app and scim components; {node.component_type[:50]} is not one of them.",
        )
    errors = config_errors(node.component_type, node.config)
    belongs_to = node.component_deps.get("app", app_uid)
    if node.component_type == ComponentType.SCIM and belongs_to != app_uid:
        errors = (*errors, f"It depends on the app {str(belongs_to)[:80]!r}, which the project has not got.")
    return errors


def _wrong_whole(nodes: Mapping[str, IntermediateNode]) -> list[str]:
    if len(nodes) > MOST_COMPONENTS:
        return [f"It has more than {MOST_COMPONENTS} components."]
    kinds = [node.component_type for node in nodes.values()]
    wrong = [
        f"Only one {kind.in_files} component is allowed." for kind in ComponentType if kinds.count(kind) > 1
    ]
    if ComponentType.APP not in kinds:
        wrong.append("It has no app: src/app/app-hsmeta.json is missing.")
    return wrong


def _wrong_node(uid: str, node: IntermediateNode, files: Mapping[str, bytes]) -> list[str]:
    if (wrong := wrong_uid(uid)) is not None:
        return [wrong]
    if node.uid != uid:
        return [f"The component {uid} calls itself {node.uid[:80]!r}."]
    path = node.meta_file_path.replace("\\", "/")
    content = files.get(path)
    if content is None or not path.endswith(META_FILE):
        return [f"{path[:200]}, the file of the component {uid}, is not in the upload."]
    if node.component_type not in set(ComponentType):
        return []
    kind = ComponentType(node.component_type)
    if posixpath.dirname(path) != _FOLDERS[kind]:
        return [f"{path}: a component of the type {kind.in_files} belongs into {_FOLDERS[kind]}/."]
    return _disagreement(path, content, uid, kind)


def _disagreement(path: str, content: bytes, uid: str, kind: ComponentType) -> list[str]:
    try:
        meta = msgspec.json.decode(content, type=MetaFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [f"{path} is not JSON with a uid and a type."]
    if (meta.uid, meta.type) != (uid, kind.in_files):
        return [
            f"{path} says {meta.uid[:80]!r} of the type {meta.type[:80]!r}, the upload {uid!r} of {kind.in_files}."
        ]
    return []
