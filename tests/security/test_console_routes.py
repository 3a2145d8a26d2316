"""A walk over the route tables of the console and the API: permissions, CSRF, tenants, on every row."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from syncline.gateway.domain.operators import MATRIX, Access, Permission, Role
from syncline.gateway.services.permissions import NEEDED
from syncline.gateway.web.api.routes import ENDPOINTS
from syncline.gateway.web.console.page import Door, Page
from syncline.gateway.web.console.routes import PAGES
from tests.support.console import PASSWORD, Browser, World, console_world

OPEN_TO_ANYONE = {
    ("GET", "/"),
    ("POST", "/sign-in"),
    ("GET", "/link/{link}"),
    ("POST", "/link/{link}"),
    ("GET", "/sign-up"),
    ("POST", "/sign-up"),
    ("POST", "/theme"),
}
UNSAFE = [page for page in PAGES if page.is_unsafe]
OF_A_TENANT = [page for page in PAGES if "{tenant}" in page.path]
LOOKING = {"GET", "HEAD"}


def name(page: Page) -> str:
    return f"{page.method} {page.path}"


@dataclass
class Two:
    """Two tenants, somebody for one of them in each role, and the owner of all."""

    world: World
    owner: Browser
    browsers: dict[Role, Browser]
    mine: str
    theirs: str

    def path(self, page: Page, tenant: str) -> str:
        return re.sub(r"\{\w+\}", "1", page.path.replace("{tenant}", tenant))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def two(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Two]:
    """Made once for the walk: nothing in it changes anything, and a test says so."""
    folder: Path = tmp_path_factory.mktemp("console")
    async with console_world(folder) as world:
        owner = await world.owner()
        mine, theirs = await world.tenant("Acme"), await world.tenant("Zeta Secret")
        browsers = {
            role: await world.operator(f"{role.value}@acme.example", role.value, "Acme") for role in Role
        }
        yield Two(world, owner, browsers, mine, theirs)


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_every_row_says_who_may_and_only_the_door_is_open_to_anyone() -> None:
    assert all(isinstance(page.needs, Permission | Door) for page in PAGES)
    assert OPEN_TO_ANYONE == {(page.method, page.path) for page in PAGES if page.needs is Door.ANYONE}


async def test_no_address_is_there_twice() -> None:
    assert len({(page.method, page.path) for page in PAGES}) == len(PAGES)
    assert len({(each.method, each.path) for each in ENDPOINTS}) == len(ENDPOINTS)


async def test_every_page_of_a_tenant_asks_for_a_permission() -> None:
    assert [] == [name(page) for page in OF_A_TENANT if not isinstance(page.needs, Permission)]


async def test_what_a_viewer_has_opens_no_row_that_changes_something() -> None:
    may = MATRIX[Role.VIEWER] | MATRIX[Role.AUDITOR]

    assert [] == [name(page) for page in UNSAFE if page.needs in may]
    assert [] == [each.operation for each in ENDPOINTS if each.method not in LOOKING and each.needs in may]


async def test_every_operation_has_a_permission_but_those_of_the_machine(two: Two) -> None:
    of_the_machine = {"backup", "doctor", "key", "logs"}
    without = {each for each in two.world.gateway.operations if each not in NEEDED}

    assert set() == {each for each in without if each.partition(".")[0] not in of_the_machine}
    assert set() == NEEDED.keys() - two.world.gateway.operations.keys()


@pytest.mark.parametrize("page", [page for page in PAGES if page.needs is not Door.ANYONE], ids=name)
async def test_a_stranger_is_led_to_the_door(two: Two, page: Page) -> None:
    stranger = two.world.browser()
    await stranger.open("/")
    path = two.path(page, two.mine)
    seen = await (
        stranger.open(path, follow=False) if page.method == "GET" else stranger.send(path, follow=False)
    )

    assert 303 == seen.status
    assert seen.location is not None
    assert seen.location.startswith("/?next=")


@pytest.mark.parametrize("page", UNSAFE, ids=name)
@pytest.mark.parametrize("csrf", ["", "0" * 64])
async def test_no_form_is_taken_without_its_token(two: Two, page: Page, csrf: str) -> None:
    seen = await two.owner.send(two.path(page, two.mine), follow=False, csrf=csrf)

    assert 403 == seen.status
    assert "too old, or came from elsewhere" in seen.text


@pytest.mark.parametrize("page", UNSAFE, ids=name)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
    ids=str,
)
async def test_no_form_is_taken_from_another_site_although_it_has_the_token(
    two: Two, page: Page, headers: dict[str, str]
) -> None:
    csrf = (await two.owner.open("/account")).csrf
    path = two.world.base + two.path(page, two.mine)
    async with two.owner.session.post(
        path, data={"csrf": csrf}, headers=headers, allow_redirects=False
    ) as answer:
        assert 403 == answer.status


async def test_the_token_of_one_browser_is_none_for_another(two: Two) -> None:
    csrf = (await two.browsers[Role.OWNER].open("/account")).csrf
    seen = await two.owner.send("/sign-out", csrf=csrf, follow=False)

    assert 403 == seen.status


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("page", [page for page in PAGES if isinstance(page.needs, Permission)], ids=name)
async def test_the_matrix_decides_on_every_row(two: Two, page: Page, role: Role) -> None:
    """Whoever may not is refused before the form is looked at; whoever may gets past that, to the CSRF check."""
    browser = two.browsers[role]
    path = two.path(page, two.mine)
    seen = await (
        browser.open(path, follow=False)
        if page.method == "GET"
        else browser.send(path, follow=False, csrf="wrong")
    )
    place = two.mine if "{tenant}" in page.path else "*"
    assert isinstance(page.needs, Permission)
    may = Access({two.mine: role}).may(page.needs, place)

    refused = "That is not yours to do" in seen.text
    assert may is not refused
    assert refused is (seen.status == 403 and "too old" not in seen.text)


@pytest.mark.parametrize("page", OF_A_TENANT, ids=name)
async def test_a_foreign_tenant_answers_as_one_there_is_not(two: Two, page: Page) -> None:
    browser = two.browsers[Role.OWNER]
    csrf = (await browser.open("/account")).csrf
    answers = []
    for tenant in (two.theirs, "00000000-0000-4000-8000-000000000000", "Zeta Secret", "acme"):
        path = two.path(page, tenant)
        seen = await (browser.open(path) if page.method == "GET" else browser.send(path, csrf=csrf))
        answers.append((seen.status, seen.text))

    assert 1 == len(set(answers))
    assert 404 == answers[0][0]
    assert two.theirs not in answers[0][1]


async def test_nothing_of_another_tenant_is_on_any_page(two: Two) -> None:
    for browser in two.browsers.values():
        for page in PAGES:
            if page.method == "GET":
                seen = await browser.open(two.path(page, two.mine))
                assert "Zeta" not in seen.text
                assert two.theirs not in seen.text
                assert "anna@acme.example" not in seen.text


async def test_every_answer_has_what_keeps_a_browser_safe(two: Two) -> None:
    for path in ("/", "/nothing", "/account", f"/tenants/{two.mine}/overview", "/link/x"):
        headers = (await two.owner.open(path)).headers

        assert "unsafe" not in headers["content-security-policy"]
        assert headers["content-security-policy"].startswith("default-src 'self'; ")
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "nosniff" == headers["x-content-type-options"]
        assert "no-store" == headers["cache-control"]
        assert "same-origin" == headers["cross-origin-opener-policy"]


async def test_cookies_are_out_of_reach_of_scripts_and_other_sites(two: Two) -> None:
    browser = two.world.browser()
    await browser.open("/")
    csrf = browser.page.csrf if browser.page else ""
    seen = await browser.send(
        "/sign-in", email="viewer@acme.example", password=PASSWORD, csrf=csrf, follow=False
    )
    cookies = seen.headers.getall("set-cookie")

    assert any(each.startswith("session=") for each in cookies)
    assert all("HttpOnly" in each and "SameSite=lax" in each and "Path=/" in each for each in cookies)


async def test_over_tls_cookies_belong_to_this_host_alone(tmp_path: Path) -> None:
    async with console_world(tmp_path, trusted_proxies="127.0.0.1/32") as world:
        browser = world.browser()
        seen = await browser.open("/", headers={"X-Forwarded-Proto": "https"})

    assert all(each.startswith("__Host-") and "Secure" in each for each in seen.headers.getall("set-cookie"))
    assert "max-age=31536000" == seen.headers["strict-transport-security"]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: f"{each.method} {each.path}")
async def test_the_matrix_decides_on_every_endpoint(two: Two, endpoint: object, role: Role) -> None:
    from syncline.gateway.web.api.endpoint import Endpoint

    assert isinstance(endpoint, Endpoint)
    key = (await two.world.run("api_key.create", role=role.value, tenant="Acme"))["api_key"]
    path = re.sub(r"\{\w+\}", "1", endpoint.path.replace("{tenant}", two.mine))
    body = {"nonsense": 1} if endpoint.has_body else None
    path += "" if endpoint.has_body or endpoint.method == "GET" else "?nonsense=1"
    status, _, _ = await two.world.api(endpoint.method, path, key, body)
    place = two.mine if endpoint.of_a_tenant else "*"
    may = Access({two.mine: role}).may(endpoint.needs, place) or endpoint.operation == "tenant.page"

    assert may is (status != 403)
    assert status != 500


@pytest.mark.parametrize(
    "endpoint",
    [each for each in ENDPOINTS if each.of_a_tenant],
    ids=lambda each: f"{each.method} {each.path}",
)
async def test_a_foreign_tenant_is_unknown_to_a_key(two: Two, endpoint: object) -> None:
    from syncline.gateway.web.api.endpoint import Endpoint

    assert isinstance(endpoint, Endpoint)
    key = (await two.world.run("api_key.create", role="owner", tenant="Acme"))["api_key"]
    answers = []
    for tenant in (two.theirs, "00000000-0000-4000-8000-000000000000", "acme"):
        path = re.sub(r"\{\w+\}", "1", endpoint.path.replace("{tenant}", tenant))
        status, body, _ = await two.world.api(endpoint.method, path, key)
        answers.append((status, str(body)))

    assert 1 == len(set(answers))
    assert 404 == answers[0][0]


@pytest.mark.parametrize("key", [None, "", "null", "synclinekey_aaaaaaaaaa_" + "A" * 43])
async def test_without_a_key_the_api_says_nothing(two: Two, key: str | None) -> None:
    for path in ("/tenants", "/nothing", f"/tenants/{two.mine}"):
        status, body, headers = await two.world.api("GET", path, key)

        assert 401 == status
        assert "Bearer" == headers["www-authenticate"]
        assert "application/problem+json" == headers["content-type"]
        assert 401 == body["status"]


async def test_credentials_of_one_kind_open_nothing_of_another(two: Two) -> None:
    token = (await two.world.run("token.create", tenant="Acme"))["token"]
    key = (await two.world.run("api_key.create", role="owner"))["api_key"]
    status, _, _ = await two.world.api("GET", "/tenants", token)
    headers = {"Authorization": f"Bearer {key}"}
    async with two.world.browser().session.get(two.world.base + "/scim/v2/Users", headers=headers) as scim:
        scim_status = scim.status
    console = await two.world.browser().open("/account", follow=False, headers=headers)

    assert [401, 401, 303] == [status, scim_status, console.status]
