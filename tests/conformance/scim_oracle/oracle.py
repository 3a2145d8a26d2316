"""scim2-models as a second opinion: its models are built from our own discovery documents.

It runs under the tolerances that Entra needs. `DISAGREEMENTS` is the whole list of what we decide otherwise, and why.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from scim2_models import (
    Context,
    PatchOp,
    Resource,
    ResourceType,
    Schema,
    ScimFilter,
    ScimPolicy,
    ScimProvider,
)

from syncline.scim.schemas import RESOURCE_TYPES, resource_type_documents, schema_documents

TOLERANT = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)

DISAGREEMENTS = {
    "bare-manager": "A string or a list of one for `manager` is refused there; Entra sends both, we read both.",
    "string-elements": 'A string for an element (`roles: ["Sales"]`) is refused there; we read it as its value.',
    "number-as-text": "A number for a text is refused there; templates send employee numbers so, we keep the digits.",
    "user-name-form": "An empty, blank-padded or invisible userName is accepted there and refused here.",
    "twice-in-another-case": "`userName` beside `username` is accepted there and refused here.",
    "null-active": "`active: null` is unassigned there; here it is refused, so that no deactivation gets lost.",
    "merged-element": "add of an element with a present `value` and other parts is a second element there; we merge.",
    "husks": "An element left with type and primary only stays there; we drop it.",
    "other-manager": "A replaced manager keeps the displayName of the one before there; not here.",
    "replaced-selection": "replace of emails[type eq …] as a whole is a merge there; here the element is replaced, as "
    "RFC 7644 §3.5.2.3 says, and keeps what the path asks for.",
    "ne-of-many": "`roles ne x` fails there when any role is x; here one role that is not x suffices, as RFC 7644 "
    "§3.4.2.2 says of lists.",
    "loose-booleans": "off, no, n and 0 for a boolean are false there; here only true and false are read.",
    "password-filter": "A filter on the password is answered there and refused here.",
    "compatibility-forms": "Full-width and other compatibility forms of a letter are different there, equal here.",
}


@cache
def provider() -> ScimProvider:
    """The service we describe, as scim2-models understands it."""
    types = list(RESOURCE_TYPES.values())
    return ScimProvider.from_discovery(
        [Schema.model_validate(document) for document in schema_documents(types)],
        [ResourceType.model_validate(document) for document in resource_type_documents(types)],
        policy=TOLERANT,
    )


@cache
def model(name: str) -> type[Resource[Any]]:
    found = provider().model_for(name)
    assert found is not None
    assert issubclass(found, Resource)
    return found


def read(body: dict[str, Any]) -> Resource[Any]:
    """The user as a create request."""
    return model("User").model_validate(
        body, scim_ctx=Context.RESOURCE_CREATION_REQUEST, scim_policy=TOLERANT
    )


def shown(resource: Resource[Any]) -> dict[str, Any]:
    """What the oracle holds, without what we keep elsewhere: the schemas list, empty values, our own attributes."""
    dumped: dict[str, Any] = resource.model_dump(mode="json", by_alias=True, exclude_none=True, scim_ctx=None)
    return bare(dumped)


def bare(resource: dict[str, Any]) -> dict[str, Any]:
    """The resource without `schemas`, read-only attributes, password and empty values, at every level."""
    hidden = {"schemas", "id", "meta", "groups", "password"}
    found = {}
    for name, value in resource.items():
        if isinstance(value, dict):
            value = bare(value)
        elif isinstance(value, list):
            value = [bare(item) if isinstance(item, dict) else item for item in value]
            value = [item for item in value if item not in ({}, None)]
        if name not in hidden and value not in (None, [], {}):
            found[name] = value
    return found


def matches(text: str, resource: Resource[Any]) -> bool:
    with TOLERANT:
        return bool(ScimFilter[model("User")](text).match(resource))  # type: ignore[misc, operator]


def patched(resource: Resource[Any], body: dict[str, Any]) -> Resource[Any]:
    after = resource.model_copy(deep=True)
    patch = PatchOp[model("User")].model_validate(  # type: ignore[misc]
        body, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=TOLERANT
    )
    patch.patch(after, scim_policy=TOLERANT)
    return after
