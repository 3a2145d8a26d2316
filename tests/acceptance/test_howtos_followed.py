"""The how-tos are true: what they say is typed word for word, on real servers, in a new folder."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp

from tests.acceptance.test_cli import connect, provision
from tests.integration.portal.browser import Browser
from tests.support.followed import blocks, kept, on_free_ports, replaced, typed
from tests.support.patience import PATIENCE_SECONDS
from tests.support.programs import Syncline, wait_for

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PORTAL, GATEWAY = "syncline portal serve --port 8090 &", "syncline serve --port 8080 &"


def by_oauth() -> str:
    """Return the commands of the how-to, with what is printed copied and what is asked for pasted."""
    create = "syncline portal account create acme --with-scim"
    app = "  --optional-scope settings.billing.write"
    authorize = "syncline connection authorize acme"
    return on_free_ports(
        replaced(
            "\n".join(blocks("docs/howto/connect-hubspot-by-oauth.md", "Try it without HubSpot")),
            {
                create: kept(create, "account.json", SCIM_TOKEN="scim_token"),
                PORTAL: PORTAL.replace("&", ">portal.log 2>&1 &\nwait_for data/portal.json"),
                GATEWAY: GATEWAY.replace("&", ">gateway.log 2>&1 &\nwait_for data/server.json"),
                app: kept(app, "app.json", ID="client_id", SECRET="client_secret"),
                authorize: 'printf "%s\\n" "$SECRET" | ' + authorize,
                "--client-id ID --client-secret -": '--client-id "$ID" --client-secret - 2>authorize.txt',
                "syncline connection set": 'printf "%s\\n" "$SCIM_TOKEN" | syncline connection set',
                "syncline connection check acme": "syncline connection check acme --json > check.json",
            },
        )
    )


async def allow(address: str, password: str) -> str:
    """Do what the person with the browser does, and return the page he ends on."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        browser = Browser(session, address)
        page = await browser.sign_in("admin@acme.example", password)
        location = (await browser.approve(page)).location
        async with session.get(location) as answer:
            return await answer.text()


def test_whoever_follows_the_howto_connects_by_oauth(tmp_path: Path) -> None:
    printed = tmp_path / "authorize.txt"

    def address() -> str | None:
        lines = printed.read_text().splitlines() if printed.exists() else []
        return next((line.strip() for line in lines if line.startswith("http")), None)

    with typed(by_oauth(), tmp_path) as process:
        opened = wait_for(lambda: address() or process.poll() is not None, "no address was printed")
        assert opened is not True, process.communicate()
        password = json.loads((tmp_path / "account.json").read_text())["admin_password"]
        page = asyncio.run(allow(opened, password))
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)

    assert 0 == process.returncode, output
    assert "admin@acme.example granted it" in page
    report = json.loads((tmp_path / "check.json").read_text())
    assert ([True, True], [], True) == (
        [channel["ok"] for channel in report["channels"]],
        report["missing"],
        report["same_account"],
    )


def back_up() -> str:
    page = "docs/howto/back-up-and-restore.md"
    backup, key, _postgresql = blocks(page, "Back up")
    return replaced("\n".join((backup, key)), {"/var/backups": "backups", "/somewhere/else": "elsewhere"})


def restore() -> str:
    (commands,) = blocks("docs/howto/back-up-and-restore.md", "Restore")
    return replaced(
        commands,
        {
            "/var/backups": "backups",
            "/somewhere/else": "elsewhere",
            "syncline serve --data data": "",  # by the test, which must know where it listens
        },
    )


def rehearse(archive: str) -> str:
    (commands,) = blocks("docs/howto/back-up-and-restore.md", "Rehearse it")
    return replaced(
        commands, {"backups/syncline-20261121-021500.tar": archive, "/somewhere/else": "elsewhere"}
    )


def run(script: str, folder: Path) -> str:
    with typed('export SYNCLINE_DATA="$PWD/data"\n' + script, folder) as process:
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert 0 == process.returncode, output
    return str(output)


def changes(syncline: Syncline) -> dict[str, str]:
    """Return what the plan would do, and to whom."""
    plan = syncline.json("plan", "show", "acme")
    return {each["email"]: each["kind"] for each in plan["people"] if each["kind"] != "unchanged"}


def test_whoever_follows_the_howto_gets_everything_back_and_a_plan_without_surprise(tmp_path: Path) -> None:
    for folder in ("backups", "elsewhere"):
        (tmp_path / folder).mkdir()
    hubspot, syncline = Syncline(tmp_path / "portal"), Syncline(tmp_path / "data")
    with hubspot.portal():
        account = hubspot.json("portal", "account", "create", "acme", "--with-scim")
        with syncline.gateway() as server:
            people, token = five_people_delivered(syncline, server.address, account)
            run(back_up(), tmp_path)
            leaver = people["user0@acme.example"]
            deactivate(server.address, token, leaver)
            wait_for(lambda: standing(hubspot, "user0@acme.example") == "deactivated", "he never left")
        run("rm -r data\n" + restore(), tmp_path)
        run(rehearse("backups/syncline.tar"), tmp_path)
        with syncline.gateway() as server:
            assert "plan" == syncline.json("tenant", "show", "acme")["mode"]
            before_the_cycle = held(syncline)
            deactivate(server.address, token, leaver)  # what a full cycle of the identity provider says again
            planned = changes(syncline)
            syncline.json("plan", "approve", "acme")
            syncline.json("tenant", "mode", "acme", "live")
            provision(f"{server.address}/scim/v2", token, user(5))
            wait_for(lambda: in_step(syncline) == 6, "it did not go on")
        standings = {name: standing(hubspot, name) for name in [*people, "user5@acme.example"]}

    assert {"user0@acme.example": "deactivated-at-hubspot"} == before_the_cycle
    assert {} == planned
    expected = dict.fromkeys(standings, "active") | {"user0@acme.example": "deactivated"}
    assert expected == standings


def user(number: int) -> dict[str, Any]:
    return {"schemas": [USER], "userName": f"user{number}@acme.example"}


def five_people_delivered(
    syncline: Syncline, address: str, account: dict[str, Any]
) -> tuple[dict[str, str], str]:
    """Connect, go live, provision; returns the SCIM ids by e-mail, and the SCIM token."""
    syncline.json("tenant", "create", "acme")
    token = syncline.json("token", "create", "acme")["token"]
    syncline.json(*connect(account))
    syncline.json("policy", "set", "acme", "--deactivated", "deactivate")
    syncline.json("plan", "approve", "acme")
    syncline.json("tenant", "mode", "acme", "live")
    created = [provision(f"{address}/scim/v2", token, user(number)) for number in range(5)]
    wait_for(lambda: in_step(syncline) == 5, "they never arrived")
    return {each["userName"]: each["id"] for each in created}, token


def deactivate(address: str, token: str, user_id: str) -> None:
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": False}],
    }

    async def send() -> int:
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.patch(f"{address}/scim/v2/Users/{user_id}", json=body) as response,
        ):
            return response.status

    assert 200 == asyncio.run(send())


def standing(hubspot: Syncline, email: str) -> str:
    return str(hubspot.json("portal", "user", "show", "acme", email)["standing"])


def in_step(syncline: Syncline) -> int:
    return int(syncline.json("tenant", "show", "acme")["deliveries"]["in_step"])


def held(syncline: Syncline) -> dict[str, str]:
    syncline.json("connection", "check", "acme")
    plan = syncline.json("plan", "show", "acme")
    return {each["email"]: each["hold"]["reason"] for each in plan["people"] if each["hold"]}
