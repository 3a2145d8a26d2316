"""`syncline rehearse`: try a SCIM endpoint with a simulated identity provider before the real one is connected."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from syncline.clock import Milliseconds
from syncline.rehearsal import report, state
from syncline.rehearsal.command import Order, carry_out, founded, order_of, run_cycle, show_json
from syncline.rehearsal.cycle import EntraSimulator
from syncline.rehearsal.dialect import Dialect, chosen
from syncline.rehearsal.directory import Directory
from syncline.rehearsal.google import GoogleSimulator
from syncline.rehearsal.google_users import DAY, Deprovisioning, GoogleUpdates
from syncline.rehearsal.job import JobState
from syncline.rehearsal.mapping import AttributeMapping
from syncline.rehearsal.okta import OktaSimulator
from syncline.rehearsal.okta_run import OktaStyle
from syncline.rehearsal.ondemand import OnDemandResult
from syncline.rehearsal.options import (
    ADDRESS_OPTIONS,
    CHANGE_OPTIONS,
    COMPANY_OPTIONS,
    CYCLE_OPTIONS,
    GROUPS_OPTION,
    JSON_OPTION,
    options,
)
from syncline.rehearsal.roles import RoleExpression
from syncline.rehearsal.wire import AddressError

_DIALECTS = {"default": Dialect.DEFAULT, "flag": Dialect.OPTSCIM}


@click.group()
def rehearse() -> None:
    """Play an identity provider against a SCIM endpoint, with a simulated company."""


@rehearse.command()
@options(ADDRESS_OPTIONS, COMPANY_OPTIONS)
@click.option("--on-demand", metavar="USER", help="Provision one person and explain the five steps.")
@options(CYCLE_OPTIONS, GROUPS_OPTION)
@click.option("--external-id", type=click.Choice(["mailNickname", "objectId"]), default="mailNickname")
@click.option(
    "--role-expression",
    type=click.Choice([e.value for e in RoleExpression]),
    default=RoleExpression.SINGLE.value,
)
@click.option(
    "--dialect",
    type=click.Choice(list(_DIALECTS)),
    help="PATCH as by default, or as with the flag aadOptscim062020; else the flag on the tenant URL says.",
)
@click.option(
    "--deletion-threshold",
    type=click.IntRange(0),
    metavar="NUMBER",
    help="Hold back a cycle's deletions when they are more than this.",
)
@click.option("--allow-deletions", is_flag=True, help="Carry out the deletions held back (needs --state).")
@click.option("--reject-deletions", is_flag=True, help="Drop the deletions held back (needs --state).")
@options(CHANGE_OPTIONS, JSON_OPTION)
def entra(**given: Any) -> None:
    """Play Microsoft Entra ID: connection test, then a cycle.

    Without changes the cycle is the initial one; with changes, or --incremental, an incremental one. Ends with 0
    only if no object failed.
    """
    order = order_of(given)
    if given["allow_deletions"] and given["reject_deletions"]:
        raise click.UsageError("--allow-deletions and --reject-deletions are two answers to one question.")
    dialect = _DIALECTS[given["dialect"]] if given["dialect"] else None
    try:
        address, _ = chosen(order.base_url, dialect)
    except AddressError as error:
        raise click.ClickException(str(error)) from error

    def build(directory: Directory, memory: JobState, console: Console) -> EntraSimulator:
        del console
        return EntraSimulator(
            directory,
            order.base_url,
            order.token,
            mapping=AttributeMapping(given["external_id"], RoleExpression(given["role_expression"])),
            groups=given["groups"],
            dialect=dialect,
            deletion_threshold=given["deletion_threshold"],
            concurrency=order.concurrency,
            state=memory,
        )

    carry_out(order, EntraSimulator, build, lambda s, c: _entra(order, given, s, c), base_url=address)


def _entra(order: Order, given: dict[str, Any], simulator: EntraSimulator, console: Console) -> bool:
    if given["on_demand"] is not None:
        return _on_demand(order, given["on_demand"], simulator, console)
    answered = given["allow_deletions"] or given["reject_deletions"]
    if answered:
        held = simulator.allow_deletions() if given["allow_deletions"] else simulator.reject_deletions()
        console.print(f"{held} deletions are {'allowed' if given['allow_deletions'] else 'rejected'}.")
    return run_cycle(order, simulator, console, incremental=answered)


@rehearse.command()
@options(ADDRESS_OPTIONS)
@click.option(
    "--style",
    type=click.Choice([style.value for style in OktaStyle]),
    default=OktaStyle.CATALOGUE.value,
    show_default=True,
    help="An application from the catalogue (PUT and PATCH), or from the App Integration Wizard (PUT alone).",
)
@options(COMPANY_OPTIONS, CYCLE_OPTIONS, GROUPS_OPTION)
@click.option("--push-now", metavar="GROUP", help="Replace all members of one pushed group (needs --state).")
@click.option("--unlink", metavar="GROUP", help="Unlink and delete one pushed group (needs --state).")
@click.option("--import", "imports", is_flag=True, help="Read all users of the application; write nothing.")
@options(CHANGE_OPTIONS, JSON_OPTION)
def okta(**given: Any) -> None:
    """Play Okta: credentials test, then assignments and group push.

    Without changes everybody is assigned anew; with changes, or --incremental, what changed is sent. --block
    suspends a person, --leave deactivates, --purge deletes. Ends with 0 only if no object failed.
    """
    order = order_of(given)
    if (given["push_now"] or given["unlink"]) and not order.continues:
        raise click.UsageError("--push-now and --unlink need the --state of an earlier run.")

    def build(directory: Directory, memory: JobState, console: Console) -> OktaSimulator:
        def tell_wait(pause: Milliseconds) -> None:
            console.print(f"The application is busy; Okta waits {pause / 1000:.0f} s.")

        return OktaSimulator(
            directory,
            order.base_url,
            order.token,
            style=OktaStyle(given["style"]),
            groups=given["groups"],
            tell_wait=tell_wait,
            concurrency=order.concurrency,
            state=memory,
        )

    carry_out(order, OktaSimulator, build, lambda s, c: _okta(order, given, s, c))


def _okta(order: Order, given: dict[str, Any], simulator: OktaSimulator, console: Console) -> bool:
    if given["imports"]:
        result = asyncio.run(simulator.import_users())
        if order.as_json:
            show_json({"read": result.read, **asdict(result)})
        else:
            report.show_import(console, result, simulator.directory)
        return True
    if given["push_now"] is None and given["unlink"] is None:
        return run_cycle(order, simulator, console)
    work = simulator.push_now(given["push_now"]) if given["push_now"] else simulator.unlink(given["unlink"])
    entry = asyncio.run(work)
    if order.as_json:
        show_json({"log": entry.to_json() if entry else None})
    else:
        report.show_entry(console, entry)
    return entry is not None and not entry.failed


@rehearse.command()
@options(ADDRESS_OPTIONS, COMPANY_OPTIONS, CYCLE_OPTIONS)
@click.option(
    "--updates",
    type=click.Choice([way.value for way in GoogleUpdates]),
    default=GoogleUpdates.PATCH.value,
    show_default=True,
    help="How the application wants its updates.",
)
@click.option(
    "--suspend-after",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="DAYS",
    help="Suspend leavers at the application so long after.",
)
@click.option(
    "--delete-after",
    type=click.IntRange(0),
    metavar="DAYS",
    help="Delete leavers at the application so long after; without it nobody is deleted.",
)
@options(CHANGE_OPTIONS, JSON_OPTION)
def google(**given: Any) -> None:
    """Play Google Workspace: probe, then provisioning of users; groups and roles are not sent.

    Without changes everybody is looked up anew; with changes, or --incremental, what changed is sent, and who
    left long enough ago is suspended or deleted. Ends with 0 only if nobody failed.
    """
    order = order_of(given)
    days = given["delete_after"]

    def build(directory: Directory, memory: JobState, console: Console) -> GoogleSimulator:
        del console
        return GoogleSimulator(
            directory,
            order.base_url,
            order.token,
            updates=GoogleUpdates(given["updates"]),
            deprovisioning=Deprovisioning(given["suspend_after"] * DAY, None if days is None else days * DAY),
            concurrency=order.concurrency,
            state=memory,
        )

    carry_out(order, GoogleSimulator, build, lambda s, c: run_cycle(order, s, c))


@rehearse.command()
@options(COMPANY_OPTIONS)
@click.option(
    "--state", "state_file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def people(
    users: int, seed: int, domain: str, app_roles: tuple[str, ...], state_file: Path | None, as_json: bool
) -> None:
    """List the people of the simulated company, as the other options name them."""
    try:
        company = state.load(state_file)[0] if state_file else founded(users, seed, domain, app_roles)
    except state.StateError as error:
        raise click.ClickException(str(error)) from error
    if not as_json:
        report.show_people(Console(), company)
        return
    listed = [
        {
            **asdict(user),
            "roles": [role.value for role in company.app_roles(user.object_id)],
            "state": report.state_of(company, user.object_id),
        }
        for user in company.people()
    ]
    show_json({"people": listed})


def _on_demand(order: Order, user: str, simulator: EntraSimulator, console: Console) -> bool:
    result = asyncio.run(simulator.on_demand(user))
    if order.as_json:
        show_json(_steps_json(result))
    else:
        report.show_steps(console, result)
    return result.ok


def _steps_json(result: OnDemandResult) -> dict[str, Any]:
    steps = [
        {"name": s.name, "status": s.status.value, "sentence": s.sentence, "details": dict(s.details)}
        for s in result.steps
    ]
    return {
        "user": result.user.user_principal_name,
        "ok": result.ok,
        "steps": steps,
        "log": result.entry.to_json(),
    }
