"""The account's pages over HTTP: what they refuse, and what a browser is told about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from yarl import URL

from syncline.clock import ManualClock
from syncline.portal import administration
from syncline.portal.pages.routes import routes
from syncline.portal.web.call import Surroundings
from tests.integration.portal.conftest import World

_CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')


@dataclass(frozen=True, slots=True)
class Seen:
    """What came back: never a followed redirect."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")

    @property
    def csrf(self) -> str:
        return found[1] if (found := _CSRF.search(self.text)) else ""


@dataclass(slots=True)
class Visitor:
    """Somebody at the pages, with cookies."""

    world: World
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def projects(self) -> str:
        return f"/developer-projects/{self.world.account['portal_id']}"

    @property
    def settings(self) -> str:
        return f"/settings/{self.world.account['portal_id']}"

    @property
    def component(self) -> str:
        return f"{self.projects}/project/scim-app/component/scim"

    async def open(self, path: str, **headers: str) -> Seen:
        return await self._send("GET", path, None, headers)

    async def send(
        self,
        path: str,
        form: Mapping[str, str] | None = None,
        *,
        csrf: str | None = None,
        headers: Mapping[str, str] | None = None,
        **fields: str,
    ) -> Seen:
        """Send a form with the token of this browser's pages, or with another."""
        token = (await self.open("/sign-in")).csrf if csrf is None else csrf
        body = urlencode({"csrf": token, **(form or {}), **fields}).encode()
        return await self._send("POST", path, body, headers or {})

    async def sign_in(
        self, email: str = "admin@acme.example", password: str | None = None, **form: str
    ) -> Seen:
        given = self.world.account["admin_password"] if password is None else password
        return await self.send("/sign-in", form, email=email, password=given)

    async def _send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Seen:
        sent = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        async with self.world.session.request(
            method,
            URL(self.world.base_url + path, encoded=True),
            data=body,
            headers=sent,
            allow_redirects=False,
        ) as response:
            for name, morsel in response.cookies.items():
                self.cookies[name] = morsel.value
            return Seen(response.status, response.headers, await response.text())


@pytest.fixture
async def admin(world: World) -> Visitor:
    visitor = Visitor(world)
    done = await visitor.sign_in()
    assert (303, "/") == (done.status, done.location)
    return visitor


def private_paths(world: World) -> dict[str, tuple[bool, bool]]:
    """Every address that needs a sign-in, filled in, with whether it is seen and whether it is sent to."""
    place = {
        "portal_id:int": str(world.account["portal_id"]), "name": "scim-app", "uid": "scim",
        "domain": "corp.test", "user_id:int": "1",
    }  # fmt: skip
    around = Surroundings(world.store, world.clock, lambda: world.base_url)
    found = {}
    for route in routes(around):
        path: str = getattr(route, "path", "")
        if path not in ("/sign-in", "/sign-out", "/theme", "/static") and not path.startswith("/oauth/"):
            page: Any = getattr(route, "app", None) or getattr(route, "endpoint", None)
            handlers = page._handlers
            filled = re.sub(r"\{([^}]+)\}", lambda match: place[match[1]], path)
            found[filled] = (handlers["GET"] is not None, handlers["POST"] is not None)
    return found


async def test_every_page_wears_the_banner_and_forbids_scripts_of_others(admin: Visitor) -> None:
    paths = private_paths(admin.world)
    assert len(paths) > 20

    for path, (shown, _) in paths.items():
        if not shown:
            continue
        seen = await admin.open(path)
        if seen.status == 303:
            continue
        assert "<strong>REHEARSAL</strong> <span>This is not HubSpot." in seen.text, path
        policy = seen.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe-inline" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy
        assert ("DENY", "no-store", "nosniff") == (
            seen.headers["X-Frame-Options"],
            seen.headers["Cache-Control"],
            seen.headers["X-Content-Type-Options"],
        )
        assert re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|<style|\sstyle=", seen.text) is None, path


async def test_nothing_is_shown_or_done_without_a_sign_in(world: World) -> None:
    for path, (shown, sent) in private_paths(world).items():
        stranger = Visitor(world)
        if shown:
            seen = await stranger.open(path)
            assert (303, f"/sign-in?next={path}") == (seen.status, seen.location)
        if sent:
            seen = await stranger.send(path)
            assert (303, f"/sign-in?next={path}") == (seen.status, seen.location)


