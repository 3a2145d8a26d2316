"""How operators get in, stay in and are kept out; on the store in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from argon2 import PasswordHasher

from syncline.clock import ManualClock
from syncline.gateway.domain.errors import Conflict, DomainError, Invalid, NotFound, Refused
from syncline.gateway.domain.operators import EVERYWHERE, Role
from syncline.gateway.domain.sessions import INVITATION_LIFE, MINUTE, OWNER_LINK_LIFE, SESSION_LIFE
from syncline.gateway.services import passwords
from syncline.gateway.services.api_keys import ApiKeys
from syncline.gateway.services.attempts import PER_ACCOUNT, PER_ADDRESS, WINDOW
from syncline.gateway.services.operators import Operators
from syncline.gateway.services.passwords import Argon2Passwords
from syncline.gateway.services.ports import Store
from syncline.gateway.services.signing_in import WRONG, SigningIn, TriedTooOften, Visitor
from syncline.gateway.services.tenants import Tenants
from syncline.gateway.store.keyring import TOKENS
from syncline.sql.sealing import Sealer
from tests.support.gateway_stores import KEY, store_in_memory

HERE = Visitor("192.0.2.1", "browser")
PASSWORD = "rain falls on tin roofs"
ANNA = "anna@acme.example"


@dataclass
class Door:
    """The services around signing in, over one store."""

    store: Store
    clock: ManualClock
    tenants: Tenants
    signing_in: SigningIn
    operators: Operators
    api_keys: ApiKeys

    async def owner(self) -> None:
        link = (await self.operators.link("cli"))["link"].rpartition("/")[2]
        await self.signing_in.accept(link, ANNA, "Anna", PASSWORD, HERE)

    async def invited(self, email: str, role: str, tenant: str | None = None) -> str:
        made = await self.operators.invite(ANNA, email, role, tenant)
        return str(made["link"].rpartition("/")[2])


def open_door(*, sign_up: bool = False) -> Door:
    store, clock, sealer = store_in_memory(), ManualClock(), Sealer(KEY)
    tenants = Tenants(store, clock, lambda: "https://sync.example/scim/v2", lambda _: None)

    def fingerprint(text: str) -> bytes:
        return sealer.fingerprint(TOKENS, text)

    return Door(
        store,
        clock,
        tenants,
        SigningIn(store.operators, tenants, Argon2Passwords(), fingerprint, clock, sign_up=sign_up),
        Operators(store.operators, tenants, fingerprint, clock, lambda: "https://sync.example"),
        ApiKeys(store.operators, tenants, fingerprint, clock),
    )


@pytest.fixture
async def door() -> Door:
    """An installation with one owner, Anna."""
    door = open_door()
    await door.owner()
    return door


async def test_the_first_owner_comes_in_by_a_link_that_works_once() -> None:
    door = open_door()
    assert not await door.signing_in.is_set_up()
    link = (await door.operators.link("cli"))["link"].rpartition("/")[2]
    opened = await door.signing_in.accept(link, ANNA, "Anna", PASSWORD, HERE)

    assert await door.signing_in.is_set_up()
    assert {EVERYWHERE: Role.OWNER} == opened.operator.access.roles
    with pytest.raises(Refused):
        await door.signing_in.accept(link, "eve@acme.example", "Eve", PASSWORD, HERE)
    with pytest.raises(Refused, match="an owner already"):
        await door.operators.link("cli")


async def test_a_link_nobody_used_ends() -> None:
    door = open_door()
    link = (await door.operators.link("cli"))["link"].rpartition("/")[2]
    await door.clock.advance(OWNER_LINK_LIFE)

    with pytest.raises(Refused):
        await door.signing_in.invitation(link)


async def test_a_link_with_another_secret_is_as_unknown_as_none(door: Door) -> None:
    link = await door.invited("bob@acme.example", "viewer")
    said = []
    for text in (
        link[:-1] + ("A" if link[-1] != "A" else "B"),
        "synclinelink_aaaaaaaaaa_" + "A" * 43,
        "x",
        "",
    ):
        with pytest.raises(Refused) as refused:
            await door.signing_in.invitation(text)
        said.append(refused.value.message)

    assert 1 == len(set(said))


async def test_an_invitation_gives_the_role_it_was_made_for_and_its_own_address(door: Door) -> None:
    await door.tenants.create(ANNA, "acme")
    link = await door.invited("bob@acme.example", "approver", "acme")
    opened = await door.signing_in.accept(link, "eve@evil.example", "Bob", PASSWORD, HERE)
    tenant = await door.tenants.find("acme")

    assert "bob@acme.example" == opened.operator.email
    assert {tenant.id: Role.APPROVER} == opened.operator.access.roles


async def test_an_invitation_lasts_seven_days(door: Door) -> None:
    link = await door.invited("bob@acme.example", "viewer")
    await door.clock.advance(INVITATION_LIFE - 1)
    await door.signing_in.invitation(link)
    await door.clock.advance(1)

    with pytest.raises(Refused):
        await door.signing_in.invitation(link)


async def test_an_operator_is_not_invited_again(door: Door) -> None:
    with pytest.raises(Conflict, match="operator role"):
        await door.invited("ANNA@acme.example", "viewer")


async def test_a_wrong_address_and_a_wrong_password_are_told_alike(door: Door) -> None:
    said = []
    for email, password in (
        (ANNA, "wrong"),
        ("nobody@acme.example", PASSWORD),
        (ANNA, ""),
        ("", ""),
        (ANNA, "x" * 9999),
    ):
        with pytest.raises(Invalid) as refused:
            await door.signing_in.sign_in(email, password, HERE)
        said.append(refused.value.message)

    assert [WRONG] * 5 == said


async def test_who_signs_in_is_known_by_the_cookie_until_he_signs_out(door: Door) -> None:
    opened = await door.signing_in.sign_in("Anna@ACME.example", PASSWORD, HERE)
    there = await door.signing_in.who(opened.secret)
    assert there is not None
    await door.signing_in.sign_out(there)

    assert ANNA == there.operator.email
    assert await door.signing_in.who(opened.secret) is None


@pytest.mark.parametrize("cookie", [None, "", "x", "y" * 10_000])
async def test_no_other_cookie_is_anybody(door: Door, cookie: str | None) -> None:
    assert await door.signing_in.who(cookie) is None


async def test_each_sign_in_has_a_session_of_its_own_and_its_secret_is_not_kept(door: Door) -> None:
    one = await door.signing_in.sign_in(ANNA, PASSWORD, HERE)
    other = await door.signing_in.sign_in(ANNA, PASSWORD, HERE)

    assert one.secret != other.secret
    assert await door.store.operators.signed_in(one.secret) is None


async def test_a_session_in_use_lasts_eight_hours_and_no_longer(door: Door) -> None:
    opened = await door.signing_in.sign_in(ANNA, PASSWORD, HERE)
    for _ in range(SESSION_LIFE // (20 * MINUTE) - 1):
        await door.clock.advance(20 * MINUTE)
        assert await door.signing_in.who(opened.secret) is not None
    await door.clock.advance(20 * MINUTE)

    assert await door.signing_in.who(opened.secret) is None


async def test_a_session_that_nobody_uses_ends_after_half_an_hour(door: Door) -> None:
    opened = await door.signing_in.sign_in(ANNA, PASSWORD, HERE)
    await door.clock.advance(30 * MINUTE)

    assert await door.signing_in.who(opened.secret) is None


async def test_the_password_given_again_makes_a_session_fresh(door: Door) -> None:
    opened = await door.signing_in.sign_in(ANNA, PASSWORD, HERE)
    await door.clock.advance(10 * MINUTE)
    stale = await door.signing_in.who(opened.secret)
    assert stale is not None
    await door.signing_in.confirm(stale, PASSWORD, HERE)
    fresh = await door.signing_in.who(opened.secret)
    assert fresh is not None

    assert [False, True] == [door.signing_in.is_fresh(each) for each in (stale, fresh)]


async def test_an_account_that_is_tried_too_often_waits_also_with_the_right_password(door: Door) -> None:
    for number in range(PER_ACCOUNT):
        with pytest.raises(Invalid):
            await door.signing_in.sign_in(ANNA, "wrong", Visitor(f"192.0.2.{number}", ""))
    with pytest.raises(TriedTooOften) as tried:
        await door.signing_in.sign_in(ANNA, PASSWORD, HERE)
    await door.clock.advance(WINDOW)

    assert WINDOW == tried.value.wait
    assert await door.signing_in.sign_in(ANNA, PASSWORD, HERE)


async def test_an_address_that_tries_many_accounts_waits(door: Door) -> None:
    for number in range(PER_ADDRESS):
        with pytest.raises(Invalid):
            await door.signing_in.sign_in(f"{number}@acme.example", "wrong", HERE)

    with pytest.raises(TriedTooOften):
        await door.signing_in.sign_in("another@acme.example", "wrong", HERE)
    assert await door.signing_in.sign_in(ANNA, PASSWORD, Visitor("192.0.2.99", ""))


async def test_signing_in_often_without_failing_is_no_offence(door: Door) -> None:
    for _ in range(PER_ADDRESS + 5):
        await door.signing_in.sign_in(ANNA, PASSWORD, HERE)


async def test_another_password_ends_every_other_session(door: Door) -> None:
    old = await door.signing_in.sign_in(ANNA, PASSWORD, HERE)
    there = await door.signing_in.who(old.secret)
    assert there is not None
    new = await door.signing_in.change_password(there, "snow falls on slate roofs", HERE)

    assert await door.signing_in.who(old.secret) is None
    assert await door.signing_in.who(new.secret) is not None
    with pytest.raises(Invalid):
        await door.signing_in.sign_in(ANNA, PASSWORD, HERE)


async def test_who_lost_his_password_gets_a_link_for_another(door: Door) -> None:
    link = (await door.operators.link("cli", ANNA))["link"].rpartition("/")[2]
    opened = await door.signing_in.accept(link, "", "", "snow falls on slate roofs", HERE)

    assert ANNA == opened.operator.email
    assert await door.signing_in.sign_in(ANNA, "snow falls on slate roofs", HERE)


async def test_new_accounts_are_refused_unless_the_settings_allow_them(door: Door) -> None:
    with pytest.raises(Refused, match="by invitation"):
        await door.signing_in.sign_up("eve@new.example", "Eve", "New", PASSWORD, HERE)

    assert {} == await door.tenants.names()


async def test_a_new_account_owns_its_own_tenant_and_nothing_else() -> None:
    door = open_door(sign_up=True)
    await door.owner()
    opened = await door.signing_in.sign_up("eve@new.example", "Eve", "New Ltd", PASSWORD, HERE)
    tenant = await door.tenants.find("New Ltd")

    assert {tenant.id: Role.OWNER} == opened.operator.access.roles


async def test_an_account_that_exists_is_not_made_again_and_leaves_no_tenant() -> None:
    door = open_door(sign_up=True)
    await door.owner()
    with pytest.raises(Refused):
        await door.signing_in.sign_up(ANNA, "Eve", "New Ltd", PASSWORD, HERE)

    assert {} == await door.tenants.names()


async def test_operators_are_listed_with_their_roles_and_never_with_a_password(door: Door) -> None:
    await door.tenants.create(ANNA, "acme")
    await door.invited("bob@acme.example", "approver", "acme")
    listed = await door.operators.list(ANNA)

    assert [{"tenant_id": None, "tenant": None, "role": "owner"}] == listed["operators"][0]["roles"]
    assert ["bob@acme.example"] == [each["email"] for each in listed["invitations"]]
    assert "argon2" not in str(listed)


async def test_an_operator_nobody_knows_is_not_found(door: Door) -> None:
    for change in (door.operators.remove(ANNA, "nobody"), door.operators.role(ANNA, "nobody", "viewer")):
        with pytest.raises(NotFound, match="operator list"):
            await change


async def key_of(door: Door, **given: Any) -> str:
    return str((await door.api_keys.create(ANNA, **given))["api_key"])


async def test_a_key_opens_until_it_is_revoked(door: Door) -> None:
    text = await key_of(door, role="auditor", description="export")
    found = await door.api_keys.authenticate(text, "192.0.2.7")
    assert found is not None
    used = (await door.api_keys.list(ANNA))["api_keys"][0]
    await door.api_keys.revoke(ANNA, found.id)

    assert (Role.AUDITOR, EVERYWHERE) == (found.role, found.tenant_id)
    assert "192.0.2.7" == used["last_used_from"]
    assert await door.api_keys.authenticate(text, None) is None


async def test_a_key_ends_on_its_day(door: Door) -> None:
    text = await key_of(door, expires_in_days=1)
    await door.clock.advance(86_400_000)

    assert await door.api_keys.authenticate(text, None) is None


@pytest.mark.parametrize(
    "spoil", [lambda key: key[:-1] + ("A" if key[-1] != "A" else "B"), lambda key: key.replace("key", "")]
)
async def test_no_other_text_is_a_key(door: Door, spoil: Any) -> None:
    assert await door.api_keys.authenticate(spoil(await key_of(door)), None) is None


@pytest.mark.parametrize(
    "given", [{"role": "god"}, {"expires_in_days": 0}, {"tenant": "nobody"}, {"description": "x" * 201}]
)
async def test_a_key_that_means_nothing_is_not_made(door: Door, given: Any) -> None:
    with pytest.raises(DomainError):
        await door.api_keys.create(ANNA, **given)

    assert [] == (await door.api_keys.list(ANNA))["api_keys"]


async def test_a_password_is_hashed_at_the_cost_the_library_recommends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passwords, "PasswordHasher", PasswordHasher)  # as it is outside the tests

    kept = await Argon2Passwords().hash("rain falls on tin roofs")

    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
