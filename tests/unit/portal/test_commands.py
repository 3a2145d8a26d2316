"""Commands over rows in memory: what they leave behind, and that a refused one leaves nothing."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from syncline.portal.domain.account import Account, Flags
from syncline.portal.domain.errors import HubSpotError, SetupError
from syncline.portal.domain.requests import PublicUserUpdate, UserProvisionRequest
from syncline.portal.domain.tokens import TokenKind, fingerprint
from syncline.portal.store.commands.accounts import ChangeAccount, NewToken, OpenAccount
from syncline.portal.store.commands.scim import Provision, Release, Rewrite
from syncline.portal.store.commands.users import CreateUser, RemoveUser, UpdateUser
from syncline.portal.store.tables import account_users, identities, metadata, scim_resources, tokens
from syncline.scim.errors import ScimError
from syncline.scim.resource import Resource
from syncline.sql.memory import MemoryRows

NOW = 1_000


def opened(rows: MemoryRows, name: str = "acme", **settings: Any) -> int:
    account = Account(portal_id=0, name=name, created_at=NOW, **settings)
    token = NewToken(TokenKind.API, f"token of {name}", ("oauth",))
    return rows.run(OpenAccount(account, (f"{name}.example",), (token,))).portal_id


def create(rows: MemoryRows, portal_id: int, email: str, **fields: Any) -> int:
    request = UserProvisionRequest(email=email, **fields)
    return rows.run(CreateUser(portal_id=portal_id, request=request, may_bill=False, now=NOW)).id


def resource(user_name: str, **attributes: Any) -> Resource:
    return {"schemas": [], "userName": user_name, **attributes}


def everything(rows: MemoryRows) -> Any:
    return copy.deepcopy({table.name: rows._rows(table) for table in metadata.sorted_tables})


def test_an_account_gets_numbers_that_nobody_has() -> None:
    rows = MemoryRows()

    first, second = opened(rows, "one"), opened(rows, "two")

    assert first != second
    assert "token of one" not in str(everything(rows))
    row = rows.get(tokens, fingerprint("token of one"))
    assert row is not None
    assert first == row["portal_id"]


def test_a_name_that_is_taken_opens_nothing() -> None:
    rows = MemoryRows()
    opened(rows, "acme")
    before = everything(rows)

    with pytest.raises(SetupError, match="exists already"):
        opened(rows, "ACME")
    assert before == everything(rows)


def test_changing_an_account_that_does_not_exist_says_so() -> None:
    with pytest.raises(SetupError, match="no account named"):
        MemoryRows().run(ChangeAccount("nobody", {}, (), NOW))


def test_one_identity_serves_every_account_and_outlives_removal() -> None:
    rows = MemoryRows()
    one, two = opened(rows, "one"), opened(rows, "two")
    here, there = create(rows, one, "ada@x.example"), create(rows, two, "ADA@x.example")

    rows.run(RemoveUser(portal_id=one, key=here, now=NOW))
    rows.run(RemoveUser(portal_id=two, key="ada@x.example", now=NOW))

    assert here == there == create(rows, one, "Ada@X.example")
    assert 1 == len([row for row in rows._rows(identities).values() if row["email_key"] == "ada@x.example"])


def test_an_email_changed_by_scim_changes_in_every_account() -> None:
    rows = MemoryRows()
    one, two = opened(rows, "one"), opened(rows, "two")
    user_id = create(rows, two, "ada@one.example")
    stored = rows.run(Provision(portal_id=one, resource=resource("ada@one.example"), now=NOW))

    rows.run(
        Rewrite(
            portal_id=one,
            scim_id=stored.id,
            change=lambda current: {**current, "userName": "countess@one.example"},
            if_match=None,
            now=NOW,
        )
    )

    row = rows.get(account_users, two, user_id)
    assert row is not None
    assert "countess@one.example" == row["email"]


def test_removing_a_managed_user_removes_what_scim_said() -> None:
    rows = MemoryRows()
    portal_id = opened(rows)
    rows.run(Provision(portal_id=portal_id, resource=resource("ada@acme.example"), now=NOW))
    assert 1 == len(rows._rows(scim_resources))

    rows.run(RemoveUser(portal_id=portal_id, key="ada@acme.example", now=NOW))

    assert {} == rows._rows(scim_resources)


def test_removing_somebody_twice_or_never_there_changes_nothing() -> None:
    rows = MemoryRows()
    portal_id = opened(rows)
    user_id = create(rows, portal_id, "ada@acme.example")
    rows.run(RemoveUser(portal_id=portal_id, key=user_id, now=NOW))
    before = everything(rows)

    for key in (user_id, "ada@acme.example", "nobody@acme.example", 5):
        rows.run(RemoveUser(portal_id=portal_id, key=key, now=NOW + 1))

    assert before == everything(rows)


def test_an_update_that_says_what_is_there_writes_nothing() -> None:
    rows = MemoryRows()
    portal_id = opened(rows)
    user_id = create(rows, portal_id, "ada@acme.example", first_name="Ada")
    before = everything(rows)

    request = PublicUserUpdate(first_name="Ada", secondary_team_ids=[])
    rows.run(UpdateUser(portal_id=portal_id, key=user_id, request=request, may_bill=False, now=NOW + 1))

    assert before == everything(rows)


def test_a_refused_command_leaves_nothing_behind() -> None:
    rows = MemoryRows()
    portal_id = opened(rows, flags=Flags(scim_matches_members=False))
    create(rows, portal_id, "ada@acme.example")
    managed = rows.run(Provision(portal_id=portal_id, resource=resource("bob@acme.example"), now=NOW))
    before = everything(rows)
    commands: list[Any] = [
        CreateUser(
            portal_id=portal_id,
            request=UserProvisionRequest(email="new@acme.example", role_id="1"),
            may_bill=True,
            now=NOW,
        ),
        RemoveUser(portal_id=portal_id, key="admin@acme.example", now=NOW),
        Provision(portal_id=portal_id, resource=resource("x@evil.example"), now=NOW),
        Provision(portal_id=portal_id, resource=resource("BOB@acme.example"), now=NOW),
        Rewrite(
            portal_id=portal_id,
            scim_id=managed.id,
            change=lambda current: {**current, "userName": "ada@acme.example"},
            if_match=None,
            now=NOW,
        ),
        Release(portal_id=portal_id, scim_id=managed.id, if_match=99, now=NOW),
        Release(portal_id=portal_id, scim_id="nobody", if_match=None, now=NOW),
    ]

    for command in commands:
        with pytest.raises((HubSpotError, ScimError)):
            rows.run(command)
        assert before == everything(rows)