async def test_no_form_is_taken_without_this_browsers_token(admin: Visitor) -> None:
    other = Visitor(admin.world)
    foreign = (await other.open("/sign-in")).csrf
    for path, (_, sent) in {
        **private_paths(admin.world),
        "/theme": (False, True),
        "/sign-out": (False, True),
    }.items():
        if sent:
            answers = [
                await admin.send(path, csrf=token, domain="x.test") for token in ("", "0" * 64, foreign)
            ]
            assert [403] * 3 == [seen.status for seen in answers], path

    assert 200 == (await admin.open(admin.projects)).status


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
async def test_a_form_sent_from_another_site_is_refused_even_with_the_token(
    admin: Visitor, headers: dict[str, str]
) -> None:
    seen = await admin.send(f"{admin.component}/token/revoke", headers=headers)

    assert 403 == seen.status
    assert "installed" in (await admin.open(f"{admin.component}/distribution")).text


@pytest.mark.parametrize(
    "onward",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "\thttps://evil.example",
    ],
)
async def test_signing_in_leads_nowhere_but_here(world: World, onward: str) -> None:
    done = await Visitor(world).sign_in(next=onward)

    assert (303, "/") == (done.status, done.location)


async def test_signing_in_leads_to_the_page_that_was_asked_for(world: World) -> None:
    visitor = Visitor(world)
    asked = await visitor.open(visitor.component)

    done = await visitor.sign_in(next=asked.location.partition("next=")[2])

    assert visitor.component == done.location


async def test_a_session_begins_anew_with_a_sign_in_and_its_cookie_is_out_of_reach(world: World) -> None:
    visitor = Visitor(world)
    await visitor.open("/sign-in")
    before = visitor.cookies["portal_session"]

    done = await visitor.sign_in()

    assert before != visitor.cookies["portal_session"]
    cookie = done.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert 303 == (await Visitor(world, {"portal_session": before}).open(visitor.projects)).status


async def test_a_session_ends_with_its_hour_and_with_signing_out(admin: Visitor) -> None:
    kept = dict(admin.cookies)
    await admin.send("/sign-out")
    after = await Visitor(admin.world, kept).open(admin.projects)
    again = Visitor(admin.world)
    await again.sign_in()
    clock = admin.world.clock
    assert isinstance(clock, ManualClock)
    await clock.advance(3_600_000)

    late = await again.open(admin.projects)

    assert [303, 303] == [after.status, late.status]


async def test_wrong_passwords_are_refused_and_counted_together_with_the_consent_page(world: World) -> None:
    visitor = Visitor(world)
    answers = [await visitor.sign_in(password="wrong-password") for _ in range(11)]

    assert [403] * 10 + [429] == [seen.status for seen in answers]
    assert "Wait a quarter of an hour." in answers[-1].text
    assert 429 == (await visitor.sign_in()).status


async def test_another_accounts_pages_are_as_unknown_as_no_accounts(admin: Visitor) -> None:
    other = await admin.world.open_account("other")

    foreign = await admin.open(f"/developer-projects/{other['portal_id']}")
    nobodys = await admin.open("/developer-projects/1")
    sent = await admin.send(f"/settings/{other['portal_id']}/teams", name="Mine")

    assert [404, 404, 404] == [foreign.status, nobodys.status, sent.status]
    strip = re.compile(r'value="[^"]*"')
    assert strip.sub("", foreign.text) == strip.sub("", nobodys.text)


async def test_only_active_super_admins_get_in(admin: Visitor) -> None:
    world = admin.world
    await world.provision("ada@acme.example", "Super Admin")
    given = await administration.set_password(world.store, "acme", "ada@acme.example")
    ada = Visitor(world)
    await ada.sign_in("ada@acme.example", given["password"])
    before = (await ada.open(ada.projects)).status

    await administration.set_access(world.store, world.clock, "acme", "ada@acme.example", active=False)

    assert [200, 404] == [before, (await ada.open(ada.projects)).status]
    again = Visitor(world)
    await again.sign_in("ada@acme.example", given["password"])
    assert "You are no super admin of any account" in (await again.open("/")).text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"csrf=" + b"x" * 70_000, 413),
        (b"&".join(b"a=1" for _ in range(600)), 400),
        (b"csrf=\xff", 400),
    ],
)
async def test_a_form_beyond_measure_is_refused(admin: Visitor, body: bytes, status: int) -> None:
    seen = await admin._send("POST", f"{admin.settings}/teams", body, {})

    assert status == seen.status
    assert (
        415
        == (await admin._send("POST", f"{admin.settings}/teams", b"{}", {"Content-Type": "text/json"})).status
    )


