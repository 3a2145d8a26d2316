from __future__ import annotations

import json
from typing import Any

import pytest

from syncline.scim.errors import InvalidValue
from syncline.scim.schemas import GROUP, USER
from syncline.scimserver import Page, Stored
from syncline.scimserver.etag import etag
from syncline.scimserver.rendering import render, render_page, timestamp
from syncline.scimserver.selection import select

BASE = "https://scim.example/scim/v2"
DOCUMENT = b'{"schemas":["urn:x"],"userName":"ada","emails":[{"value":"a@x","type":"work"}]}'
USER_STORED = Stored(
    "u1", 3, 0, 1_800_000_000_123, DOCUMENT, groups=({"value": "g1", "display": "Sales", "type": "direct"},)
)
GROUP_STORED = Stored(
    "g1",
    1,
    0,
    0,
    b'{"schemas":["urn:x"],"displayName":"Sales"}',
    members=({"value": "u1"}, {"value": "g2", "type": "Group"}, {"value": "a/b c"}),
)


def rendered(stored: Stored, *names: Any) -> Any:
    resource_type = USER if stored is USER_STORED else GROUP
    return json.loads(render(stored, resource_type, select(resource_type, *names), BASE))


def test_moments_are_shown_in_utc_with_milliseconds() -> None:
    assert timestamp(0) == "1970-01-01T00:00:00.000Z"
    assert timestamp(1_800_000_000_007) == "2027-01-15T08:00:00.007Z"


def test_a_whole_user_has_what_the_server_knows_of_it() -> None:
    assert rendered(USER_STORED) == {
        **json.loads(DOCUMENT),
        "id": "u1",
        "groups": [{"value": "g1", "display": "Sales", "type": "direct", "$ref": f"{BASE}/Groups/g1"}],
        "meta": {
            "resourceType": "User",
            "created": "1970-01-01T00:00:00.000Z",
            "lastModified": "2027-01-15T08:00:00.123Z",
            "location": f"{BASE}/Users/u1",
            "version": etag(3, USER_STORED.groups),
        },
    }


def test_the_stored_text_is_sent_as_it_is() -> None:
    assert DOCUMENT[1:-1] in render(USER_STORED, USER, select(USER), BASE)


def test_members_carry_the_address_of_what_they_are() -> None:
    addresses = [member["$ref"] for member in rendered(GROUP_STORED)["members"]]
    assert addresses == [f"{BASE}/Users/u1", f"{BASE}/Groups/g2", f"{BASE}/Users/a%2Fb%20c"]


def test_what_was_not_fetched_or_is_empty_is_left_out() -> None:
    for members in ((), None):
        bare = Stored("g1", 1, 0, 0, GROUP_STORED.document, members=members)
        assert "members" not in json.loads(render(bare, GROUP, select(GROUP), BASE))


def test_chosen_attributes_only() -> None:
    shown = rendered(USER_STORED, "userName,emails.value")
    assert shown == {"schemas": ["urn:x"], "id": "u1", "userName": "ada", "emails": [{"value": "a@x"}]}
    assert "groups" in rendered(USER_STORED, "GROUPS")
    assert rendered(USER_STORED, "groups.value")["groups"] == [{"value": "g1"}]
    assert rendered(USER_STORED, ["meta.version"])["meta"] == {"version": etag(3, USER_STORED.groups)}


def test_excluded_attributes_are_left_out() -> None:
    shown = rendered(USER_STORED, None, "emails,meta")
    assert shown.keys() == {"schemas", "id", "userName", "groups"}
    assert rendered(GROUP_STORED, None, "members").keys() == {"schemas", "id", "displayName", "meta"}
    assert rendered(GROUP_STORED, None, ["Members", "meta"]).keys() == {"schemas", "id", "displayName"}
    assert {"schemas", "id"} <= rendered(USER_STORED, None, "id,schemas").keys()


def test_what_is_not_shown_is_not_fetched() -> None:
    assert select(GROUP).include == {"members"}
    assert select(GROUP, None, "members").include == frozenset()
    assert select(GROUP, None, " MEMBERS ").projection is None
    assert select(GROUP, None, "displayName,members").include == frozenset()
    assert select(GROUP, "displayName").include == frozenset()
    assert select(GROUP, "members.value").include == {"members"}
    assert select(USER, "", "").include == {"groups"}
    assert select(USER, " , ") == select(USER)
    assert select(USER, None, "emails").include == {"groups"}


def test_both_parameters_contradict() -> None:
    with pytest.raises(InvalidValue):
        select(USER, "userName", "emails")


def test_a_page_counts_what_it_holds() -> None:
    page = Page([USER_STORED, USER_STORED], 17)
    shown = json.loads(render_page(page, USER, select(USER, "userName"), 5, BASE))
    assert (shown["totalResults"], shown["startIndex"], shown["itemsPerPage"]) == (17, 5, 2)
    assert [each["userName"] for each in shown["Resources"]] == ["ada", "ada"]
    empty = json.loads(render_page(Page([], 0), USER, select(USER), 1, BASE))
    assert (empty["Resources"], empty["itemsPerPage"]) == ([], 0)
