"""`syncline rehearse`: try a SCIM endpoint with a simulated identity provider before the real one is connected."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson
from rich.console import Console

from syncline.rehearsal import report, state
from syncline.rehearsal.changes import OrderedChanges, apply_changes
from syncline.rehearsal.cycle import ConnectionTest, CycleResult, EntraSimulator
from syncline.rehearsal.directory import DEFAULT_ROLES, Directory
from syncline.rehearsal.entra import CONCURRENCY, AddressError
from syncline.rehearsal.job import JobState
from syncline.rehearsal.mapping import AttributeMapping
from syncline.rehearsal.objects import DirectoryError
from syncline.rehearsal.ondemand import OnDemandResult
from syncline.rehearsal.roles import RoleExpression


@click.group()
def rehearse() -> None:
    """Play an identity provider against a SCIM endpoint, with a simulated company."""


_COMPANY_OPTIONS = (
    click.option("--users", default=50, show_default=True, type=click.IntRange(1), help="People in scope."),
    click.option(
        "--seed", default=7, show_default=True, type=int, help="The same seed gives the same company."
    ),
    click.option(
        "--domain", default="acme.example", show_default=True, help="Domain of the principal names."
    ),
    click.option(
        "--app-role",
        "app_roles",
        multiple=True,
        metavar="VALUE",
        help=f"App roles, from the most usual to the most powerful. Repeatable.  [default: {', '.join(DEFAULT_ROLES)}]",
    ),
)
_CHANGE_OPTIONS = (
    click.option("--join", multiple=True, metavar="NAME", help="Hire somebody. Repeatable."),
    click.option("--rename", metavar="USER", help="Give a person another name (--to) or another surname."),
    click.option("--to", "new_name", metavar="NAME", help="The new name of --rename."),
    click.option("--move", metavar="USER", help="Give a person another --department, --title or --manager."),
    click.option("--department", metavar="NAME", help="The new department of --move or --join."),
    click.option("--title", metavar="NAME", help="The new job title of --move or --join."),
    click.option("--manager", metavar="USER", help="The new manager of --move or --join."),
    click.option(
        "--role", "roles", nargs=2, multiple=True, metavar="USER ROLE", help="Replace the app role."
    ),
    click.option("--leave", multiple=True, metavar="USER", help="Soft-delete a person. Repeatable."),
    click.option("--block", multiple=True, metavar="USER", help="Block a person's sign-in. Repeatable."),
    click.option("--unassign", multiple=True, metavar="USER", help="Take the application away. Repeatable."),
    click.option("--restore", multiple=True, metavar="USER", help="Undo --leave or --block. Repeatable."),
    click.option("--purge", multiple=True, metavar="USER", help="Delete a person for good. Repeatable."),
)


_Command = TypeVar("_Command", bound=Callable[..., Any])


def _all(options: tuple[Callable[[Any], Any], ...]) -> Callable[[_Command], _Command]:
    def decorate(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """What the command line asks for, besides the changes."""

    base_url: str
    token: str
    users: int
    seed: int
    domain: str
    app_roles: tuple[str, ...]
    on_demand: str | None
    state_file: Path | None
    incremental: bool
    groups: bool
    external_id: str
    role_expression: str
    concurrency: int
    as_json: bool


@rehearse.command()
@click.option("--base-url", required=True, metavar="URL", help="Tenant URL: the SCIM endpoint.")
@click.option(
    "--token", required=True, envvar="SYNCLINE_REHEARSAL_TOKEN", show_envvar=True, help="Secret token."
)
@_all(_COMPANY_OPTIONS)
@click.option("--on-demand", metavar="USER", help="Provision one person and explain the five steps.")
@click.option(
    "--state",
    "state_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the company and the cached ids here, so that later cycles can be incremental.",
)
@click.option("--incremental", is_flag=True, help="Send what changed since the last cycle (needs --state).")
@click.option("--groups/--no-groups", default=True, help="Provision groups and memberships too.")
@click.option("--external-id", type=click.Choice(["mailNickname", "objectId"]), default="mailNickname")
@click.option(
    "--role-expression",
    type=click.Choice([e.value for e in RoleExpression]),
    default=RoleExpression.SINGLE.value,
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 100),
    default=CONCURRENCY,
    show_default=True,
    help="Requests under way at once.",
)
@_all(_CHANGE_OPTIONS)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document with the provisioning log.")
def entra(**options: Any) -> None:
    """Play Microsoft Entra ID (default PATCH dialect): connection test, then a cycle.

    Without changes the cycle is the initial one; with changes, or --incremental, an incremental one. Ends with 0
    only if no object failed.
    """
    ordered = OrderedChanges(**{name: options.pop(name) for name in OrderedChanges.__dataclass_fields__})
    job = _Job(**options)
    if (complaint := _complaint(job, ordered)) is not None:
        raise click.UsageError(complaint)
    _refuse_another_company(job)
    console = Console(stderr=job.as_json)
    try:
        ok = _rehearse(job, ordered, console)
    except (DirectoryError, state.StateError, AddressError) as error:
        raise click.ClickException(str(error)) from error
    if not ok:
        raise click.exceptions.Exit(1)


@rehearse.command()
@_all(_COMPANY_OPTIONS)
@click.option(
    "--state", "state_file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def people(
    users: int, seed: int, domain: str, app_roles: tuple[str, ...], state_file: Path | None, as_json: bool
) -> None:
    """List the people of the simulated company, as the other options name them."""
    try:
        company = state.load(state_file)[0] if state_file else _company(users, seed, domain, app_roles)
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
    click.echo(orjson.dumps({"people": listed}, option=orjson.OPT_INDENT_2))


def _complaint(job: _Job, ordered: OrderedChanges) -> str | None:
    known = job.state_file is not None and job.state_file.exists()
    if (ordered or job.incremental) and not known:
        return (
            "Changes and --incremental need the memory of an earlier cycle: run once with --state FILE alone, "
            "then again with the same file."
        )
    return ordered.complaint()


def _refuse_another_company(job: _Job) -> None:
    """Raise UsageError for options that would describe another company than the one in the state file."""
    if job.state_file is None or not job.state_file.exists():
        return
    context = click.get_current_context()
    for name in ("users", "seed", "domain", "app_roles"):
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            option = "--" + ("app-role" if name == "app_roles" else name)
            raise click.UsageError(f"{option} founds a new company, but {job.state_file} already holds one.")


def _company(users: int, seed: int, domain: str, app_roles: tuple[str, ...]) -> Directory:
    return Directory.seeded(size=users, seed=seed, domain=domain, roles=app_roles or DEFAULT_ROLES)


def _rehearse(job: _Job, ordered: OrderedChanges, console: Console) -> bool:
    known = job.state_file is not None and job.state_file.exists()
    if known and job.state_file is not None:
        directory, memory = state.load(job.state_file, job.base_url.rstrip("/"))
    else:
        directory, memory = _company(job.users, job.seed, job.domain, job.app_roles), JobState()
    for sentence in apply_changes(directory, ordered):
        console.print(sentence, markup=False)
    mapping = AttributeMapping(job.external_id, RoleExpression(job.role_expression))
    simulator = EntraSimulator(
        directory,
        job.base_url,
        job.token,
        mapping=mapping,
        groups=job.groups,
        concurrency=job.concurrency,
        state=memory,
    )
    test = asyncio.run(simulator.test_connection())
    if not test.ok:
        return _refuse(job, test)
    if not job.as_json:
        console.print(f"[green]Test connection:[/] {test.sentence}")
    try:
        if job.on_demand is not None:
            return _on_demand(job, simulator, console)
        return _cycle(job, simulator, console, incremental=bool(ordered) or job.incremental)
    finally:
        if job.state_file is not None:
            state.save(job.state_file, simulator.base_url, directory, memory)


def _refuse(job: _Job, test: ConnectionTest) -> bool:
    if job.as_json:
        click.echo(orjson.dumps({"test_connection": asdict(test)}, option=orjson.OPT_INDENT_2))
        return False
    raise click.ClickException(f"The connection test failed. {test.code}: {test.sentence} {test.fix}")


def _on_demand(job: _Job, simulator: EntraSimulator, console: Console) -> bool:
    result = asyncio.run(simulator.on_demand(job.on_demand or ""))
    if job.as_json:
        click.echo(orjson.dumps(_steps_json(result), option=orjson.OPT_INDENT_2))
    else:
        report.show_steps(console, result)
    return result.ok


def _cycle(job: _Job, simulator: EntraSimulator, console: Console, *, incremental: bool) -> bool:
    run = simulator.incremental_cycle if incremental else simulator.initial_cycle
    with report.progress_bar(console) as progress:
        result = asyncio.run(run(progress))
    if job.as_json:
        click.echo(orjson.dumps(_cycle_json(result), option=orjson.OPT_INDENT_2))
    else:
        report.show_cycle(console, result)
    return result.ok


def _cycle_json(result: CycleResult) -> dict[str, Any]:
    return {
        "cycle": result.cycle,
        "kind": result.kind,
        "ok": result.ok,
        "quarantine": result.quarantine or None,
        "requests": result.requests,
        "duration_ms": result.duration,
        "users": asdict(result.users),
        "groups": asdict(result.groups),
        "references": asdict(result.references),
        "log": [entry.to_json() for entry in result.entries],
    }


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
