"""What would run, or lie, if it were anything but text: in every attribute, on every page and in every file."""

from __future__ import annotations

import csv
import io
import json
import re

import aiohttp
import pytest

from tests.support.console import Browser, World

SCRIPT = "<script>alert(1)</script>"
CANARIES = (SCRIPT, '=HYPERLINK("http://evil.example")', "+1+1", "@SUM(A1)\u202etxt.exe")
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def _seen(canary: str) -> str:
    """Return the part of a canary that a userName may have: what is invisible is refused at the door."""
    return canary.replace("\u202e", "")


@pytest.fixture
async def tenant(world: World) -> tuple[str, Browser]:
    """A tenant whose people, groups, rules and tokens are all canaries, and its owner's browser."""
    anna = await world.owner()
    tenant = await world.tenant(f"Acme {SCRIPT}")
    token = (await world.run("token.create", tenant=tenant, description=CANARIES[3]))["token"]
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        for number, canary in enumerate(CANARIES):
            body = {
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
                "userName": f"{_seen(canary)}{number}",
                "displayName": canary,
                "nickName": "\n=1+1",
                "name": {"givenName": canary, "familyName": canary},
                "title": f"{canary}\r\nSet-Cookie: x=y",
                "roles": [{"value": canary}],
                "emails": [{"value": f'"{SCRIPT}"{number}@acme.example', "type": "work", "primary": True}],
                ENTERPRISE: {"department": canary},
            }
            async with session.post(f"{world.base}/scim/v2/Users", json=body) as answer:
                assert 201 == answer.status, await answer.text()
                user_id = (await answer.json())["id"]
            group = {
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                "displayName": f"{canary}{number}",
                "members": [{"value": user_id}],
            }
            async with session.post(f"{world.base}/scim/v2/Groups", json=group) as answer:
                assert 201 == answer.status
    return tenant, anna


async def test_every_page_shows_them_as_text(world: World, tenant: tuple[str, Browser]) -> None:
    here, anna = tenant
    people = (await world.run("users.list", tenant=here))["users"]
    groups = (await world.run("groups.list", tenant=here))["groups"]
    assert 4 == len(people) == len(groups)
    places = [
        "overview",
        "set-up",
        "people",
        "people?state=held",
        "drift",
        "groups",
        *(f"groups/{each['id']}" for each in groups),
        *(f"person?user={each['id']}" for each in people),
        "approvals",
        "plan",
        "log",
        *(f"log/{seq}" for seq in range(1, 9)),
        "settings",
    ]
    for place in places:
        separator = "&" if "?" in place else "?"
        seen = await anna.open(
            f"/tenants/{here}/{place}{separator}search=%3Cscript%3E&user=%22%3E%3Cscript%3E"
            if "person" not in place
            else f"/tenants/{here}/{place}"
        )

        assert 200 == seen.status, place
        assert "<script>" not in seen.text, place
        assert "\u202e" not in seen.text, place
        assert "Set-Cookie: x=y" not in str(seen.headers), place


async def test_no_cell_of_the_log_is_a_formula_and_nothing_in_it_is_invisible(
    tenant: tuple[str, Browser],
) -> None:
    here, anna = tenant
    seen = await anna.open(f"/tenants/{here}/log/export?format=csv")
    rows = list(csv.reader(io.StringIO(seen.text, newline="")))

    assert 9 == len(rows)
    assert [] == [
        cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    ]
    assert "\u202e" not in seen.text
    assert "attachment" in seen.headers["content-disposition"]
    assert "text/csv; charset=utf-8" == seen.headers["content-type"]


async def test_the_log_as_json_is_whole(tenant: tuple[str, Browser]) -> None:
    here, anna = tenant
    seen = await anna.open(f"/tenants/{here}/log/export?format=json")
    narrowed = await anna.open(f"/tenants/{here}/log/export?format=json&kind=group")
    nothing = await anna.open(f"/tenants/{here}/log/export?format=json&kind=none")

    assert list(range(8, 0, -1)) == [each["seq"] for each in json.loads(seen.text)]
    assert {"group.created"} == {each["kind"] for each in json.loads(narrowed.text)}
    assert [] == json.loads(nothing.text)


async def test_a_row_of_the_stream_is_text_and_one_message(world: World, tenant: tuple[str, Browser]) -> None:
    here, anna = tenant
    async with anna.session.get(f"{world.base}/tenants/{here}/log/stream?after=0") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        read = ""
        while "id: 8\n\n" not in read:
            read += (await answer.content.readany()).decode()

    assert "<script>" not in read
    assert "\u202e" not in read
    assert [str(seq) for seq in range(1, 9)] == re.findall(r"id: (\d+)\ndata", read)
    assert all(line.startswith(("data: ", "id: ", "retry: ", ": ")) or not line for line in read.split("\n"))
