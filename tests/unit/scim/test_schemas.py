from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from syncline.scim.attributes import Attribute, Path
from syncline.scim.schemas import (
    ENTERPRISE_USER_SCHEMA,
    GROUP,
    GROUP_SCHEMA,
    RESOURCE_TYPES,
    USER,
    USER_SCHEMA,
    resource_type_documents,
    schema_documents,
    service_provider_config,
)
from tests.unit.scim.samples import CORE, ENTERPRISE


def every_attribute() -> Iterator[Attribute]:
    for schema in (USER_SCHEMA, ENTERPRISE_USER_SCHEMA, GROUP_SCHEMA):
        for attribute in schema.attributes:
            yield attribute
            yield from attribute.sub_attributes


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("USERNAME", "userName"),
        ("name.GIVENNAME", "name.givenName"),
        (f"{CORE}:emails.value", "emails.value"),
        ("urn:scim:schemas:core:1.0:userName", "userName"),
        (f"{ENTERPRISE}:manager", f"{ENTERPRISE}:manager"),
        (f"{ENTERPRISE.upper()}:MANAGER.DISPLAYNAME", f"{ENTERPRISE}:manager.displayName"),
        ("department", f"{ENTERPRISE}:department"),
        ("urn:scim:schemas:extension:enterprise:1.0:department", f"{ENTERPRISE}:department"),
        ("meta.lastModified", "meta.lastModified"),
        (ENTERPRISE, ENTERPRISE),
        ("members", None),
        ("user.userName", None),
        (f"{CORE}.userName", None),
        ("__class__", None),
        ("", None),
    ],
)
def test_every_spelling_leads_to_one_canonical_path(spelling: str, name: str | None) -> None:
    path = USER.path(spelling)

    assert name == (path.name if path else None)


def test_paths_know_the_key_of_the_resource_they_start_from() -> None:
    tops = [USER.path(name) for name in ("name.givenName", "department", ENTERPRISE, CORE)]

    assert ["name", ENTERPRISE, ENTERPRISE, ""] == [path.top for path in tops if isinstance(path, Path)]


def test_attributes_find_their_sub_attributes_in_any_case() -> None:
    emails = next(attribute for attribute in USER_SCHEMA.attributes if attribute.name == "emails")

    found = emails.sub("VALUE")

    assert ("value", None) == (found.name if found else None, emails.sub("nosuch"))


def test_names_are_written_as_the_grammar_of_rfc_7643_demands() -> None:
    for attribute in every_attribute():
        assert attribute.name.lstrip("$").replace("-", "").isalnum(), attribute.name


def test_only_complex_attributes_have_parts_and_all_of_them_have_some() -> None:
    for attribute in every_attribute():
        assert (attribute.type == "complex") == bool(attribute.sub_attributes), attribute.name


def test_the_schemas_are_announced_once_each_and_without_nulls() -> None:
    documents = schema_documents(RESOURCE_TYPES.values())

    assert [CORE, ENTERPRISE, GROUP_SCHEMA.id] == [document["id"] for document in documents]
    stack: list[Any] = [documents]
    while stack:
        item = stack.pop()
        assert item is not None
        stack += item.values() if isinstance(item, dict) else item if isinstance(item, list) else []


def test_characteristics_are_announced_in_camel_case() -> None:
    attributes = schema_documents([USER])[0]["attributes"]
    user_name = next(attribute for attribute in attributes if attribute["name"] == "userName")

    assert {
        "name": "userName",
        "type": "string",
        "multiValued": False,
        "description": "The name the person signs in with; compared without regard to case.",
        "required": True,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "server",
    } == user_name


def test_the_resource_types_name_their_schemas() -> None:
    documents = resource_type_documents([USER, GROUP])

    assert [("User", "/Users", CORE), ("Group", "/Groups", GROUP_SCHEMA.id)] == [
        (document["name"], document["endpoint"], document["schema"]) for document in documents
    ]
    assert [{"schema": ENTERPRISE, "required": False}] == documents[0]["schemaExtensions"]


def test_the_configuration_promises_only_what_is_built() -> None:
    config = service_provider_config(max_results=200, documentation_uri=None)

    supported = {
        name: part["supported"]
        for name, part in config.items()
        if isinstance(part, dict) and "supported" in part
    }
    assert {
        "patch": True,
        "bulk": False,
        "filter": True,
        "changePassword": False,
        "sort": False,
        "etag": True,
    } == supported
    assert (200, "oauthbearertoken") == (
        config["filter"]["maxResults"],
        config["authenticationSchemes"][0]["type"],
    )
    assert "documentationUri" not in config


def test_the_documentation_is_linked_when_there_is_one() -> None:
    config = service_provider_config(max_results=1, documentation_uri="https://docs.example")

    assert "https://docs.example" == config["documentationUri"]
