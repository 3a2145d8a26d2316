"""The story, act by act: connect, plan, approve, go live, then joiners, movers, leavers and one who comes back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import aiohttp
from rich import box
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from syncline.demo import expected
from syncline.demo.account import AccountReader, SeenUser
from syncline.demo.checks import Check, Verdict
from syncline.demo.stage import Stage, StageError
from syncline.rehearsal import CycleResult, Directory, DirectoryUser, EntraSimulator, Leaving
from syncline.rehearsal.report import progress_bar, show_cycle, show_steps

TENANT = "acme"
DOMAIN = "acme.example"
DRAIN_SECONDS = 300
OUTSIDER = "agency@partner.example"
ADMIN = f"admin@{DOMAIN}"
_MANGLED = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)
_CALLS = re.compile(r"^syncline_hubspot_calls_total\{[^}]*\} (\d+)", re.MULTILINE)


class Story:
    """Plays the acts in order and keeps the verdict."""

    def __init__(self, stage: Stage, people: int, seed: int) -> None:
        self.stage = stage
        self.console = stage.console
        self.verdict = Verdict()
        self.company = Directory.seeded(size=people, seed=seed, domain=DOMAIN)
        self.there_before = self._two_known_already()
        self.joiner: DirectoryUser | None = None
        self.gateway_url = ""

    async def furnish_account(self) -> Mapping[str, Any]:
        """Create the HubSpot account, with people who are there before us; returns its credentials."""
        self._act(
            "1. A HubSpot account",
            "The portal plays HubSpot: permission sets, teams, three people already there.",
        )
        account: Mapping[str, Any] = await self.stage.run(
            "portal", "account", "create", TENANT, "--with-scim"
        )
        for user in self.there_before:
            await self._add_by_hand(user.user_principal_name, user.given_name or "", user.surname or "")
        await self._add_by_hand(OUTSIDER, "Ada", "Agency")
        return account

    async def set_up_gateway(self, account: Mapping[str, Any], portal_url: str) -> str:
        """Create the tenant, connect it, choose its rules; returns the token for the identity provider."""
        self._act(
            "2. The tenant",
            "One connection, two channels; rules; what leaving means. Nothing at HubSpot changes.",
        )
        run = self.stage.run
        await run("tenant", "create", TENANT)
        await run(
            "connection",
            "set",
            TENANT,
            "--base-url",
            portal_url,
            "--access-token",
            account["access_token"],
            "--scim-base-url",
            f"{portal_url}/scim/v2",
            "--scim-token",
            account["scim_token"],
        )
        await run("policy", "set", TENANT, "--deactivated", "deactivate")
        await run("role", "default", TENANT, expected.DEFAULT_SET)
        for role, permission_set in expected.SET_OF_ROLE.items():
            await run("rule", "add", TENANT, "--role", role, "--permission-set", permission_set)
        for department, team in expected.TEAM_OF_DEPARTMENT.items():
            await run(
                "rule",
                "add",
                TENANT,
                "--attribute",
                "department",
                "--equals",
                department,
                "--primary-team",
                team,
            )
        token = await run("token", "create", TENANT)
        return str(token["token"])

    async def first_cycle(self, entra: EntraSimulator) -> None:
        """Test the connection and run Entra's initial cycle while the tenant is in plan mode."""
        self._act(
            "3. Entra speaks",
            "A simulated Entra ID tests the connection and runs its initial cycle. The tenant is in plan mode: "
            "everything is stored and decided, nothing is sent.",
        )
        tested = await entra.test_connection()
        self.console.print(f"Test connection: {tested.sentence}")
        with progress_bar(self.console) as progress:
            result = await entra.initial_cycle(progress)
        self._cycle(result)

    async def plan_and_approve(self, account: AccountReader) -> None:
        """Show the plan, check that HubSpot is untouched, approve, go live, and watch the backlog drain."""
        self._act(
            "4. The plan", "Decided by the very code that will send it. HubSpot has not been changed yet."
        )
        await self._settled()
        plan = await self.stage.run("plan", "show", TENANT)
        self._show_plan(plan)
        before = await account.users()
        self.verdict.show(
            self.console,
            "Before approval",
            [
                Check("people the plan creates", len(self.company.in_scope()) - 2, plan["counts"]["create"]),
                Check("people it adopts", 2, plan["counts"]["adopt"]),
                Check("people at HubSpot", 4, len(before)),
                Check("welcome e-mails it sends", 0, plan["emails_sent"]),
            ],
        )
        self._act("5. Live", "An operator approves; the backlog drains within the account's call allowance.")
        calls = await self._calls()
        await self.stage.run("plan", "approve", TENANT)
        await self.stage.run("tenant", "mode", TENANT, "live")
        await self._drain()
        spent = await self._calls() - calls
        seen = await account.users()
        size = len(self.company.in_scope())
        wrong = expected.differences(self.company, self._ids_there_before(), seen)
        self.verdict.show(
            self.console,
            "Initial sync",
            [
                Check("people as the directory says", f"{size} of {size}", f"{size - len(wrong)} of {size}"),
                Check(
                    "the agency's user, unknown to the directory, is left alone",
                    "Marketing User, no team",
                    _set_and_team(seen.get(OUTSIDER)),
                ),
                Check("the super admin is left alone", True, seen[ADMIN].super_admin),
                Check(
                    f"HubSpot calls spent are at most one a person ({spent} for {size})", True, spent <= size
                ),
            ],
        )
        for line in wrong[:10]:
            self.console.print(f"  [red]{line}[/red]")

    async def joiner_on_demand(self, entra: EntraSimulator, account: AccountReader) -> None:
        """Provision one new person on demand, with Entra's five steps."""
        self._act(
            "6. A joiner, on demand", "Entra's “Provision on demand” for one person, then HubSpot asked."
        )
        joiner = self.company.join(
            given_name="Noor",
            surname="Haddad",
            department="Sales",
            job_title="Account Executive",
            role="Manager",
        )
        result = await entra.on_demand(joiner)
        show_steps(self.console, result)
        await self._drain()
        found = (await account.users()).get(joiner.user_principal_name)
        self.verdict.show(
            self.console,
            "New user test",
            [
                Check("provisioned on demand without a failure", True, result.ok),
                Check("account created", joiner.user_principal_name, found.email if found else "not there"),
                Check("name", "Noor Haddad", found.name if found else None),
                Check("correct role", "Manager", found.permission_set if found else None),
                Check("team of the department", "Sales", found.team if found else None),
                Check("active status", "active", _status(found)),
            ],
        )
        self.joiner = joiner

    async def movers(self, entra: EntraSimulator, account: AccountReader) -> None:
        """Change a name, a department and a role; run an incremental cycle; compare."""
        self._act("7. Movers", "A new name, a new department, a new role; then Entra's incremental cycle.")
        married, moved, promoted = self._somebody("User", 3)
        self.company.rename(married, keep_principal_name=True)
        self.company.move(moved, department="Marketing")
        self.company.assign_role(promoted, "Manager")
        renamed = self._somebody("User", 4)[3]
        before = (await account.users())[renamed.user_principal_name]
        renamed = self.company.rename(renamed, surname="Newell")
        await self._increment(entra)
        seen = await account.users()
        married, moved = self.company.find(married.object_id), self.company.find(moved.object_id)
        self.verdict.show(
            self.console,
            "Update test",
            [
                Check("name", f"{married.given_name} {married.surname}", _name(seen, married)),
                Check("department → team", "Marketing", _team(seen, moved)),
                Check("role → permission set", "Manager", _permission_set(seen, promoted)),
                Check("new e-mail address, same HubSpot user", "moved", _moved(seen, before, renamed)),
            ],
        )

    async def leavers(self, entra: EntraSimulator, account: AccountReader) -> None:
        """Soft-delete one, unassign one, block one; then restore one; compare each time."""
        self._act(
            "8. Leavers", "One is soft-deleted, one unassigned, one blocked. Deactivations jump the queue."
        )
        deleted, unassigned, blocked = self._somebody("Manager", 3)
        before = await account.users()
        for user, how in (
            (deleted, Leaving.DELETE),
            (unassigned, Leaving.UNASSIGN),
            (blocked, Leaving.BLOCK),
        ):
            self.company.leave(user, how)
        await self._increment(entra)
        seen = await account.users()
        self.verdict.show(
            self.console,
            "Deactivation test",
            [
                *(
                    Check(
                        f"{how}: deactivated, access revoked",
                        "deactivated",
                        _status(seen.get(user.user_principal_name)),
                    )
                    for user, how in (
                        (deleted, "soft-deleted"),
                        (unassigned, "unassigned"),
                        (blocked, "blocked"),
                    )
                ),
                Check(
                    "their records stay",
                    True,
                    all(u.user_principal_name in seen for u in (deleted, unassigned, blocked)),
                ),
                Check(
                    "Entra's mangled soft-delete names at HubSpot",
                    0,
                    sum(bool(_MANGLED.match(e)) for e in seen),
                ),
            ],
        )
        self._act("9. One comes back", "The soft delete is restored in Entra.")
        self.company.restore(deleted.object_id)
        await self._increment(entra)
        again = (await account.users()).get(deleted.user_principal_name)
        self.verdict.show(
            self.console,
            "Re-joiner test",
            [
                Check("active again", "active", _status(again)),
                Check(
                    "the same HubSpot user as before",
                    before[deleted.user_principal_name].id,
                    again.id if again else None,
                ),
                Check("permission set restored", "Manager", again.permission_set if again else None),
            ],
        )

    async def wrong_filter(self, entra: EntraSimulator, account: AccountReader) -> None:
        """Unassign many people at once, as a wrong filter would; then take it back; compare."""
        self._act(
            "10. A wrong filter", "Fifteen people fall out of scope at once, by mistake. The brake holds."
        )
        people = self._somebody("User", 15)
        for user in people:
            self.company.unassign(user)
        await self._increment(entra)
        staged = (await self.stage.run("leavers", "list", TENANT))["leavers"]
        seen = await account.users()
        still_active = sum(_status(seen.get(user.user_principal_name)) == "active" for user in people)
        self.verdict.show(
            self.console,
            "Deletion threshold",
            [
                Check("people staged, none of them without access", len(staged), still_active),
                Check("the brake held before everybody was gone", True, 0 < len(staged) < len(people)),
            ],
        )
        self.console.print(
            "The mistake is taken back in the directory: nobody has to be released, nobody is lost."
        )
        for user in people:
            self.company.assign_role(user, "User")
        await self._increment(entra)
        seen = await account.users()
        back = sum(_status(seen.get(user.user_principal_name)) == "active" for user in people)
        self.verdict.show(self.console, "Taken back", [Check("people with access again", len(people), back)])

    async def close(self, account: AccountReader) -> None:
        """Compare everybody once more and say what was spent."""
        seen = await account.users()
        size = len(self.company.in_scope())
        wrong = expected.differences(self.company, self._ids_there_before(), seen)
        tenant = await self.stage.ask("tenant.show", tenant=TENANT)
        waiting = tenant["deliveries"]["waiting"] + tenant["deliveries"]["retrying"]
        self._act(
            "11. In the end",
            f"{await self._calls()} HubSpot calls in all, set-up and checks by Syncline included.",
        )
        self.verdict.show(
            self.console,
            "Directory and HubSpot",
            [
                Check("people as the directory says", f"{size} of {size}", f"{size - len(wrong)} of {size}"),
                Check("changes still waiting", 0, waiting),
                Check(
                    "the agency's user is still left alone",
                    "Marketing User, no team",
                    _set_and_team(seen.get(OUTSIDER)),
                ),
            ],
        )
        for line in wrong[:10]:
            self.console.print(f"  [red]{line}[/red]")

    # --- pieces of the acts -----------------------------------------------------------------------------------------

    def _act(self, title: str, sentence: str) -> None:
        self.console.print()
        self.console.rule(f"[bold]{title}[/bold]", align="left")
        self.console.print(sentence)

    async def _add_by_hand(self, email: str, first_name: str, last_name: str) -> None:
        await self.stage.run(
            "portal",
            "user",
            "add",
            TENANT,
            "--email",
            email,
            "--first-name",
            first_name,
            "--last-name",
            last_name,
            "--permission-set",
            expected.SET_THEY_HAD,
        )

    def _two_known_already(self) -> list[DirectoryUser]:
        """Return one person without a role and one manager: HubSpot will know both before Syncline comes."""
        plain = next(user for user in self.company.in_scope() if not self._roles(user))
        return [plain, self._somebody("Manager", 1)[0]]

    def _ids_there_before(self) -> set[str]:
        return {user.object_id for user in self.there_before}

    def _roles(self, user: DirectoryUser) -> set[str]:
        return {role.value for role in self.company.app_roles(user.object_id) if role.value}

    def _somebody(self, role: str, count: int) -> list[DirectoryUser]:
        """Return people with that role, the same ones each time, from Sales first."""
        found = [user for user in self.company.in_scope() if self._roles(user) == {role}]
        return sorted(found, key=lambda user: (user.department != "Sales", user.user_principal_name))[:count]

    def _cycle(self, result: CycleResult) -> None:
        show_cycle(self.console, result)
        if not result.ok:
            raise StageError("Entra's cycle did not go through: see above.")

    async def _increment(self, entra: EntraSimulator) -> None:
        with progress_bar(self.console) as progress:
            result = await entra.incremental_cycle(progress)
        self._cycle(result)
        await self._drain()

    def _show_plan(self, plan: Mapping[str, Any]) -> None:
        counts = "  ".join(f"{kind} [bold]{count}[/bold]" for kind, count in plan["counts"].items() if count)
        self.console.print(f"{counts}  e-mails sent [bold]{plan['emails_sent']}[/bold]")
        table = Table(
            title="The plan: some of its people",
            title_justify="left",
            title_style="bold",
            box=box.SIMPLE_HEAD,
        )
        for column in ("e-mail", "would", "permission set", "team", "because"):
            table.add_column(column)
        adopted = [person for person in plan["people"] if person["kind"] == "adopt"]
        created = [person for person in plan["people"] if person["kind"] == "create"]
        for person in (*adopted, *created[:5]):
            table.add_row(
                person["email"],
                person["kind"],
                person["permission_set"] or "as it is",
                person["primary_team"] or "",
                person["reasons"][0] if person["reasons"] else "",
            )
        self.verdict.tables.append(table)
        self.console.print(table)

    async def _deliveries(self) -> dict[str, int]:
        return dict((await self.stage.ask("tenant.show", tenant=TENANT))["deliveries"])

    async def _settled(self) -> None:
        """Return once everybody is decided."""
        for _ in range(DRAIN_SECONDS * 10):
            if (await self._deliveries())["waiting"] == 0:
                return
            await asyncio.sleep(0.1)
        raise StageError("The gateway did not decide everybody in time.")

    async def _drain(self) -> None:
        """Show the backlog drain; returns when nothing waits any more."""
        columns = (TextColumn("to HubSpot  "), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        await asyncio.sleep(0.3)
        most = 0
        with Progress(*columns, console=self.console) as bar:
            task = bar.add_task("", total=None)
            for _ in range(DRAIN_SECONDS * 5):
                now = await self._deliveries()
                waiting = now["waiting"] + now["retrying"]
                most = max(most, waiting)
                bar.update(task, total=most or 1, completed=(most - waiting) if most else 1)
                if waiting == 0:
                    return
                await asyncio.sleep(0.2)
        raise StageError("The backlog did not drain in time.")

    async def _calls(self) -> int:
        """Return how many calls the gateway has made to HubSpot, by its own metrics."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.gateway_url}/metrics") as response,
        ):
            text = await response.text()
        return sum(int(number) for number in _CALLS.findall(text))


def _status(user: SeenUser | None) -> str:
    if user is None:
        return "not there"
    return "deactivated" if user.deactivated else "active"


def _set_and_team(user: SeenUser | None) -> str:
    return "not there" if user is None else f"{user.permission_set}, {user.team or 'no team'}"


def _name(seen: Mapping[str, SeenUser], user: DirectoryUser) -> str | None:
    found = seen.get(user.user_principal_name)
    return None if found is None else found.name


def _team(seen: Mapping[str, SeenUser], user: DirectoryUser) -> str | None:
    found = seen.get(user.user_principal_name)
    return None if found is None else found.team


def _permission_set(seen: Mapping[str, SeenUser], user: DirectoryUser) -> str | None:
    found = seen.get(user.user_principal_name)
    return None if found is None else found.permission_set


def _moved(seen: Mapping[str, SeenUser], before: SeenUser, user: DirectoryUser) -> str:
    found = seen.get(user.user_principal_name)
    if found is None:
        return f"{user.user_principal_name} is not there"
    if found.id != before.id:
        return f"{found.email} is another user"
    return f"{before.email} is there too" if before.email in seen else "moved"
