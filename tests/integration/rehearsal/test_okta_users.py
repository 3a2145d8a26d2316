"""People as Okta provisions them, in both styles, request by request."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from syncline.clock import ManualClock
from syncline.rehearsal import Action, Directory, Leaving, OktaSimulator, OktaStyle
from syncline.rehearsal.failures import ProvisioningFailure
from syncline.rehearsal.wire import AddressError
from tests.integration.rehearsal.watched_store import Instead, Seen, WatchedStore, refusal
from tests.support.clock import LeapingClock
from tests.support.scim import TOKEN

STYLES = pytest.mark.parametrize("style", OktaStyle)
MINUTE = 60_000


def simulator(
    store: WatchedStore,
    company: Directory,
    style: OktaStyle = OktaStyle.CATALOGUE,
    clock: LeapingClock | None = None,
) -> OktaSimulator:
    return OktaSimulator(
        company, store.base_url, TOKEN, clock or ManualClock(), style=style, groups=False, concurrency=1
    )


async def provisioned(
    store: WatchedStore, company: Directory, style: OktaStyle = OktaStyle.CATALOGUE
) -> OktaSimulator:
    """Return an Okta that has just assigned everybody, its requests forgotten."""
    okta = simulator(store, company, style)
    assert (await okta.initial_cycle()).ok
    store.requests.clear()
    return okta


async def test_the_credentials_are_tested_as_recorded(store: WatchedStore, company: Directory) -> None:
    okta = OktaSimulator(company, store.base_url, TOKEN, ManualClock())

    assert (await okta.test_connection()).ok
    assert ["GET /Users?startIndex=1&count=2", "GET /Groups?startIndex=1&count=100"] == list(
        map(str, store.requests)
    )


async def test_requests_carry_oktas_headers(store: WatchedStore, company: Directory) -> None:
    await simulator(store, company).initial_cycle()
    (create, *_) = store.of("POST")

    assert {
        "user-agent": "Okta SCIM Client 1.0.0",
        "accept": "application/scim+json",
        "accept-charset": "utf-8",
        "accept-encoding": "gzip,deflate",
        "content-type": "application/scim+json; charset=utf-8",
        "authorization": f"Bearer {TOKEN}",
    }.items() <= create.headers.items()


async def test_a_wrong_token_fails_the_credentials_test(store: WatchedStore, company: Directory) -> None:
    result = await OktaSimulator(company, store.base_url, "wrong", ManualClock()).test_connection()

    assert (False, "Unauthorized") == (result.ok, result.code)


async def test_a_list_without_counts_fails_the_credentials_test(
    store: WatchedStore, company: Directory
) -> None:
    store.trouble = lambda _: Instead(200, {"totalResults": 1, "Resources": [{"id": "u1"}]})
    result = await simulator(store, company).test_connection()

    assert "whole-number startIndex" in result.sentence


def test_an_address_with_an_underscore_is_refused(company: Directory) -> None:
    with pytest.raises(AddressError, match="underscore"):
        OktaSimulator(company, "https://my_host.example/scim", TOKEN)


@STYLES
async def test_somebody_is_looked_up_and_created_with_a_placeholder_password(
    store: WatchedStore, company: Directory, style: OktaStyle
) -> None:
    okta = simulator(store, company, style)
    await okta.initial_cycle()
    login = quote(company.people()[0].user_principal_name, safe="")

    assert [
        f"GET /Users?filter=userName%20eq%20%22{login}%22&startIndex=1&count=100",
        "POST /Users",
    ] == list(map(str, store.requests[:2]))
    assert store.requests[1].body["password"]
    assert ([], True) == (store.requests[1].body["groups"], store.requests[1].body["active"])


async def test_an_existing_user_is_adopted_and_edited(store: WatchedStore, company: Directory) -> None:
    chief = company.people()[0]
    user_id = await store.client.create_user(chief.user_principal_name.upper(), nickName="Boss")
    await simulator(store, company).initial_cycle()
    found = (await store.users())[chief.user_principal_name]

    assert (user_id, chief.job_title, "Boss") == (found["id"], found["title"], found["nickName"])
    assert [f"/Users/{user_id}"] == [seen.target for seen in store.of("PUT")]


@STYLES
async def test_a_move_is_read_edited_and_put_back_whole(
    store: WatchedStore, company: Directory, style: OktaStyle
) -> None:
    okta = await provisioned(store, company, style)
    user = company.people()[10]
    target_id = okta.state.links[user.object_id].target_id
    before = (await store.users())[user.user_principal_name]
    company.move(user, job_title="Gardener")
    await okta.incremental_cycle()
    read, put = store.requests

    assert (f"GET /Users/{target_id}", f"PUT /Users/{target_id}") == (str(read), str(put))
    assert {**before, "title": "Gardener"} == put.body


@pytest.mark.parametrize("leaving", [Leaving.DELETE, Leaving.UNASSIGN])
async def test_a_leaver_of_a_catalogue_application_is_patched_without_a_path(
    store: WatchedStore, company: Directory, leaving: Leaving
) -> None:
    okta = await provisioned(store, company)
    company.leave(company.people()[10], leaving)
    result = await okta.incremental_cycle()
    (patch,) = store.requests

    assert "PATCH" == patch.method
    assert [{"op": "replace", "value": {"active": False}}] == patch.body["Operations"]
    assert [Action.DISABLE] == [entry.action for entry in result.entries]


@pytest.mark.parametrize("leaving", [Leaving.DELETE, Leaving.UNASSIGN])
async def test_a_leaver_of_a_custom_application_is_put_inactive(
    store: WatchedStore, company: Directory, leaving: Leaving
) -> None:
    okta = await provisioned(store, company, OktaStyle.CUSTOM)
    user = company.people()[10]
    before = (await store.users())[user.user_principal_name]
    company.leave(user, leaving)
    await okta.incremental_cycle()

    assert ["GET", "PUT"] == [seen.method for seen in store.requests]
    assert {**before, "active": False} == store.requests[1].body


@STYLES
async def test_a_suspended_person_is_left_alone(
    store: WatchedStore, company: Directory, style: OktaStyle
) -> None:
    okta = await provisioned(store, company, style)
    company.leave(company.people()[10], Leaving.BLOCK)
    await okta.incremental_cycle()

    assert [] == store.requests


@STYLES
async def test_a_person_deleted_after_the_deactivation_causes_nothing_more(
    store: WatchedStore, company: Directory, style: OktaStyle
) -> None:
    okta = await provisioned(store, company, style)
    user = company.leave(company.people()[10])
    await okta.incremental_cycle()
    store.requests.clear()
    company.purge(user)
    await okta.incremental_cycle()

    assert [] == store.requests
    assert user.object_id not in okta.state.links


async def test_who_comes_back_to_a_catalogue_application_is_activated_by_patch(
    store: WatchedStore, company: Directory
) -> None:
    okta = await provisioned(store, company)
    user = company.unassign(company.people()[10])
    await okta.incremental_cycle()
    company.assign_role(user, "User")
    store.requests.clear()
    await okta.incremental_cycle()

    assert ["PATCH", "GET"] == [seen.method for seen in store.requests][:2]
    assert [{"op": "replace", "value": {"active": True}}] == store.requests[0].body["Operations"]
    assert (await store.users())[user.user_principal_name]["active"] is True


async def test_who_comes_back_to_a_custom_application_is_put_active(
    store: WatchedStore, company: Directory
) -> None:
    okta = await provisioned(store, company, OktaStyle.CUSTOM)
    user = company.unassign(company.people()[10])
    await okta.incremental_cycle()
    company.assign_role(user, "User")
    store.requests.clear()
    await okta.incremental_cycle()

    assert [] == store.of("PATCH")
    assert [True] == [seen.body["active"] for seen in store.of("PUT")]


async def test_a_password_is_patched_at_a_catalogue_application_and_put_at_a_custom_one(
    store: WatchedStore, company: Directory
) -> None:
    okta = await provisioned(store, company)
    custom = OktaSimulator(
        company, store.base_url, TOKEN, ManualClock(), style=OktaStyle.CUSTOM, state=okta.state
    )
    patched = await okta.push_password(company.people()[3], "n3w-secret")
    put = await custom.push_password(company.people()[3], "n3w-secret")

    assert [{"op": "replace", "value": {"password": "n3w-secret"}}] == store.requests[0].body["Operations"]
    assert ("PUT", "n3w-secret") == (store.requests[-1].method, store.requests[-1].body["password"])
    assert patched is not None
    assert put is not None
    assert "n3w-secret" not in str([patched.to_json(), put.to_json()])


async def test_an_empty_answer_to_a_creation_fails_the_task(store: WatchedStore, company: Directory) -> None:
    store.trouble = lambda seen: Instead(201) if seen.method == "POST" else None
    result = await simulator(store, company).initial_cycle()

    assert {"SystemForCrossDomainIdentityManagementServiceIncompatible"} == {e.code for e in result.failures}


async def test_an_answer_that_is_not_active_makes_okta_activate_again_and_again(
    store: WatchedStore, company: Directory
) -> None:
    store.trouble = lambda seen: (
        Instead(201, {**seen.body, "id": "u1", "active": False}) if seen.method == "POST" else None
    )
    okta = simulator(store, Directory.seeded(size=1, clock=ManualClock()))
    await okta.initial_cycle()
    store.trouble = lambda seen: Instead(204) if seen.method == "PATCH" else Instead(500)
    for _ in range(3):
        await okta.incremental_cycle()

    assert [{"active": True}] * 3 == [
        seen.body["Operations"][0]["value"] for seen in store.of("PATCH", "/Users/u1")
    ]


async def test_an_application_without_patch_fails_the_task_and_is_not_put_to_instead(
    store: WatchedStore, company: Directory
) -> None:
    okta = await provisioned(store, company)
    store.trouble = lambda seen: refusal(501) if seen.method == "PATCH" else None
    company.leave(company.people()[10])
    (failure,) = (await okta.incremental_cycle()).failures

    assert "NotImplemented" == failure.code
    assert [] == store.of("PUT")


async def test_a_user_lost_at_the_application_is_looked_up_by_the_next_try(
    store: WatchedStore, company: Directory
) -> None:
    okta = await provisioned(store, company)
    user = company.move(company.people()[10], job_title="Gardener")
    await store.client.delete(f"/Users/{okta.state.links[user.object_id].target_id}")
    await okta.incremental_cycle()
    await okta.incremental_cycle()

    assert "Gardener" == (await store.users())[user.user_principal_name]["title"]


@STYLES
async def test_a_leaver_lost_at_the_application_fails_at_most_once(
    store: WatchedStore, company: Directory, style: OktaStyle
) -> None:
    okta = await provisioned(store, company, style)
    user = company.leave(company.people()[10])
    await store.client.delete(f"/Users/{okta.state.links[user.object_id].target_id}")
    await okta.incremental_cycle()
    store.requests.clear()
    result = await okta.incremental_cycle()

    assert result.ok
    assert [] == store.requests


class Busy:
    """Answers the first creations by 429, so often, with or without a Retry-After."""

    def __init__(self, times: int, **headers: str) -> None:
        self.left = times
        self.headers = headers

    def __call__(self, seen: Seen) -> Instead | None:
        if seen.method != "POST" or self.left == 0:
            return None
        self.left -= 1
        return refusal(429, "Too fast.", **self.headers)


@pytest.mark.parametrize(
    ("headers", "times", "waited"),
    [
        ({"Retry_After": "7"}, 3, 21_000),
        ({}, 1, 5 * MINUTE),
        ({}, 4, (5 + 10 + 20 + 40) * MINUTE),
        ({"Retry_After": "1.5"}, 2, (5 + 10) * MINUTE),
        ({"Retry_After": "Wed, 21 Oct 2026 07:28:00 GMT"}, 1, 5 * MINUTE),
        ({}, 9, 5 * MINUTE * (2**9 - 1)),
    ],
)
async def test_a_busy_application_is_asked_again_after_the_wait(
    store: WatchedStore, clock: LeapingClock, headers: dict[str, str], times: int, waited: int
) -> None:
    store.trouble = Busy(times, **headers)
    okta = simulator(store, Directory.seeded(size=1, clock=clock), clock=clock)
    start = clock.now()
    result = await okta.initial_cycle()

    assert result.ok
    assert (waited, times + 1) == (clock.now() - start, len(store.of("POST")))


async def test_after_ten_tries_the_task_fails(store: WatchedStore, clock: LeapingClock) -> None:
    store.trouble = Busy(10)
    okta = simulator(store, Directory.seeded(size=1, clock=clock), clock=clock)
    (failure,) = (await okta.initial_cycle()).failures
    retried = await okta.incremental_cycle()

    assert ("TooManyRequests", 11) == (failure.code, len(store.of("POST")))
    assert retried.ok


async def test_an_import_reads_page_by_page_and_adopts_exact_matches(
    store: WatchedStore, company: Directory
) -> None:
    okta = await provisioned(store, company)
    newcomer = company.join(role="User")
    await store.client.create_user(newcomer.user_principal_name.upper())
    for number in range(200):
        await store.client.create_user(f"stranger{number}@elsewhere.example")
    lost = company.people()[3]
    await store.client.delete(f"/Users/{okta.state.links[lost.object_id].target_id}")
    store.requests.clear()
    found = await okta.import_users()

    assert [f"GET /Users?startIndex={n}&count=100" for n in (1, 101, 201)] == list(map(str, store.requests))
    assert (11, (newcomer.object_id,), 200) == (len(found.known), found.matched, len(found.unknown))
    assert ((lost.object_id,), 212) == (found.missing, found.read)


async def test_somebody_an_import_adopted_is_edited_by_the_next_run(
    store: WatchedStore, company: Directory
) -> None:
    okta = simulator(store, company)
    user = company.people()[4]
    await store.client.create_user(user.user_principal_name)
    await okta.import_users()
    okta.state.watermark = company.watermark
    await okta.incremental_cycle()

    assert user.job_title == (await store.users())[user.user_principal_name]["title"]


async def test_an_import_whose_pages_overlap_adopts_nobody(store: WatchedStore, company: Directory) -> None:
    page = {
        "totalResults": 2,
        "startIndex": 1,
        "itemsPerPage": 1,
        "Resources": [{"id": "u1", "userName": company.people()[0].user_principal_name}],
    }
    store.trouble = lambda _: Instead(200, page)
    okta = simulator(store, company)

    with pytest.raises(ProvisioningFailure, match="on an earlier page"):
        await okta.import_users()
    assert {} == okta.state.links
