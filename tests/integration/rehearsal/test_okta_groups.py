"""Group push as Okta does it, in both styles, request by request."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.clock import ManualClock
from syncline.rehearsal import Directory, DirectoryUser, OktaSimulator, OktaStyle, Status
from tests.integration.rehearsal.watched_store import WatchedStore, refusal
from tests.support.scim import TOKEN

STYLES = pytest.mark.parametrize("style", OktaStyle)
SALES = "HubSpot Sales"


async def provisioned(store: WatchedStore, company: Directory, style: OktaStyle) -> OktaSimulator:
    """Return an Okta that has just pushed everything, its requests forgotten."""
    okta = OktaSimulator(company, store.base_url, TOKEN, ManualClock(), style=style, concurrency=1)
    assert (await okta.initial_cycle()).ok
    store.requests.clear()
    return okta


def in_sales(company: Directory) -> DirectoryUser:
    return next(user for user in company.people()[6:] if user.department == "Sales")


def member(okta: OktaSimulator, user: DirectoryUser) -> dict[str, Any]:
    return {"value": okta.state.links[user.object_id].target_id, "display": user.user_principal_name}


def written(store: WatchedStore) -> list[tuple[str, Any]]:
    """Return the writes to groups: the operations of a PATCH, the body of anything else."""
    writes = [seen for seen in store.requests if seen.target.startswith("/Groups") and seen.method != "GET"]
    return [
        (seen.method, seen.body["Operations"] if seen.method == "PATCH" else seen.body) for seen in writes
    ]


@STYLES
async def test_a_group_is_looked_up_and_created_empty(
    store: WatchedStore, company: Directory, style: OktaStyle
) -> None:
    okta = await provisioned(store, company, style)
    company.assign_group(company.create_group("New Group"))
    await okta.incremental_cycle()

    assert [
        "GET /Groups?filter=displayName%20eq%20%22New%20Group%22&startIndex=1&count=100",
        "POST /Groups",
    ] == list(map(str, store.requests))
    assert [] == store.requests[1].body["members"]


async def test_each_update_of_members_also_sends_the_name(store: WatchedStore, company: Directory) -> None:
    okta = await provisioned(store, company, OktaStyle.CATALOGUE)
    gone, new = in_sales(company), company.join(department="Sales", role="User")
    company.remove_member(SALES, gone)
    await okta.incremental_cycle()
    group_id = okta.state.links[company.find_group(SALES).object_id].target_id

    assert [
        ("PATCH", [{"op": "replace", "value": {"id": group_id, "displayName": SALES}}]),
        (
            "PATCH",
            [
                {"op": "remove", "path": f'members[value eq "{member(okta, gone)["value"]}"]'},
                {"op": "add", "path": "members", "value": [member(okta, new)]},
            ],
        ),
    ] == written(store)


async def test_a_custom_application_is_put_the_whole_group(store: WatchedStore, company: Directory) -> None:
    okta = await provisioned(store, company, OktaStyle.CUSTOM)
    new = company.join(department="Sales", role="User")
    await okta.incremental_cycle()
    ((method, body),) = written(store)

    assert ("PUT", SALES) == (method, body["displayName"])
    assert member(okta, new) in body["members"]
    assert len(company.find_group(SALES).members) == len(body["members"])


@STYLES
async def test_a_rename_keeps_the_members(store: WatchedStore, company: Directory, style: OktaStyle) -> None:
    okta = await provisioned(store, company, style)
    before = (await store.group(SALES))["members"]
    company.rename_group(SALES, "Sales EMEA")
    await okta.incremental_cycle()

    assert before == (await store.group("Sales EMEA"))["members"]
    assert 1 == len(written(store))


@STYLES
async def test_a_deactivated_person_leaves_the_pushed_groups_and_comes_back_into_them(
    store: WatchedStore, company: Directory, style: OktaStyle
) -> None:
    okta = await provisioned(store, company, style)
    user = company.leave(in_sales(company))
    target_id = okta.state.links[user.object_id].target_id
    await okta.incremental_cycle()
    without = {each["value"] for each in (await store.group(SALES)).get("members", ())}
    company.restore(user)
    await okta.incremental_cycle()
    with_him = {each["value"] for each in (await store.group(SALES))["members"]}

    assert {target_id} == with_him - without


@STYLES
async def test_a_group_that_is_there_is_linked_and_replaced_whole(
    store: WatchedStore, company: Directory, style: OktaStyle
) -> None:
    stranger = await store.client.create_user("stranger@elsewhere.example")
    group_id = await store.client.create_group(SALES, stranger)
    okta = await provisioned(store, company, style)
    found = await store.group(SALES)

    assert group_id == found["id"]
    assert {okta.state.links[member_id].target_id for member_id in company.find_group(SALES).members} == {
        each["value"] for each in found["members"]
    }


@STYLES
async def test_push_now_repairs_what_somebody_changed_at_the_application(
    store: WatchedStore, company: Directory, style: OktaStyle
) -> None:
    okta = await provisioned(store, company, style)
    before = await store.group(SALES)
    await store.client.patch(f"/Groups/{before['id']}", {"op": "remove", "path": "members"})
    entry = await okta.push_now(SALES)
    after = await store.group(SALES)

    assert entry is not None
    assert Status.SUCCESS is entry.status
    assert before["members"] == after["members"]


async def test_push_now_replaces_the_members_of_an_empty_group_by_none(
    store: WatchedStore, company: Directory
) -> None:
    okta = await provisioned(store, company, OktaStyle.CATALOGUE)
    company.assign_group(company.create_group("Nobody"))
    await okta.incremental_cycle()
    store.requests.clear()
    await okta.push_now("Nobody")

    assert ("PATCH", [{"op": "replace", "path": "members", "value": []}]) == written(store)[-1]


@STYLES
async def test_a_group_pushed_no_more_is_deleted(
    store: WatchedStore, company: Directory, style: OktaStyle
) -> None:
    okta = await provisioned(store, company, style)
    group_id = (await store.group(SALES))["id"]
    company.unassign_group(SALES)
    await okta.incremental_cycle()

    assert [f"/Groups/{group_id}"] == [seen.target for seen in store.of("DELETE")]
    assert [] == store.of("DELETE", "/Users")


@pytest.mark.parametrize(("delete", "remains"), [(True, 4), (False, 5)])
async def test_an_unlinked_group_is_deleted_or_left_and_pushed_no_more(
    store: WatchedStore, company: Directory, delete: bool, remains: int
) -> None:
    okta = await provisioned(store, company, OktaStyle.CATALOGUE)
    await okta.unlink(SALES, delete=delete)
    company.rename_group(SALES, "Sales EMEA")
    store.requests.clear()
    await okta.incremental_cycle()
    groups = (await store.client.get("/Groups")).document

    assert remains == groups["totalResults"]
    assert [] == written(store)


async def test_push_now_links_an_unlinked_group_again(store: WatchedStore, company: Directory) -> None:
    okta = await provisioned(store, company, OktaStyle.CATALOGUE)
    before = (await store.group(SALES))["members"]
    await okta.unlink(SALES)
    await okta.push_now(SALES)

    assert before == (await store.group(SALES))["members"]


@STYLES
async def test_a_failed_push_is_retried_whole_by_the_next_run(
    store: WatchedStore, company: Directory, style: OktaStyle
) -> None:
    okta = OktaSimulator(company, store.base_url, TOKEN, ManualClock(), style=style)
    store.trouble = lambda seen: (
        refusal(500) if seen.method in ("PATCH", "PUT") and "/Groups" in seen.target else None
    )
    first = await okta.initial_cycle()
    store.trouble = None
    second = await okta.incremental_cycle()

    assert 5 == len(first.failures)
    assert second.ok
    assert len(company.find_group(SALES).members) == len((await store.group(SALES))["members"])


async def test_the_members_of_a_large_group_travel_in_bounded_requests(store: WatchedStore) -> None:
    company = Directory.seeded(size=1, clock=ManualClock())
    everybody = company.create_group("Everybody")
    company.assign_group(everybody)
    for _ in range(230):
        company.add_member(everybody, company.join(role=None))
    await provisioned(store, company, OktaStyle.CATALOGUE)

    assert 230 == len((await store.group("Everybody"))["members"])
