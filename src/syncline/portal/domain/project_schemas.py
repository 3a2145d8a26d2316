"""The JSON Schemas (draft 2020-12) of component configurations, after HubSpot's SCIM guide.

HubSpot's command line fetches them and checks a project with them before it uploads; a build checks again. The
schemas are ours: HubSpot publishes none. The guide says which fields of the app may be changed (`uid`,
`description`, `name`) and that everything else stays as it stands there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from syncline.portal.domain.project import ComponentType
from syncline.portal.domain.scopes import KNOWN_SCOPES

REQUIRED_SCOPES = (
    "crm.objects.users.read",
    "crm.objects.users.write",
    "settings.users.read",
    "settings.users.write",
)
"""What the guide has a SCIM app require."""

FURTHER_SCOPES = tuple(
    f"crm.objects.{kind}.{right}"
    for kind in ("companies", "contacts", "deals")
    for right in ("read", "write")
)
"""Scopes an app may name although the portal serves nothing they open: HubSpot's boilerplate has some."""

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_MOST_URLS = 50
_TEXT = {"type": "string", "maxLength": 2_000}
_NONE = {"type": "array", "maxItems": 0}
_URLS = {"type": "array", "maxItems": _MOST_URLS, "items": {"type": "string", "maxLength": 500}}

APP: Mapping[str, Any] = {
    "$schema": _DRAFT,
    "title": "A private app with a static token",
    "type": "object",
    "required": ["name", "distribution", "auth"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "description": _TEXT,
        "logo": _TEXT,
        "distribution": {"const": "private"},
        "auth": {
            "type": "object",
            "required": ["type", "requiredScopes"],
            "additionalProperties": False,
            "properties": {
                "type": {"const": "static"},
                "requiredScopes": {
                    "type": "array",
                    "minItems": 1,
                    "uniqueItems": True,
                    "items": {"enum": sorted({*KNOWN_SCOPES, *FURTHER_SCOPES})},
                },
                "optionalScopes": _NONE,
                "conditionallyRequiredScopes": _NONE,
            },
        },
        "permittedUrls": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"fetch": _URLS, "iframe": _URLS, "img": _URLS},
        },
        "support": {"type": "object", "additionalProperties": _TEXT},
    },
}

SCIM: Mapping[str, Any] = {
    "$schema": _DRAFT,
    "title": "The SCIM configuration of an app",
    "type": "object",
    "additionalProperties": False,
    "properties": {"roleSyncEnabled": {"type": "boolean", "default": False}},
}

SCHEMAS: Mapping[str, Mapping[str, Any]] = {ComponentType.APP.value: APP, ComponentType.SCIM.value: SCIM}
"""As the command line is given them: by component type."""

_VALIDATORS = {kind: Draft202012Validator(dict(schema)) for kind, schema in SCHEMAS.items()}
_MOST_ERRORS = 20


def config_errors(kind: str, config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what is wrong with a component's `config`, each with its place; 20 sentences at most."""
    found = sorted(
        _VALIDATORS[kind].iter_errors(config), key=lambda error: [str(part) for part in error.path]
    )
    return tuple(_sentence(error) for error in found[:_MOST_ERRORS])


def _sentence(error: ValidationError) -> str:
    place = "config" + "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path
    )
    if error.validator == "const":
        return f"{place} must be {error.validator_value!r}."
    if error.validator == "enum":
        return f"{place}: {str(error.instance)[:80]!r} is not a scope this portal knows."
    if error.validator == "maxItems" and error.validator_value == 0:
        return f"{place} must be empty: an app with a static token has required scopes only."
    return f"{place}: {error.message[:200]}."
