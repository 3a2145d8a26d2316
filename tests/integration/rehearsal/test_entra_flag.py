"""Entra with the flag `aadOptscim062020` on the tenant URL, over real HTTP."""

from __future__ import annotations

from syncline.clock import ManualClock
from syncline.rehearsal import Dialect, Directory, EntraSimulator
from tests.integration.rehearsal.watched_store import WatchedStore
from tests.support.scim import TOKEN

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def flagged(store: WatchedStore, company: Directory) -> EntraSimulator:
    return EntraSimulator(company, f"{store.base_url}?aadOptscim062020", TOKEN, ManualClock())


async def test_the_flag_does_not_travel_with_the_requests(store: WatchedStore, company: Directory) -> None:
    entra = flagged(store, company)

    assert (await entra.test_connection()).ok
    assert (store.base_url, Dialect.OPTSCIM) == (entra.base_url, entra.dialect)
    assert [] == [seen for seen in store.requests if "aadOptscim" in seen.target]


async def test_several_changes_travel_in_one_replace_beside_the_value_paths(
    store: WatchedStore, company: Directory
) -> None:
    entra = flagged(store, company)
    await entra.initial_cycle()
    user = company.people()[10]
    company.rename(user, surname="Quill")
    company.move(user, department="Marketing")
    store.requests.clear()
    await entra.incremental_cycle()
    (patch,) = store.of("PATCH", "/Users")
    mail, together = patch.body["Operations"]

    assert ("replace", 'emails[type eq "work"].value') == (mail["op"], mail["path"])
    assert {"op", "value"} == together.keys()
    assert {
        "externalId",
        "userName",
        "displayName",
        "name.formatted",
        "name.familyName",
        f"{ENTERPRISE}:department",
    } == together["value"].keys()


async def test_a_leaver_is_deactivated_by_a_real_boolean(store: WatchedStore, company: Directory) -> None:
    entra = flagged(store, company)
    await entra.initial_cycle()
    company.unassign(company.people()[10])
    store.requests.clear()
    await entra.incremental_cycle()

    assert [[{"op": "replace", "path": "active", "value": False}]] == [
        seen.body["Operations"] for seen in store.of("PATCH", "/Users")
    ]


async def test_members_leave_one_by_one_by_a_value_filter(store: WatchedStore, company: Directory) -> None:
    entra = flagged(store, company)
    await entra.initial_cycle()
    user = next(u for u in company.people()[6:] if u.department == "Sales")
    target_id = entra.state.links[user.object_id].target_id
    company.remove_member("HubSpot Sales", user)
    store.requests.clear()
    await entra.incremental_cycle()

    assert [[{"op": "remove", "path": f'members[value eq "{target_id}"]'}]] == [
        seen.body["Operations"] for seen in store.of("PATCH", "/Groups")
    ]


async def test_an_on_demand_run_speaks_the_default_dialect_all_the_same(
    store: WatchedStore, company: Directory
) -> None:
    entra = flagged(store, company)
    await entra.initial_cycle()
    user = company.move(company.people()[10], job_title="Gardener")
    store.requests.clear()
    await entra.on_demand(user)

    assert [[{"op": "Replace", "path": "title", "value": "Gardener"}]] == [
        seen.body["Operations"] for seen in store.of("PATCH", "/Users")
    ]
