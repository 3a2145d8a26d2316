"""Nothing crosses tenants: what belongs to another tenant answers as what does not exist."""

from __future__ import annotations

import ast
import re
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select, Table
from sqlalchemy.sql.selectable import CompoundSelect

import syncline.gateway
from syncline.gateway.domain.errors import Conflict, NotFound
from syncline.gateway.store import (
    operator_statements,
    reading_statements,
    seeking_statements,
    statements,
    upkeep_statements,
)
from syncline.gateway.store.removal_statements import KEYS_OF_TENANT, NEXT_TENANT
from syncline.gateway.store.tables import metadata
from syncline.scimserver.routes import ROUTES
from tests.support.clock import LeapingClock
from tests.support.scim import GROUP, PATCH, USER, Answer
from tests.support.tenants import TenantOf, new_tenant
from tests.support.world import TENANT, gateway, world

DAY = 86_400_000
SAME = {"externalId": "x-1", "emails": [{"value": "ada@shared.example", "type": "work"}]}


@dataclass
class TwoTenants:
    """Two tenants of one gateway; each has a user and a group with him in it."""

    clock: LeapingClock
    a: TenantOf
    b: TenantOf
    ids: dict[str, str] = field(default_factory=dict)


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[TwoTenants]:
    clock = LeapingClock()
    async with gateway(tmp_path, clock) as opened:
        two = TwoTenants(clock, await new_tenant(opened, "a"), await new_tenant(opened, "b"))
        await two.a.scim.create_user("someone@a.example")
        two.ids["User"] = await two.b.scim.create_user(
            "bob@b.example", externalId="x-b", emails=[{"value": "bob@b.example"}]
        )
        two.ids["Group"] = await two.b.scim.create_group("B's people", two.ids["User"])
        yield two


