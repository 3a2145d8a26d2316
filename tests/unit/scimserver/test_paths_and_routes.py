from __future__ import annotations

import pytest

from syncline.scimserver.paths import path_below, raw_path
from syncline.scimserver.routes import ROUTES, find


@pytest.mark.parametrize(
    ("raw", "root", "expected"),
    [
        ("/Users", "", "/Users"),
        ("/Users/", "", "/Users"),
        ("/scim/v2/Users/1", "/scim/v2", "/Users/1"),
        ("/scim/v2/Users?x=/y", "/scim/v2", "/Users"),
        ("/scim/v2/Users", "/scim/v2/", "/Users"),
        ("/Schemas/urn%3Aietf%3aparams", "", "/Schemas/urn:ietf:params"),
        ("/", "", "/"),
        ("/scim/v3/Users", "/scim/v2", None),
        ("/scim/v2", "/scim/v2", None),
        ("/scim/v2Users", "/scim/v2", None),
        ("/%55sers", "", None),
        ("/Users%2F1", "", None),
        ("/Users;x", "", None),
        ("/Users/" + "a" * 2_000, "", None),
        ("Users", "", None),
    ],
)
def test_a_path_is_taken_below_the_mount_point(raw: str, root: str, expected: str | None) -> None:
    assert expected == path_below(raw_path({"raw_path": raw.encode(), "path": "/ignored"}), root)


def test_a_server_without_raw_paths_is_understood_too() -> None:
    assert "/Users/1" == path_below(raw_path({"path": "/Users/1"}), "")
    assert None is path_below(raw_path({"path": "/Users/\u00e9"}), "")


@pytest.mark.parametrize(
    ("path", "route", "target"),
    [
        ("/Users", "/Users", ""),
        ("/Users/abc", "/Users/{id}", "abc"),
        ("/Users/.search", "/Users/.search", ""),
        ("/Groups/x", "/Groups/{id}", "x"),
        ("/Schemas/urn:a:b", "/Schemas/{id}", "urn:a:b"),
        ("/ResourceTypes", "/ResourceTypes", ""),
    ],
)
def test_a_path_finds_its_route(path: str, route: str, target: str) -> None:
    found = find(path)
    assert found is not None
    assert (found[0].path, found[1]) == (route, target)


@pytest.mark.parametrize(
    "path", ["/", "", "/Users//", "/Users/a/b", "//Users", "/Me/x", "/users", "/ServiceProviderConfig/x"]
)
def test_other_paths_find_none(path: str) -> None:
    assert find(path) is None


def test_operations_have_names_of_a_closed_set() -> None:
    names = {endpoint.operation for route in ROUTES for endpoint in route.endpoints.values()}
    collections = {f"{kind}.{verb}" for kind in ("users", "groups") for verb in _VERBS}
    discovery = {"config", "resource_type", "resource_types", "schema", "schemas"}
    assert names == collections | {f"discovery.{name}" for name in discovery} | {"unsupported"}


_VERBS = ("list", "create", "search", "get", "replace", "patch", "delete")