async def test_a_method_the_page_has_not_got_is_405(admin: Visitor) -> None:
    async with admin.world.session.put(admin.world.base_url + "/sign-in") as response:
        assert (405, "GET, HEAD, POST") == (response.status, response.headers["Allow"])


async def test_names_from_outside_are_text_on_every_page(admin: Visitor) -> None:
    canary = "<script>alert(1)</script>"
    world = admin.world
    await world.provision("ada@acme.example", name={"givenName": canary, "familyName": '"onload="x'})
    sets = f"{admin.settings}/permission-sets"
    await admin.send(sets, name=canary)
    user = await world.user("ada@acme.example")

    pages = [
        await admin.open(path)
        for path in (sets, f"{admin.settings}/users", f"{admin.settings}/users/{user['id']}")
    ]

    for seen in pages:
        assert canary not in seen.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in seen.text


async def test_a_token_is_shown_only_in_answer_to_a_form_and_to_a_super_admin(admin: Visitor) -> None:
    token = admin.world.account["scim_token"]

    hidden = await admin.open(f"{admin.component}/distribution")
    asked = await admin.open(f"{admin.component}/token")
    shown = await admin.send(f"{admin.component}/token")

    assert token not in hidden.text
    assert 405 == asked.status
    assert token in shown.text
    assert "no-store" == shown.headers["Cache-Control"]
    assert f"{admin.world.base_url}/scim/v2" in shown.text


async def test_a_rotated_token_ends_the_one_before_and_a_revoked_one_ends_for_good(admin: Visitor) -> None:
    world = admin.world
    await admin.send(f"{admin.component}/token/rotate")
    shown = (await admin.send(f"{admin.component}/token")).text
    fresh = re.search(r"pat-na1-scim-[\w-]+", shown)
    assert fresh is not None
    renewed = world.client(fresh[0], "/scim/v2")
    between = [(await world.scim.get("/Users")).status, (await renewed.get("/Users")).status]

    done = await admin.send(f"{admin.component}/token/revoke")

    assert [401, 200] == between
    assert 303 == done.status
    assert 401 == (await renewed.get("/Users")).status


async def test_what_scim_manages_is_not_in_the_form_and_refused_when_sent_all_the_same(
    admin: Visitor,
) -> None:
    world = admin.world
    await world.provision("ada@acme.example", "Manager", name={"givenName": "Ada"})
    path = f"{admin.settings}/users/{(await world.user('ada@acme.example'))['id']}"

    page = (await admin.open(path)).text
    named = await admin.send(path, first_name="Augusta")
    given = await admin.send(path, permission_set="Sales User")
    teamed = await admin.send(path, team="Sales")
    await world.change(role_sync=False)
    unlocked = (await admin.open(path)).text
    given_now = await admin.send(path, permission_set="Sales User")

    assert "managed by your identity provider" in page
    assert ('name="first_name"' in page, 'name="permission_set"' in page) == (False, False)
    assert ('name="first_name"' in unlocked, 'name="permission_set"' in unlocked) == (False, True)
    assert [422, 422, 303, 303] == [named.status, given.status, teamed.status, given_now.status]
    user = await world.user("ada@acme.example")
    assert ("Ada", "Sales", ["Sales User"]) == (
        user["first_name"],
        user["primary_team"],
        user["permission_sets"],
    )


async def test_the_account_is_changed_on_its_page(admin: Visitor) -> None:
    path, world = f"{admin.settings}/account", admin.world

    wrong = await admin.send(path, {"seats Core": "many"}, tier="enterprise", sso="on")
    before = await administration.show_account(world.store, "acme")
    done = await admin.send(path, {"seats Core": "7"}, tier="professional", seats_pricing="on")

    assert (422, 303) == (wrong.status, done.status)
    assert "Seats are a number or unlimited" in wrong.text
    after = await administration.show_account(world.store, "acme")
    named = ("tier", "sso", "role_sync", "seats_pricing")
    assert ["enterprise", True, True, False] == [before[name] for name in named]
    assert ["professional", False, False, True] == [after[name] for name in named]
    assert {"name": "Core", "purchased": 7, "used": 0} in after["seats"]
    assert "SCIM refuses every call until it is on" in (await admin.open(admin.component)).text