BODIES: dict[str, dict[str, Any]] = {
    "/Users": {"schemas": [USER], "userName": "new@a.example"},
    "/Groups": {"schemas": [GROUP], "displayName": "New", "members": []},
}
PATCHES: dict[str, dict[str, Any]] = {
    "/Users": {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": False}]},
    "/Groups": {"schemas": [PATCH], "Operations": [{"op": "remove", "path": "members"}]},
}
ID_ROUTES = [
    (method, route.path.removesuffix("/{id}"))
    for route in ROUTES
    if route.path.endswith("/{id}") and route.path.startswith(("/Users", "/Groups"))
    for method in [*route.endpoints, "HEAD"]
]
HEADERS: list[dict[str, str]] = [
    {},
    {"If-Match": 'W/"1"'},
    {"If-Match": 'W/"9"'},
    {"If-None-Match": 'W/"1"'},
    {"If-None-Match": "*"},
]
PATHS = (("User", "/Users"), ("Group", "/Groups"))
QUERIES = ["", "?attributes=members,userName", "?excludedAttributes=members"]


def told(answer: Answer, asked_for: str) -> tuple[int, dict[str, str], bytes]:
    """Return all a client learns from an answer; what it said itself, and the correlation id, left out."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-correlation-id"}
    return answer.status, headers, answer.body.replace(asked_for.encode(), b"{id}")


def test_the_walk_covers_every_route_that_takes_an_id() -> None:
    assert {(method, path) for method in ("GET", "PUT", "PATCH", "DELETE", "HEAD") for path in BODIES} == set(
        ID_ROUTES
    )


@pytest.mark.parametrize(("method", "path"), ID_ROUTES)
async def test_a_foreign_id_answers_byte_for_byte_as_a_random_one(
    both: TwoTenants, method: str, path: str
) -> None:
    body = {"PUT": BODIES, "PATCH": PATCHES}.get(method, {}).get(path)
    before = [(await both.b.scim.get(f"{each}/{both.ids[kind]}")).body for kind, each in PATHS]
    for foreign in both.ids.values():
        for headers in HEADERS:
            for query in QUERIES:
                random = str(uuid.uuid4())
                expected, actual = [
                    told(
                        await both.a.scim.request(method, f"{path}/{each}{query}", body, headers=headers),
                        each,
                    )
                    for each in (random, foreign)
                ]
                assert expected == actual, (headers, query)
                assert 404 == actual[0]
    assert before == [(await both.b.scim.get(f"{each}/{both.ids[kind]}")).body for kind, each in PATHS]


async def test_lists_and_filters_show_nothing_foreign(both: TwoTenants) -> None:
    user, group = both.ids["User"], both.ids["Group"]
    filters = {
        "/Users": [
            f'id eq "{user}"',
            'userName eq "bob@b.example"',
            'userName eq "BOB@B.EXAMPLE"',
            'externalId eq "x-b"',
            'emails.value eq "bob@b.example"',
            'emails[value eq "bob@b.example"]',
            'userName sw "bob"',
            f'groups.value eq "{group}"',
            'userName pr and not (userName eq "someone@a.example")',
        ],
        "/Groups": [
            f'id eq "{group}"',
            'displayName eq "B\'s people"',
            f'members.value eq "{user}"',
            f'members[value eq "{user}"]',
            "displayName pr",
        ],
    }
    for path, texts in filters.items():
        for text in texts:
            body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": text}
            answer = await both.a.scim.post(f"{path}/.search", body)
            assert (200, 0) == (answer.status, answer.document["totalResults"]), text
    listed = (await both.a.scim.get("/Users")).document
    assert (1, ["someone@a.example"]) == (
        listed["totalResults"],
        [each["userName"] for each in listed["Resources"]],
    )
    assert 0 == (await both.a.scim.get("/Groups")).document["totalResults"]


async def test_both_tenants_may_have_the_same_names(both: TwoTenants) -> None:
    ours = await both.a.scim.create_user("ada@shared.example", **SAME)
    theirs = await both.b.scim.create_user("ada@shared.example", **SAME)
    assert ours != theirs
    for tenant, own in ((both.a, ours), (both.b, theirs)):
        found = await tenant.scim.get("/Users?filter=userName%20eq%20%22ada@shared.example%22")
        assert [own] == [each["id"] for each in found.document["Resources"]]


async def test_a_foreign_id_as_a_member_links_nothing(both: TwoTenants) -> None:
    foreign = both.ids["User"]
    group = await both.a.scim.create_group("Ours", foreign)

    (member,) = (await both.a.scim.get(f"/Groups/{group}")).document["members"]
    assert "bob" not in str(member)
    groups = (await both.b.scim.get(f"/Users/{foreign}")).document["groups"]
    assert [both.ids["Group"]] == [each["value"] for each in groups]
    assert 204 == (await both.b.scim.delete(f"/Users/{foreign}")).status
    assert [foreign] == [
        each["value"] for each in (await both.a.scim.get(f"/Groups/{group}")).document["members"]
    ]


async def test_only_the_path_says_which_resource_is_meant(both: TwoTenants) -> None:
    """Neither an id in the body, nor an externalId that looks like an id, leads anywhere else."""
    own = await both.a.scim.create_user("own@a.example", externalId=both.ids["User"])
    other = await both.a.scim.create_user("other@a.example", externalId=own)
    before = (await both.b.scim.get(f"/Users/{both.ids['User']}")).body
    for victim in (both.ids["User"], other):
        body = {"schemas": [USER], "id": victim, "userName": "own@a.example", "nickName": "Changed"}
        answer = await both.a.scim.put(f"/Users/{own}", body)
        assert answer.status == 400 or own == answer.document["id"], answer.body
        await both.a.scim.patch(f"/Users/{own}", {"op": "replace", "value": {"id": victim, "title": "x"}})
        assert "Changed" not in (await both.a.scim.get(f"/Users/{other}")).body.decode()
    assert before == (await both.b.scim.get(f"/Users/{both.ids['User']}")).body
    assert 404 == (await both.a.scim.get(f"/Users/{both.ids['User']}")).status
    assert "own@a.example" == (await both.a.scim.get(f"/Users/{own}")).document["userName"]


async def test_a_token_opens_its_own_tenant_and_no_other(both: TwoTenants) -> None:
    for tenant, name in ((both.a, "someone@a.example"), (both.b, "bob@b.example")):
        listed = (await tenant.scim.get("/Users")).document["Resources"]
        assert [name] == [each["userName"] for each in listed]
    ours, theirs = both.a.token.split("_", 2), both.b.token.split("_", 2)
    mixed = [
        "_".join([*theirs[:2], ours[2]]),
        "_".join([*ours[:2], theirs[2]]),
        both.a.token_id,
        both.a.token[:-1] + ("a" if both.a.token[-1] != "a" else "b"),
    ]
    for token in mixed:
        client = both.a.scim
        client.token = token
        assert 401 == (await client.get("/Users")).status


async def test_a_revoked_token_stops_with_the_next_request(both: TwoTenants) -> None:
    second = await both.a.run("token.create")
    await both.a.run("token.revoke", token_id=both.a.token_id)
    assert 401 == (await both.a.scim.get("/Users")).status
    both.a.token = second["token"]
    assert 200 == (await both.a.scim.get("/Users")).status


async def test_an_expired_token_stops_at_its_moment(both: TwoTenants) -> None:
    made = await both.a.run("token.create", expires_in_days=1)
    both.a.token = made["token"]
    both.clock.leap(DAY - 1)
    assert 200 == (await both.a.scim.get("/Users")).status
    both.clock.leap(1)
    assert 401 == (await both.a.scim.get("/Users")).status


async def test_a_token_is_revoked_by_its_own_tenant_only(both: TwoTenants) -> None:
    with pytest.raises(NotFound):
        await both.b.run("token.revoke", token_id=both.a.token_id)
    assert 200 == (await both.a.scim.get("/Users")).status


async def test_operators_of_one_tenant_meet_nothing_of_another(both: TwoTenants) -> None:
    user, group = both.ids["User"], both.ids["Group"]
    for operation, arguments in (
        ("users.show", {"user": user}),
        ("users.show", {"user": "bob@b.example"}),
        ("users.release", {"user": "bob@b.example"}),
        ("groups.show", {"group": group}),
        ("rule.remove", {"rule_id": "r1"}),
    ):
        with pytest.raises(NotFound):
            await both.a.run(operation, **arguments)
    assert [] == (await both.a.run("users.list", search="bob"))["users"]
    assert [] == (await both.a.run("events.list", user=user))["events"]
    assert "bob" not in str(await both.a.run("events.list"))


async def test_a_hubspot_account_belongs_to_one_tenant(tmp_path: Path) -> None:
    async with world(tmp_path) as made:
        other = await new_tenant(made.gateway, "other")
        credentials = made.hubspot.credentials
        before = await made.run("connection.show", tenant=TENANT)
        with pytest.raises(Conflict, match="another tenant"):
            await other.run(
                "connection.set", base_url=made.hubspot.url, access_token=credentials["access_token"]
            )
        with pytest.raises(NotFound):
            await other.run("connection.show")
        assert before == await made.run("connection.show", tenant=TENANT)


OWNED = [table for table in metadata.sorted_tables if "tenant_id" in table.columns]
KEYED_OTHERWISE = {"scim_tokens", "api_keys"}
"""A token, or a key, names its tenant, so it is found before one is known."""
OF_OPERATORS = {"operators", "invitations", "sessions", "operator_events"}
OF_NO_TENANT = {"tenants", "installation"} | OF_OPERATORS
"""The list of tenants, what the installation as a whole remembers, and its operators."""
FOUND_ACROSS_TENANTS = {
    ("connections", "portal_id"),
    ("tenants", "name_key"),
    ("authorizations", "state_fingerprint"),
    ("operators", "email_key"),
    ("operator_roles", "operator_id"),
    ("invitations", "kind"),
    ("invitations", "operator_id"),
    ("invitations", "expires_at"),
    ("sessions", "operator_id"),
    ("api_keys", "operator_id"),
}
"""What names a tenant or is unique among all, and what is an operator's: no tenant's people are in it."""


def test_every_table_belongs_to_a_tenant_but_for_these() -> None:
    assert OF_NO_TENANT >= {table.name for table in metadata.sorted_tables} - {table.name for table in OWNED}


@pytest.mark.parametrize("table", OWNED, ids=str)
def test_the_tenant_comes_first_in_every_key(table: Table) -> None:
    assert not table.c.tenant_id.nullable
    assert table.c.tenant_id.default is None
    assert table.c.tenant_id.server_default is None
    first = next(iter(table.primary_key.columns)).name
    assert ("tenant_id" == first) is (table.name not in KEYED_OTHERWISE)


def test_the_tenant_comes_first_in_every_look_up() -> None:
    found = {
        (table.name, next(iter(columns)))
        for table in metadata.sorted_tables
        for columns in [
            *table.info.get("lookups", ()),
            *([column.name for column in index.columns] for index in table.indexes),
        ]
    }
    assert FOUND_ACROSS_TENANTS >= {pair for pair in found if pair[1] != "tenant_id"}


ACROSS_TENANTS = {
    "TENANT_BY_NAME",
    "ALL_TENANTS",
    "TENANTS_AFTER",
    "TOKENS_BY_ID",
    "DUE_TENANTS",
    "READINGS_DUE",
    "FACT",
}
STATEMENTS = {
    name: value
    for module in (statements, reading_statements, seeking_statements, upkeep_statements)
    for name, value in vars(module).items()
    if isinstance(value, Select | CompoundSelect)
}


def test_the_statements_that_name_no_tenant_are_these() -> None:
    assert ACROSS_TENANTS == {name for name, each in STATEMENTS.items() if ":tenant_id" not in str(each)}


@pytest.mark.parametrize("name", sorted(STATEMENTS.keys() - ACROSS_TENANTS))
def test_every_table_a_statement_reads_is_tied_to_the_tenant(name: str) -> None:
    text = str(STATEMENTS[name])
    tied = set(re.findall(r"(\w+)\.tenant_id = :tenant_id", text))
    tied |= set(re.findall(r"(tenants)\.id = :tenant_id", text))
    for one, other in re.findall(r"(\w+)\.tenant_id = (\w+)\.tenant_id", text):
        tied |= {one, other} if tied & {one, other} else set()
    read = set(re.findall(r"(?:FROM|JOIN) (\w+)", text))
    assert read
    assert read == tied


def test_the_statements_about_operators_read_nothing_of_a_tenant() -> None:
    theirs = OF_OPERATORS | {"operator_roles", "api_keys"}
    found = [each for each in vars(operator_statements).values() if isinstance(each, Select)]
    read = {table for each in found for table in re.findall(r"(?:FROM|JOIN) (\w+)", str(each))}

    assert len(found) > 8
    assert theirs == read


def test_the_statements_of_a_deletion_read_one_tenant_or_nothing_but_ids() -> None:
    for table, statement in KEYS_OF_TENANT.items():
        assert f"WHERE {table.name}.tenant_id = :tenant_id" in str(statement)
    for table, statement in NEXT_TENANT.items():
        assert str(statement).startswith(f"SELECT min({table.name}.tenant_id)")


WHOLE_DATABASES = {"store/moving.py", "store/checking.py", "store/recounting.py"}
"""These copy, compare and count databases, every row of every table; nothing of a tenant's requests comes near them."""


def test_there_are_no_statements_anywhere_else() -> None:
    """What is read is read by the modules of statements, where the tests above look."""
    root = Path(syncline.gateway.__file__).parent
    rooms = (
        "statements.py",
        "reading_statements.py",
        "seeking_statements.py",
        "upkeep_statements.py",
        "operator_statements.py",
        "removal_statements.py",
    )
    allowed = {root / "store" / room for room in rooms}
    makers = {"select", "text", "insert", "update", "delete", "literal_column", "exists"}
    found = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if path not in allowed and "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
        if makers & {alias.name for alias in node.names}
    }
    assert WHOLE_DATABASES >= found
