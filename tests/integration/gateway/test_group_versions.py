"""Whoever reads a group again only when it has changed sees every change of its members."""

from __future__ import annotations

from typing import Any

from syncline.scim.schemas import GROUP, USER
from syncline.scimserver.store import Stored
from tests.support.tenants import TenantOf
from tests.support.world import TENANT, World, exchange

MEMBERS = frozenset({"members"})
HOUR = 3_600_000


async def read_again(acme: World, group: Stored) -> Stored:
    return await acme.directory.get(exchange(), GROUP, group.id, MEMBERS)


def adding(value: str, **said: Any) -> dict[str, Any]:
    return {"op": "add", "path": "members", "value": [{"value": value, **said}]}


async def test_a_group_is_another_when_somebody_in_it_is_deleted(acme: World) -> None:
    ada, bob = [await acme.add_user(f"{name}@acme.example") for name in ("ada", "bob")]
    both = await acme.add_group("Sellers", ada.id, bob.id)
    without = await acme.add_group("Buyers", bob.id)
    await acme.clock.sleep(HOUR)

    await acme.directory.delete(exchange(), USER, ada.id, None)

    seen = await read_again(acme, both)
    assert ({"value": bob.id},) == seen.members
    assert both.version + 1 == seen.version
    assert both.modified_at + HOUR <= seen.modified_at
    untouched = await read_again(acme, without)
    assert (without.version, without.modified_at) == (untouched.version, untouched.modified_at)


async def test_a_group_is_another_when_a_group_in_it_is_deleted(acme: World) -> None:
    inner = await acme.add_group("Inner")
    outer = await acme.add_group("Outer", inner.id)

    await acme.directory.delete(exchange(), GROUP, inner.id, None)

    seen = await read_again(acme, outer)
    assert ((), outer.version + 1) == (seen.members, seen.version)


async def test_what_is_newly_said_of_a_member_is_kept_and_changes_the_group(acme: World) -> None:
    ada = await acme.add_user("ada@acme.example")
    group = await acme.add_group("Sellers", ada.id)

    await acme.patch_group(group.id, adding(ada.id, display="Ada"))

    named = await read_again(acme, group)
    assert ({"value": ada.id, "display": "Ada"},) == named.members
    assert group.version + 1 == named.version


async def test_adding_a_member_again_without_anything_new_changes_nothing(acme: World) -> None:
    ada = await acme.add_user("ada@acme.example")
    group = await acme.add_group("Sellers", ada.id)
    await acme.patch_group(group.id, adding(ada.id, display="Ada"))
    named = await read_again(acme, group)

    await acme.patch_group(group.id, adding(ada.id, display="Ada"))
    await acme.patch_group(group.id, adding(ada.id))

    assert named == await read_again(acme, group)


async def test_a_user_read_again_only_when_changed_shows_a_change_of_his_groups(acme: World) -> None:
    tenant = TenantOf(acme.gateway, TENANT)
    tenant.token = (await tenant.run("token.create"))["token"]
    ada = await acme.add_user("ada@acme.example")
    path = f"/Users/{ada.id}"
    alone = await tenant.scim.request("GET", path)
    group = await acme.add_group("Sellers", ada.id)

    seller = await tenant.scim.request("GET", path, headers={"If-None-Match": alone.headers["etag"]})
    again = await tenant.scim.request("GET", path, headers={"If-None-Match": seller.headers["etag"]})
    await acme.patch_group(group.id, {"op": "replace", "path": "displayName", "value": "Buyers"})
    renamed = await tenant.scim.request("GET", path, headers={"If-None-Match": seller.headers["etag"]})
    body = {"schemas": [USER.schema.id], "userName": "ada@acme.example", "title": "CEO"}
    written = await tenant.scim.request("PUT", path, body, headers={"If-Match": alone.headers["etag"]})

    assert [200, 304, 200, 200] == [answer.status for answer in (seller, again, renamed, written)]
    assert ["Sellers"] == [each["display"] for each in seller.document["groups"]]
    assert ["Buyers"] == [each["display"] for each in renamed.document["groups"]]
    assert seller.document["meta"]["version"] == seller.headers["etag"]