async def test_permission_sets_and_teams_are_made_and_ended_on_their_pages(admin: Visitor) -> None:
    sets, teams = f"{admin.settings}/permission-sets", f"{admin.settings}/teams"

    made = await admin.send(sets, name="Closer", seat="Sales Hub")
    twice = await admin.send(sets, name="Closer")
    team = await admin.send(teams, name="Field")
    ended = await admin.send(f"{sets}/delete", id="Manager")

    assert [303, 422, 303, 303] == [made.status, twice.status, team.status, ended.status]
    account = await administration.show_account(admin.world.store, "acme")
    found = {one["name"]: one["seat"] for one in account["permission_sets"]}
    assert ("Sales Hub", False) == (found["Closer"], "Manager" in found)
    assert "Field" in [one["name"] for one in account["teams"]]


async def test_a_permission_set_is_renamed_and_who_has_it_keeps_it(admin: Visitor) -> None:
    sets = f"{admin.settings}/permission-sets"
    await admin.send(f"{admin.settings}/users/add", email="bob@acme.example", permission_set="Manager")
    account = await administration.show_account(admin.world.store, "acme")
    set_id = next(one["id"] for one in account["permission_sets"] if one["name"] == "Manager")

    renamed = await admin.send(f"{sets}/rename", id=set_id, name="Head of Sales")
    taken = await admin.send(f"{sets}/rename", id=set_id, name="Sales User")
    unknown = await admin.send(f"{sets}/rename", id="4711", name="Closer")

    assert [303, 422, 422] == [renamed.status, taken.status, unknown.status]
    assert 'value="Sales User"' in taken.text
    listed = await administration.list_users(admin.world.store, admin.world.clock, "acme")
    bob = next(one for one in listed["users"] if one["email"] == "bob@acme.example")
    assert ["Head of Sales"] == bob["permission_sets"]


async def test_a_user_is_added_changed_deactivated_and_deleted_by_hand(admin: Visitor) -> None:
    world, users = admin.world, f"{admin.settings}/users"
    form = {"email": "bob@acme.example", "first_name": "Bob", "permission_set": "Manager", "seats": "Core"}
    wrong = await admin.send(f"{users}/add", {**form, "email": "bob"})
    added = await admin.send(f"{users}/add", form)
    path = added.location.partition("?")[0]
    changed = await admin.send(path, first_name="Robert", permission_set="", team="Sales", seats_shown="yes")
    bob = await world.user("bob@acme.example")
    off = await admin.send(f"{path}/deactivate")
    standing = (await world.user("bob@acme.example"))["standing"]
    on = await admin.send(f"{path}/reactivate")
    gone = await admin.send(f"{path}/remove")

    assert (422, True) == (wrong.status, "is invalid" in wrong.text)
    assert [303] * 5 == [seen.status for seen in (added, changed, off, on, gone)]
    assert ("Robert", [], "Sales", []) == (
        bob["first_name"],
        bob["permission_sets"],
        bob["primary_team"],
        bob["seats"],
    )
    assert "deactivated" == standing
    assert "bob@acme.example" not in (await admin.open(users)).text


async def test_the_last_super_admin_stays_whatever_is_pressed(admin: Visitor) -> None:
    me = (await admin.world.user("admin@acme.example"))["id"]
    path = f"{admin.settings}/users/{me}"

    answers = [
        await admin.send(f"{path}/deactivate"),
        await admin.send(f"{path}/remove"),
        await admin.send(path, permission_set="Manager"),
    ]

    assert [400, 400, 422] == [seen.status for seen in answers]
    assert ["last super admin" in seen.text for seen in answers] == [True] * 3


async def test_a_static_file_is_served_and_no_path_leads_out_of_the_folder(world: World) -> None:
    visitor = Visitor(world)
    style = re.search(r'href="(/static/webkit\.[^"]+\.css)"', (await visitor.open("/sign-in")).text)
    assert style is not None

    found = await visitor.open(style[1])
    out = [
        await visitor.open(f"/static/{path}")
        for path in ("..%2f..%2fpages.py", "../visit.py", "%2e%2e/webkit.css")
    ]

    assert (200, "text/css; charset=utf-8") == (found.status, found.headers["Content-Type"])
    assert {404} == {seen.status for seen in out}
