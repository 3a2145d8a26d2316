"""One `rehearse` command carried out: the company, the changes, the connection test, the work, the memory."""

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
from syncline.rehearsal.directory import DEFAULT_ROLES, Directory
from syncline.rehearsal.failures import ProvisioningFailure
from syncline.rehearsal.job import JobError, JobState
from syncline.rehearsal.objects import DirectoryError
from syncline.rehearsal.results import ConnectionTest, CycleResult
from syncline.rehearsal.simulator import Simulator
from syncline.rehearsal.wire import AddressError

_Simulator = TypeVar("_Simulator", bound=Simulator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What every `rehearse` command line asks for."""

    base_url: str
    token: str
    users: int
    seed: int
    domain: str
    app_roles: tuple[str, ...]
    state_file: Path | None
    incremental: bool
    concurrency: int
    as_json: bool
    changes: OrderedChanges

    @property
    def continues(self) -> bool:
        """Whether an earlier command left its memory in the state file."""
        return self.state_file is not None and self.state_file.exists()


def order_of(options: dict[str, Any]) -> Order:
    """Take the options every command has out of the others; raises UsageError for what makes no sense."""
    changes = OrderedChanges(**{name: options.pop(name) for name in OrderedChanges.__dataclass_fields__})
    names = [name for name in Order.__dataclass_fields__ if name != "changes"]
    order = Order(**{name: options.pop(name) for name in names}, changes=changes)
    if (changes or order.incremental) and not order.continues:
        raise click.UsageError(
            "Changes and --incremental need the memory of an earlier cycle: run once with --state FILE alone, "
            "then again with the same file."
        )
    if (complaint := changes.complaint()) is not None:
        raise click.UsageError(complaint)
    if order.continues:
        _refuse_another_company(order)
    return order


def founded(users: int, seed: int, domain: str, app_roles: tuple[str, ...]) -> Directory:
    """Return the company those options describe."""
    return Directory.seeded(size=users, seed=seed, domain=domain, roles=app_roles or DEFAULT_ROLES)


def carry_out(
    order: Order,
    provider: type[Simulator],
    build: Callable[[Directory, JobState, Console], _Simulator],
    act: Callable[[_Simulator, Console], bool],
    *,
    base_url: str | None = None,
) -> None:
    """Do it all; ends the command with 1 unless the connection test and `act` went well.

    `base_url` is the address the state file is bound to, when it is not the one typed.
    """
    console = Console(stderr=order.as_json)
    try:
        ok = _carry_out(order, provider.provider, build, act, base_url or order.base_url, console)
    except (DirectoryError, JobError, state.StateError, AddressError) as error:
        raise click.ClickException(str(error)) from error
    except ProvisioningFailure as failure:
        raise click.ClickException(f"{failure.code}: {failure.reason} {failure.advice}") from failure
    if not ok:
        raise click.exceptions.Exit(1)


def run_cycle(order: Order, simulator: Simulator, console: Console, *, incremental: bool = False) -> bool:
    """Run the cycle the order means and show it; returns whether nothing failed."""
    incremental = incremental or bool(order.changes) or order.incremental
    run = simulator.incremental_cycle if incremental else simulator.initial_cycle
    with report.progress_bar(console) as progress:
        result = asyncio.run(run(progress))
    if order.as_json:
        show_json(_cycle_json(result))
    else:
        report.show_cycle(console, result)
    return result.ok


def show_json(document: dict[str, Any]) -> None:
    """Print one JSON document on standard output."""
    click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))


def _carry_out(
    order: Order,
    provider: str,
    build: Callable[[Directory, JobState, Console], _Simulator],
    act: Callable[[_Simulator, Console], bool],
    base_url: str,
    console: Console,
) -> bool:
    if order.state_file is not None and order.continues:
        directory, memory = state.load(order.state_file, provider, base_url.rstrip("/"))
    else:
        directory = founded(order.users, order.seed, order.domain, order.app_roles)
        memory = JobState()
    for sentence in apply_changes(directory, order.changes):
        console.print(sentence, markup=False)
    simulator = build(directory, memory, console)
    test = asyncio.run(simulator.test_connection())
    if not test.ok:
        return _refuse(order, test)
    if not order.as_json:
        console.print(f"[green]Test connection:[/] {test.sentence}")
    try:
        return act(simulator, console)
    finally:
        if order.state_file is not None:
            state.save(order.state_file, provider, simulator.base_url, directory, memory)


def _refuse(order: Order, test: ConnectionTest) -> bool:
    if order.as_json:
        show_json({"test_connection": asdict(test)})
        return False
    raise click.ClickException(f"The connection test failed. {test.code}: {test.sentence} {test.fix}")


def _refuse_another_company(order: Order) -> None:
    """Raise UsageError for options that would describe another company than the one in the state file."""
    context = click.get_current_context()
    for name in ("users", "seed", "domain", "app_roles"):
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            option = "--" + ("app-role" if name == "app_roles" else name)
            raise click.UsageError(
                f"{option} founds a new company, but {order.state_file} already holds one."
            )


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
