"""The consent page: who may connect an app, what the page says, and where it sends people."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from syncline.portal import administration
from tests.integration.portal.browser import Browser, Shown
from tests.integration.portal.conftest import World

CALLBACK = "https://gateway.example/oauth/callback?from=portal"
ADMIN = "admin@acme.example"
SCOPE = "oauth settings.users.read"


@pytest.fixture
async def app(world: World) -> dict[str, Any]:
    return await administration.create_app(
        world.store, world.clock, "acme", name="Sync <b>line</b>",
        redirect_uris=[CALLBACK, "https://other.example/"],
        scopes=["settings.users.read"], optional_scopes=["settings.users.write"],
    )  # fmt: skip


def browser(world: World, app: dict[str, Any], pin: str = "", **query: Any) -> Browser:
    given = {
        "client_id": app["client_id"],
        "redirect_uri": CALLBACK,
        "scope": SCOPE,
        "state": "a state&with=signs",
        **query,
    }
    sent = urlencode({name: value for name, value in given.items() if value is not None})
    return Browser(world.session, f"{world.base_url}/oauth{pin}/authorize?{sent}")


async def signed_in(world: World, app: dict[str, Any], pin: str = "") -> tuple[Browser, Shown]:
    visitor = browser(world, app, pin)
    return visitor, await visitor.sign_in(ADMIN, world.account["admin_password"])


async def test_a_super_admin_signs_in_reads_and_connects(world: World, app: dict[str, Any]) -> None:
    visitor, page = await signed_in(world, app)

    done = await visitor.approve(page)

    assert "not verified" in page.text
    assert "See users, their permission sets and seats" in page.text
    assert "gateway.example" in page.text
    assert 303 == done.status
    assert done.location.startswith(CALLBACK + "&")
    assert ("a state&with=signs", "portal") == (done.answer["state"], done.answer["from"])
    reply = await world.client(None).post(
        "/oauth/2026-03/token",
        {
            "grant_type": "authorization_code", "code": done.answer["code"], "redirect_uri": CALLBACK,
            "client_id": app["client_id"], "client_secret": app["client_secret"],
        },
    )  # fmt: skip
    assert (200, world.account["portal_id"]) == (reply.status, reply.body["hub_id"])
    assert int((await world.user(ADMIN))["id"]) == reply.body["user_id"]


async def test_every_page_says_rehearsal_and_guards_itself(world: World, app: dict[str, Any]) -> None:
    _, consent = await signed_in(world, app)
    sign_in = await browser(world, app).open()
    wrong = await browser(world, app, client_id="nobody").open()

    for page in (consent, sign_in, wrong):
        assert "REHEARSAL" in page.text
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert ("no-store", "nosniff") == (
            page.headers["Cache-Control"],
            page.headers["X-Content-Type-Options"],
        )
        assert "<script>" not in page.text
    policy = consent.headers["Content-Security-Policy"]
    assert policy.endswith("form-action 'self' https://gateway.example")
    assert "Sync &lt;b&gt;line" in consent.text
    assert "<b>line" not in consent.text
    cookie = wrong.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


async def test_a_refusal_goes_back_to_the_app(world: World, app: dict[str, Any]) -> None:
    visitor, page = await signed_in(world, app)

    done = await visitor.press("deny", page)

    assert done.location.startswith(CALLBACK)
    assert ("access_denied", "a state&with=signs") == (done.answer["error"], done.answer["state"])
    assert "code" not in done.answer


@pytest.mark.parametrize(
    "query",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": CALLBACK.upper()},
        {"redirect_uri": "https://gateway.example/oauth/callback"},
        {"scope": "oauth"},
        {"scope": None},
        {"scope": SCOPE + " automation"},
        {"optional_scope": "automation"},
        {"code_challenge": "x", "code_challenge_method": "md5"},
        {"code_challenge_method": "S256"},
    ],
)
async def test_a_link_that_does_not_fit_the_app_leads_nowhere(
    world: World, app: dict[str, Any], query: dict[str, Any]
) -> None:
    visitor = browser(world, app, **query)

    opened = await visitor.open()
    posted = await visitor.press("approve", opened, portal_id=str(world.account["portal_id"]))

    assert [(400, ""), (400, "")] == [(one.status, one.location) for one in (opened, posted)]


async def test_a_parameter_said_twice_leads_nowhere(world: World, app: dict[str, Any]) -> None:
    visitor = browser(world, app)
    visitor.address += "&redirect_uri=https%3A%2F%2Fevil.example%2F"

    assert 400 == (await visitor.open()).status


async def test_optional_scopes_are_granted_when_asked_for(world: World, app: dict[str, Any]) -> None:
    visitor = browser(world, app, optional_scope="settings.users.write")

    page = await visitor.sign_in(ADMIN, world.account["admin_password"])

    assert "settings.users.write" in page.text


@pytest.mark.parametrize("button", ["approve", "deny", "sign-in", "sign-out"])
async def test_a_form_without_its_secret_does_nothing(world: World, app: dict[str, Any], button: str) -> None:
    visitor, page = await signed_in(world, app)
    other = await browser(world, app).open()

    forged = [
        await visitor.press(button, Shown(200, {}, text), portal_id=page.accounts[0])
        for text in ("", other.text)
    ]

    assert [(403, ""), (403, "")] == [(one.status, one.location) for one in forged]
    assert 303 == (await visitor.approve(page)).status


async def test_nobody_connects_without_signing_in(world: World, app: dict[str, Any]) -> None:
    visitor = browser(world, app)

    done = await visitor.press("approve", await visitor.open(), portal_id=str(world.account["portal_id"]))

    assert (403, "") == (done.status, done.location)


async def test_a_wrong_password_and_an_unknown_person_look_the_same(
    world: World, app: dict[str, Any]
) -> None:
    wrong = await browser(world, app).sign_in(ADMIN, "wrong")
    unknown = await browser(world, app).sign_in("nobody@acme.example", "wrong")

    assert (403, 403) == (wrong.status, unknown.status)
    assert "do not match" in wrong.text
    assert "do not match" in unknown.text


async def test_after_ten_failures_the_right_password_waits_a_quarter_of_an_hour(
    world: World, app: dict[str, Any]
) -> None:
    for _ in range(10):
        await browser(world, app).sign_in(ADMIN, "wrong")

    locked = await browser(world, app).sign_in(ADMIN.upper(), world.account["admin_password"])
    await world.clock.advance(900_000)
    _, page = await signed_in(world, app)

    assert (429, 200) == (locked.status, page.status)


async def test_signing_in_changes_the_session(world: World, app: dict[str, Any]) -> None:
    visitor = browser(world, app)
    page = await visitor.open()
    before = dict(visitor.cookies)
    await visitor.press("sign-in", page, email=ADMIN, password=world.account["admin_password"])
    after = dict(visitor.cookies)
    visitor.cookies = before

    assert before != after
    assert "Sign in" in (await visitor.open()).text


async def test_a_session_ends_after_an_hour_or_by_hand(world: World, app: dict[str, Any]) -> None:
    visitor, page = await signed_in(world, app)
    leaver, other = await signed_in(world, app)

    out = await leaver.press("sign-out", other)
    await world.clock.advance(3_600_000)
    late = await visitor.approve(page)

    assert (303, leaver.address.removeprefix(world.base_url)) == (out.status, out.location)
    assert "Sign in" in (await leaver.open()).text
    assert 403 == late.status


async def test_only_active_super_admins_connect(world: World, app: dict[str, Any]) -> None:
    await world.add("ada@acme.example")
    password = (await administration.set_password(world.store, "acme", "ada@acme.example"))["password"]

    page = await browser(world, app).sign_in("ada@acme.example", password)

    assert 403 == page.status
    assert "super admin" in page.text
    assert [] == page.accounts


async def test_a_deactivated_super_admin_connects_nothing(world: World, app: dict[str, Any]) -> None:
    await administration.add_user(
        world.store, world.clock, "acme", email="second@acme.example", permission_set="Super Admin"
    )
    visitor, page = await signed_in(world, app)
    await administration.set_access(world.store, world.clock, "acme", ADMIN, active=False)

    done = await visitor.approve(page)

    assert (403, "") == (done.status, done.location)


async def test_the_address_may_pin_the_account(world: World, app: dict[str, Any]) -> None:
    other = await world.open_account("other")
    _, here = await signed_in(world, app, f"/{world.account['portal_id']}")
    _, there = await signed_in(world, app, f"/{other['portal_id']}")

    assert [str(world.account["portal_id"])] == here.accounts
    assert (403, []) == (there.status, there.accounts)


async def test_an_account_of_somebody_else_cannot_be_slipped_in(world: World, app: dict[str, Any]) -> None:
    other = await world.open_account("other")
    visitor, page = await signed_in(world, app)

    done = await visitor.press("approve", page, portal_id=str(other["portal_id"]))

    assert (403, "") == (done.status, done.location)


async def test_a_password_is_set_anew(world: World, app: dict[str, Any]) -> None:
    await administration.set_password(world.store, "acme", ADMIN, password="correct horse")

    old = await browser(world, app).sign_in(ADMIN, world.account["admin_password"])
    new = await browser(world, app).sign_in(ADMIN, "correct horse")

    assert (403, 200) == (old.status, new.status)
    assert new.accounts
