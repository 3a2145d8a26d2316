"""Tokens: from a consent to a code, an access token, a refresh, and the end of it all."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from syncline.portal import administration
from tests.integration.portal.conftest import USERS, Client, Reply, World

CALLBACK = "https://gateway.example/oauth/callback"
SCOPES = "oauth settings.users.read"
ADMIN = "admin@acme.example"
BAD_REFRESH = {
    "error": "invalid_grant",
    "error_description": "refresh token is invalid, expired or revoked",
    "status": "BAD_REFRESH_TOKEN",
    "message": "refresh token is invalid, expired or revoked",
}


@dataclass(slots=True)
class Connection:
    """An app registered in acme, and its token endpoint."""

    world: World
    app: dict[str, Any]
    version: str = "2026-03"

    @property
    def credentials(self) -> dict[str, str]:
        return {"client_id": self.app["client_id"], "client_secret": self.app["client_secret"]}

    async def code(self, scope: str = SCOPES, by: str = ADMIN, **further: Any) -> str:
        world = self.world
        return await administration.grant_app(
            world.store, world.clock, "acme", by, client_id=self.app["client_id"],
            redirect_uri=CALLBACK, scope=scope, **further,
        )  # fmt: skip

    async def post(self, what: str = "", **fields: str) -> Reply:
        return await form(self.world, f"/oauth/{self.version}/token{what}", {**self.credentials, **fields})

    async def exchange(self, code: str, **fields: str) -> Reply:
        given = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code": code, **fields}
        return await self.post(**given)

    async def refresh(self, token: str, **fields: str) -> Reply:
        return await self.post(grant_type="refresh_token", refresh_token=token, **fields)

    async def tokens(self, **further: Any) -> dict[str, Any]:
        reply = await self.exchange(await self.code(**further))
        assert reply.status == 200, reply.body
        given: dict[str, Any] = reply.body
        return given

    def client(self, tokens: dict[str, Any]) -> Client:
        return self.world.client(tokens["access_token"])


async def form(world: World, path: str, fields: dict[str, str]) -> Reply:
    return await world.client(None).call(
        "POST", path, data=urlencode(fields).encode(), Content_Type="application/x-www-form-urlencoded"
    )


@pytest.fixture
async def app(world: World) -> Connection:
    created = await administration.create_app(
        world.store, world.clock, "acme", redirect_uris=[CALLBACK],
        scopes=["oauth", "settings.users.read"],
        optional_scopes=["settings.users.write", "settings.users.teams.read"],
    )  # fmt: skip
    return Connection(world, created)


async def test_a_code_becomes_tokens_that_open_the_api(world: World, app: Connection) -> None:
    tokens = await app.tokens()

    assert {
        "token_type": "bearer",
        "access_token": tokens["access_token"],
        "refresh_token": tokens["refresh_token"],
        "expires_in": 1800,
        "hub_id": world.account["portal_id"],
        "scopes": ["oauth", "settings.users.read"],
        "user_id": int((await world.user(ADMIN))["id"]),
        "token_use": "access_token",
    } == tokens
    assert 200 == (await app.client(tokens).get(USERS)).status
    assert 403 == (await app.client(tokens).post(USERS, {"email": "ada@acme.example"})).status
    assert 401 == (await world.client(tokens["refresh_token"]).get(USERS)).status


@pytest.mark.parametrize("version", ["v1", "v3", "2026-03", "2026-09"])
async def test_every_version_takes_forms_and_json(world: World, app: Connection, version: str) -> None:
    app.version = version
    code = await app.code()
    fields = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code": code, **app.credentials}

    given = await world.client(None).post(f"/oauth/{version}/token", fields)
    refreshed = await app.refresh(given.body["refresh_token"])

    assert (200, 200) == (given.status, refreshed.status)
    assert "no-store" == given.headers["Cache-Control"]
    assert given.body["refresh_token"] == refreshed.body["refresh_token"]
    assert given.body["access_token"] != refreshed.body["access_token"]


async def test_only_v1_reads_the_address(world: World, app: Connection) -> None:
    query = urlencode(
        {
            "grant_type": "refresh_token",
            "refresh_token": (await app.tokens())["refresh_token"],
            **app.credentials,
        }
    )

    assert 200 == (await form(world, f"/oauth/v1/token?{query}", {})).status
    assert 400 == (await form(world, f"/oauth/v3/token?{query}", {})).status


async def test_an_access_token_lives_for_half_an_hour(world: World, app: Connection) -> None:
    client = app.client(await app.tokens())

    await world.clock.advance(1_800_000 - 1)
    before = await client.get(USERS)
    await world.clock.advance(1)
    after = await client.get(USERS)

    assert (200, 401, "EXPIRED_AUTHENTICATION") == (before.status, after.status, after.body["category"])


async def test_a_code_is_good_once_and_for_a_minute(world: World, app: Connection) -> None:
    late, used = await app.code(), await app.code()
    first = await app.exchange(used)
    again = await app.exchange(used)
    await world.clock.advance(60_000)
    expired = await app.exchange(late)

    assert [200, 400, 400] == [first.status, again.status, expired.status]
    assert (
        {"BAD_AUTH_CODE"}
        == {again.body["status"], expired.body["status"]}
        == {(await app.exchange("nonsense")).body["status"]}
    )


async def test_a_code_is_bound_to_app_and_redirect_uri(world: World, app: Connection) -> None:
    other = await administration.create_app(world.store, world.clock, "acme", redirect_uris=[CALLBACK])
    code = await app.code()

    elsewhere = await app.exchange(code, redirect_uri=CALLBACK + "/")
    stolen = await app.exchange(code, client_id=other["client_id"], client_secret=other["client_secret"])
    rightful = await app.exchange(code)

    assert ["MISMATCH_REDIRECT_URI_AUTH_CODE", "BAD_AUTH_CODE"] == [
        elsewhere.body["status"],
        stolen.body["status"],
    ]
    assert 200 == rightful.status


async def test_pkce_is_kept_to_by_whoever_began_with_it(app: Connection) -> None:
    verifier = "v" * 64
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    code = await app.code(challenge=challenge)

    without = await app.exchange(code)
    wrong = await app.exchange(code, code_verifier="w" * 64)
    right = await app.exchange(code, code_verifier=verifier)

    assert [400, 400, 200] == [without.status, wrong.status, right.status]
    assert "invalid_grant" == without.body["error"] == wrong.body["error"]


@pytest.mark.parametrize(
    "fields",
    [{"client_secret": "wrong"}, {"client_id": "wrong"}, {"client_secret": ""}],
)
async def test_an_app_that_cannot_show_its_secret_gets_nothing(
    app: Connection, fields: dict[str, str]
) -> None:
    token = (await app.tokens())["refresh_token"]

    reply = await app.refresh(token, **fields)

    assert (400, "invalid_client") == (reply.status, reply.body["error"])


async def test_a_refresh_token_that_is_no_good_says_so_in_hubspots_words(app: Connection) -> None:
    reply = await app.refresh("na1-nonsense")

    assert (400, BAD_REFRESH) == (reply.status, reply.body)


async def test_an_unknown_grant_type_or_body_is_400(world: World, app: Connection) -> None:
    unknown = await app.post(grant_type="password")
    path = "/oauth/2026-03/token"
    text = await world.client(None).call("POST", path, data=b"x", Content_Type="text/plain")
    broken = await world.client(None).call("POST", path, data=b"{", Content_Type="application/json")
    listed = await world.client(None).post(path, ["grant_type"])
    twice = await world.client(None).call(
        "POST", path, data=b"code=a&code=b", Content_Type="application/x-www-form-urlencoded"
    )

    assert "unsupported_grant_type" == unknown.body["error"]
    assert [(400, "invalid_request")] * 4 == [
        (reply.status, reply.body["error"]) for reply in (text, broken, listed, twice)
    ]
    assert 405 == (await world.client(None).get(path)).status


async def test_an_account_may_rotate_refresh_tokens(world: World, app: Connection) -> None:
    await world.flag(oauth_rotates_refresh_token="on")
    first = (await app.tokens())["refresh_token"]

    second = (await app.refresh(first)).body["refresh_token"]

    assert first != second
    assert BAD_REFRESH == (await app.refresh(first)).body
    assert 200 == (await app.refresh(second)).status


async def test_a_refresh_may_narrow_the_scopes_but_not_widen_them(app: Connection) -> None:
    token = (await app.tokens())["refresh_token"]

    narrow = await app.refresh(token, scope="oauth")
    wide = await app.refresh(token, scope="oauth settings.users.write")
    whole = await app.refresh(token)

    assert ["oauth"] == narrow.body["scopes"]
    assert (400, "invalid_scope") == (wide.status, wide.body["error"])
    assert ["oauth", "settings.users.read"] == whole.body["scopes"]


async def test_an_app_token_opens_no_account(world: World, app: Connection) -> None:
    reply = await app.post(grant_type="client_credentials", scope="settings.users.read")
    beyond = await app.post(grant_type="client_credentials", scope="automation")

    assert (200, "client_credentials", 1800) == (
        reply.status,
        reply.body["token_use"],
        reply.body["expires_in"],
    )
    assert 401 == (await app.client(reply.body).get(USERS)).status
    assert (400, "invalid_scope") == (beyond.status, beyond.body["error"])


@pytest.mark.parametrize("version", ["v3", "2026-03", "2026-09"])
async def test_introspection_tells_who_granted_what(world: World, app: Connection, version: str) -> None:
    app.version = version
    tokens = await app.tokens()
    admin = int((await world.user(ADMIN))["id"])
    await world.clock.advance(60_000)

    access = (await app.post("/introspect", token=tokens["access_token"])).body
    refresh = (await app.post("/introspect", token=tokens["refresh_token"])).body

    common = {
        "active": True,
        "client_id": app.app["client_id"],
        "app_id": app.app["app_id"],
        "hub_id": world.account["portal_id"],
        "hub_domain": "acme.rehearsal.example",
        "user": ADMIN,
        "user_id": admin,
        "scopes": ["oauth", "settings.users.read"],
    }
    signed = access.pop("signed_access_token")
    assert {
        **common,
        "token": tokens["access_token"],
        "token_type": "access",
        "token_use": "access_token",
        "expires_in": 1740,
        "is_private_distribution": False,
    } == access
    assert admin == signed["installingUserId"]
    assert {
        **common,
        "token": tokens["refresh_token"],
        "token_type": "refresh",
        "token_use": "refresh_token",
    } == refresh


async def test_what_is_over_or_anothers_is_inactive(world: World, app: Connection) -> None:
    tokens = await app.tokens()
    other = await administration.create_app(world.store, world.clock, "acme", redirect_uris=[CALLBACK])
    stranger = Connection(world, other)

    assert {"active": False} == (await stranger.post("/introspect", token=tokens["access_token"])).body
    await stranger.post("/revoke", token=tokens["refresh_token"])
    assert 200 == (await app.refresh(tokens["refresh_token"])).status
    await world.clock.advance(1_800_000)
    assert {"active": False} == (await app.post("/introspect", token=tokens["access_token"])).body
    assert {"active": False} == (await app.post("/introspect", token=world.account["access_token"])).body
    assert {"active": False} == (await app.post("/introspect", token="")).body


async def test_a_revoked_refresh_token_is_over_and_its_access_token_is_not(
    world: World, app: Connection
) -> None:
    tokens = await app.tokens()

    replies = [await app.post("/revoke", token=tokens["refresh_token"]) for _ in range(2)]

    assert [200, 200] == [reply.status for reply in replies]
    assert BAD_REFRESH == (await app.refresh(tokens["refresh_token"])).body
    assert 200 == (await app.client(tokens).get(USERS)).status


async def test_v1_describes_and_deletes_by_address(world: World, app: Connection) -> None:
    tokens = await app.tokens()
    nobody = world.client(None)
    refresh_path = f"/oauth/v1/refresh-tokens/{tokens['refresh_token']}"

    access = await nobody.get(f"/oauth/v1/access-tokens/{tokens['access_token']}")
    refresh = await nobody.get(refresh_path)
    crossed = await nobody.get(f"/oauth/v1/access-tokens/{tokens['refresh_token']}")
    deleted = await nobody.delete(refresh_path)

    assert (ADMIN, "access", 1800) == (
        access.body["user"],
        access.body["token_type"],
        access.body["expires_in"],
    )
    assert (ADMIN, "refresh") == (refresh.body["user"], refresh.body["token_type"])
    assert [404, 204, 404] == [crossed.status, deleted.status, (await nobody.get(refresh_path)).status]


@pytest.mark.parametrize("version", ["v3", "2026-03"])
async def test_an_app_uninstalls_itself(world: World, app: Connection, version: str) -> None:
    tokens = await app.tokens()
    path = f"/appinstalls/{version}/external-install"

    by_static_token = await world.api.delete(path)
    done = await app.client(tokens).delete(path)

    assert [400, 204] == [by_static_token.status, done.status]
    assert 401 == (await app.client(tokens).get(USERS)).status
    assert BAD_REFRESH == (await app.refresh(tokens["refresh_token"])).body


@pytest.mark.parametrize("how", ["scim", "by hand", "removed"])
async def test_what_somebody_granted_ends_with_their_access(world: World, app: Connection, how: str) -> None:
    created = await world.provision("ada@acme.example", "Super Admin")
    mine = await app.tokens()
    theirs = await app.tokens(by="ada@acme.example")
    code = await app.code(by="ada@acme.example")

    if how == "scim":
        off = {"op": "replace", "path": "active", "value": False}
        await world.scim.patch(f"/Users/{created['id']}", off)
    elif how == "by hand":
        await administration.set_access(world.store, world.clock, "acme", "ada@acme.example", active=False)
    else:
        await administration.remove_user(world.store, world.clock, "acme", "ada@acme.example")

    assert 401 == (await app.client(theirs).get(USERS)).status
    assert BAD_REFRESH == (await app.refresh(theirs["refresh_token"])).body
    assert 400 == (await app.exchange(code)).status
    assert 200 == (await app.client(mine).get(USERS)).status
    assert 200 == (await world.api.get(USERS)).status


async def test_an_account_may_keep_the_grants_of_who_left(world: World, app: Connection) -> None:
    await world.flag(grants_end_with_access="off")
    await world.provision("ada@acme.example", "Super Admin")
    theirs = await app.tokens(by="ada@acme.example")

    await administration.set_access(world.store, world.clock, "acme", "ada@acme.example", active=False)

    assert 200 == (await app.client(theirs).get(USERS)).status


async def test_a_code_given_before_an_uninstall_is_worth_nothing(world: World, app: Connection) -> None:
    code = await app.code()

    await administration.uninstall_app(world.store, world.clock, "acme", app.app["client_id"])

    assert "BAD_AUTH_CODE" == (await app.exchange(code)).body["status"]


async def test_oauth_calls_have_a_window_of_their_own_and_no_day(world: World, app: Connection) -> None:
    first, second = app.client(await app.tokens()), app.client(await app.tokens())

    replies = [await client.get("/account-info/v3/details") for _ in range(56) for client in (first, second)]

    assert [200] * 110 + [429] * 2 == [reply.status for reply in replies]
    assert ("110", "109") == (
        replies[0].headers["X-HubSpot-RateLimit-Max"],
        replies[0].headers["X-HubSpot-RateLimit-Remaining"],
    )
    assert not [name for name in replies[0].headers if "Daily" in name]
    assert "TEN_SECONDLY_ROLLING" == replies[-1].body["policyName"]
    assert 200 == (await world.api.get(USERS)).status


async def test_no_secret_is_in_the_database(world: World, app: Connection) -> None:
    tokens = await app.tokens()
    code = await app.code()

    folder = Path(world.store.engine.url.database or "").parent
    content = b"".join(path.read_bytes() for path in folder.iterdir())

    for secret in (
        code,
        tokens["access_token"],
        tokens["refresh_token"],
        app.app["client_secret"],
        world.account["admin_password"],
    ):
        assert secret.encode() not in content
