"""What every `OperatorStore` promises: who may come in, and how."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from syncline.gateway.domain.errors import Conflict, NotFound, Refused
from syncline.gateway.domain.operators import EVERYWHERE, Access, Operator, Role
from syncline.gateway.domain.sessions import SESSION_LIFE, ApiKey, Invitation, InvitationKind, Session
from syncline.gateway.services.ports import Actor, OperatorStore, Store
from tests.support.acme import START

ANNA = Actor("anna@acme.example", START)


def an_operator(email: str, operator_id: str, **roles: Role) -> Operator:
    places = {EVERYWHERE if place == "everywhere" else place: role for place, role in roles.items()}
    return Operator(
        id=operator_id,
        email=email,
        name=email.partition("@")[0].title(),
        access=Access(places),
        password="hash",
        created_at=START,
        created_by="anna",
    )


def a_link(link_id: str, **instead: object) -> Invitation:
    link = Invitation(
        id=link_id,
        fingerprint=bytes(32),
        kind=InvitationKind.INVITATION,
        email="bob@acme.example",
        roles={"t1": Role.APPROVER},
        operator_id=None,
        created_at=START,
        created_by="anna",
        expires_at=START + 1000,
    )
    return replace(link, **instead)  # type: ignore[arg-type]


def a_session(session_id: str, operator_id: str = "o1", at: int = START) -> Session:
    return Session(
        id=session_id,
        operator_id=operator_id,
        begun_at=at,
        fresh_at=at,
        seen_at=at,
        client="192.0.2.1",
        user_agent="browser",
    )


def a_key(key_id: str, operator_id: str | None = "o1") -> ApiKey:
    return ApiKey(
        id=key_id,
        tenant_id="t1",
        role=Role.AUDITOR,
        fingerprint=bytes(32),
        description="export",
        operator_id=operator_id,
        created_at=START,
        created_by="anna",
        expires_at=None,
    )


@pytest.fixture
async def store(gateway_store: Store) -> OperatorStore:
    """A store with one owner, Anna."""
    await gateway_store.operators.join(
        an_operator("anna@acme.example", "o1", everywhere=Role.OWNER), None, ANNA
    )
    return gateway_store.operators


async def actions(store: OperatorStore) -> list[str]:
    return [event.action for event in await store.operator_events(before="", limit=50)]


async def test_nobody_owns_an_empty_store(gateway_store: Store) -> None:
    assert not await gateway_store.operators.has_owner()


async def test_an_operator_is_found_by_id_and_by_email_in_any_case(store: OperatorStore) -> None:
    anna = an_operator("anna@acme.example", "o1", everywhere=Role.OWNER)

    assert await store.has_owner()
    assert [anna, anna] == [await store.operator("o1"), await store.operator_by_email("Anna@ACME.example")]
    assert await store.operator_by_email("bob@acme.example") is None


async def test_an_email_belongs_to_one_operator(store: OperatorStore) -> None:
    with pytest.raises(Conflict, match="already an operator"):
        await store.join(an_operator("ANNA@acme.example", "o2", t1=Role.VIEWER), None, ANNA)

    assert ["anna@acme.example"] == [each.email for each in await store.operators(after="", limit=10)]


async def test_operators_are_listed_by_email_page_by_page(store: OperatorStore) -> None:
    for number, name in enumerate(("Zoe", "bob", "Cleo"), start=2):
        await store.join(an_operator(f"{name}@acme.example", f"o{number}", t1=Role.VIEWER), None, ANNA)
    first = await store.operators(after="", limit=2)
    second = await store.operators(after=first[-1].email, limit=10)

    assert ["anna", "bob", "cleo", "zoe"] == [
        each.email.partition("@")[0].lower() for each in (*first, *second)
    ]


async def test_an_invitation_works_once_also_when_many_click_at_once(store: OperatorStore) -> None:
    await store.invite(a_link("l1"), ANNA)
    people = [an_operator(f"bob{number}@acme.example", f"b{number}", t1=Role.VIEWER) for number in range(10)]
    came = await asyncio.gather(*(store.join(each, "l1", ANNA) for each in people), return_exceptions=True)

    assert [None] == [each for each in came if not isinstance(each, Refused)]
    assert 2 == len(await store.operators(after="", limit=50))


@pytest.mark.parametrize("at", [START + 1000, START + 5000])
async def test_an_invitation_ends(store: OperatorStore, at: int) -> None:
    await store.invite(a_link("l1"), ANNA)
    with pytest.raises(Refused, match="ask for another"):
        await store.join(an_operator("bob@acme.example", "o2"), "l1", Actor("bob", at))

    assert [] == await store.invitations(at)


async def test_an_invitation_can_be_withdrawn_before_it_is_used(store: OperatorStore) -> None:
    await store.invite(a_link("l1"), ANNA)
    assert [a_link("l1")] == await store.invitations(START)
    await store.withdraw("l1", ANNA)

    with pytest.raises(NotFound):
        await store.withdraw("l1", ANNA)
    assert [] == await store.invitations(START)


async def test_a_new_link_for_the_first_owner_ends_the_one_before(gateway_store: Store) -> None:
    store = gateway_store.operators
    for link_id in ("l1", "l2"):
        await store.invite(a_link(link_id, kind=InvitationKind.FIRST_OWNER, email=None), ANNA)

    assert ["l2"] == [each.id for each in await store.invitations(START)]


async def test_there_is_one_first_owner(store: OperatorStore) -> None:
    await store.invite(a_link("l1", kind=InvitationKind.FIRST_OWNER, roles={EVERYWHERE: Role.OWNER}), ANNA)
    with pytest.raises(Conflict, match="an owner already"):
        await store.join(an_operator("eve@acme.example", "o2", everywhere=Role.OWNER), "l1", ANNA)

    assert await store.operator("o2") is None


async def test_a_role_is_given_changed_and_taken(store: OperatorStore) -> None:
    await store.join(an_operator("bob@acme.example", "o2"), None, ANNA)
    steps = [
        await store.give_role("o2", "t1", role, ANNA) for role in (Role.VIEWER, Role.ADMINISTRATOR, None)
    ]

    assert [{"t1": Role.VIEWER}, {"t1": Role.ADMINISTRATOR}, {}] == [each.access.roles for each in steps]
    assert 3 == (await actions(store)).count("operator.role")


async def test_the_last_owner_stays_an_owner(store: OperatorStore) -> None:
    for change in (
        store.give_role("o1", EVERYWHERE, Role.VIEWER, ANNA),
        store.give_role("o1", EVERYWHERE, None, ANNA),
        store.remove_operator("o1", ANNA),
    ):
        with pytest.raises(Refused, match="only owner"):
            await change

    assert await store.has_owner()


async def test_who_is_removed_leaves_no_way_back_in(store: OperatorStore) -> None:
    await store.join(an_operator("bob@acme.example", "o2", t1=Role.OWNER), None, ANNA)
    await store.open_session(a_session("s2", "o2"))
    await store.create_api_key(a_key("k2", "o2"), ANNA)
    await store.create_api_key(a_key("k1"), ANNA)
    await store.remove_operator("o2", ANNA)
    theirs, ours = await store.api_key("k2"), await store.api_key("k1")

    assert await store.operator("o2") is None
    assert await store.signed_in("s2") is None
    assert theirs is not None
    assert START == theirs.revoked_at
    assert ours is not None
    assert ours.revoked_at is None


async def test_a_key_ends_with_the_role_of_its_maker_that_it_has(store: OperatorStore) -> None:
    await store.join(an_operator("bob@acme.example", "o2", t1=Role.OWNER), None, ANNA)
    for key_id, role in (("k1", Role.OWNER), ("k2", Role.VIEWER)):
        await store.create_api_key(replace(a_key(key_id, "o2"), role=role, tenant_id="t1"), ANNA)
    await store.give_role("o2", "t1", Role.APPROVER, ANNA)
    ended = [await store.api_key(key_id) for key_id in ("k1", "k2")]

    assert [START, None] == [key and key.revoked_at for key in ended]


@pytest.mark.parametrize(
    ("role", "left"), [(Role.VIEWER, {"l1"}), (None, {"l1"}), (Role.OWNER, {"l1", "l2", "l3"})]
)
async def test_invitations_end_with_the_role_of_who_made_them(
    store: OperatorStore, role: Role | None, left: set[str]
) -> None:
    await store.join(an_operator("bob@acme.example", "o2", t1=Role.OWNER), None, ANNA)
    await store.create_api_key(
        replace(a_key("k1", "o2"), created_by="bob@acme.example", tenant_id="t1"), ANNA
    )
    for link_id, maker in (("l1", "anna@acme.example"), ("l2", "bob@acme.example"), ("l3", "api-key:k1")):
        await store.invite(a_link(link_id, created_by=maker), ANNA)
    await store.give_role("o2", "t1", role, ANNA)

    assert left == {each.id for each in await store.invitations(START)}


async def test_a_session_knows_its_operator_as_he_is_now(store: OperatorStore) -> None:
    await store.open_session(a_session("s1"))
    await store.give_role("o1", "t1", Role.VIEWER, ANNA)
    found = await store.signed_in("s1")

    assert found is not None
    assert a_session("s1") == found.session
    assert {EVERYWHERE: Role.OWNER, "t1": Role.VIEWER} == found.operator.access.roles
    assert START == found.operator.last_signed_in_at


async def test_a_session_is_noted_and_ended(store: OperatorStore) -> None:
    await store.open_session(a_session("s1"))
    await store.note_session("s1", seen_at=START + 5, fresh_at=START + 4)
    found = await store.signed_in("s1")
    await store.end_session("s1")
    await store.note_session("s1", seen_at=START + 9)

    assert found is not None
    assert (START + 5, START + 4) == (found.session.seen_at, found.session.fresh_at)
    assert await store.signed_in("s1") is None


async def test_signing_out_everywhere_and_a_new_password_end_every_session(store: OperatorStore) -> None:
    for end in (store.end_sessions("o1", ANNA), store.set_password("o1", "other", ANNA)):
        await store.open_session(a_session("s1"))
        await store.open_session(a_session("s2"))
        await end
        assert [None, None] == [await store.signed_in("s1"), await store.signed_in("s2")]

    anna = await store.operator("o1")
    assert anna is not None
    assert "other" == anna.password


async def test_sessions_that_are_over_are_forgotten_at_the_next_sign_in(store: OperatorStore) -> None:
    await store.open_session(a_session("s1"))
    await store.open_session(a_session("s2", at=START + SESSION_LIFE))

    assert await store.signed_in("s1") is None


async def test_a_link_for_a_new_password_works_once_for_its_operator(store: OperatorStore) -> None:
    link = a_link("l1", kind=InvitationKind.NEW_PASSWORD, operator_id="o1", roles={})
    await store.invite(link, ANNA)
    assert "o1" == await store.change_password_by_link("l1", "new", ANNA)

    with pytest.raises(Refused):
        await store.change_password_by_link("l1", "newer", ANNA)


async def test_a_key_is_kept_used_and_revoked_once(store: OperatorStore) -> None:
    await store.create_api_key(a_key("k1"), ANNA)
    await store.note_api_key_use("k1", START + 1, "192.0.2.9")
    for at in (START + 2, START + 3):
        await store.revoke_api_key("k1", Actor("anna", at))

    used = {"last_used_at": START + 1, "last_used_from": "192.0.2.9", "revoked_at": START + 2}
    assert [replace(a_key("k1"), **used)] == await store.api_keys()  # type: ignore[arg-type]


async def test_a_key_nobody_made_cannot_be_revoked(store: OperatorStore) -> None:
    with pytest.raises(NotFound):
        await store.revoke_api_key("k1", ANNA)


async def test_what_changed_is_told_newest_first_page_by_page(store: OperatorStore) -> None:
    for number in range(3):
        await store.invite(a_link(f"l{number}"), Actor("anna", START + 1 + number))
    first = await store.operator_events(before="", limit=2)
    rest = await store.operator_events(before=first[-1].id, limit=10)

    assert [3, 2, 1, 0] == [each.at - START for each in (*first, *rest)]
    assert {"kind": "invitation", "email": "bob@acme.example", "roles": {"t1": "approver"}} == first[0].detail
