"""What a rehearsal shows on a terminal: progress, the summary, failures with cause and fix, the five steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from syncline.rehearsal.directory import Directory
from syncline.rehearsal.log import Counts, Entry, Status
from syncline.rehearsal.okta_import import ImportResult
from syncline.rehearsal.ondemand import OnDemandResult
from syncline.rehearsal.results import CycleResult
from syncline.rehearsal.results import Progress as CycleProgress

FAILURES_SHOWN = 20

_STYLES = {Status.SUCCESS: "green", Status.FAILURE: "bold red", Status.SKIPPED: "yellow"}


@contextmanager
def progress_bar(console: Console) -> Iterator[Callable[[CycleProgress], None]]:
    """Yield the callback that moves one bar per phase of a cycle."""
    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=False) as bars:
        tasks: dict[str, TaskID] = {}

        def report(progress: CycleProgress) -> None:
            if progress.total == 0:
                return
            if progress.phase not in tasks:
                tasks[progress.phase] = bars.add_task(progress.phase, total=progress.total)
            bars.update(tasks[progress.phase], completed=progress.done)

        yield report


def show_cycle(console: Console, result: CycleResult) -> None:
    """Print the counts of a cycle, its pace, and every failure with cause and fix."""
    table = Table(title=f"{result.kind.capitalize()} cycle")
    table.add_column("")
    for name in ("created", "updated", "disabled", "deleted", "skipped", "failed"):
        table.add_column(name, justify="right")
    for label, counts in (
        ("users", result.users),
        ("groups", result.groups),
        ("references", result.references),
    ):
        table.add_row(label, *_cells(counts))
    console.print(table)
    seconds = max(result.duration, 1) / 1000
    console.print(f"{result.requests} requests in {seconds:.2f} s, {result.requests / seconds:.0f} a second.")
    _show_failures(console, result)


def show_steps(console: Console, result: OnDemandResult) -> None:
    """Print the five steps of an on-demand run and the attributes that were sent."""
    table = Table(title=f"On demand: {escape(result.user.display_name)}")
    for name in ("step", "status", "what happened"):
        table.add_column(name)
    for number, step in enumerate(result.steps, 1):
        style = _STYLES[step.status]
        table.add_row(
            f"{number}. {step.name}", f"[{style}]{step.status.value}[/{style}]", escape(step.sentence)
        )
    console.print(table)
    if result.entry.modified:
        sent = Table(title="Modified attributes")
        for name in ("attribute", "before", "after"):
            sent.add_column(name)
        for operation in result.entry.modified:
            sent.add_row(*(escape(_cell(v)) for v in (operation.path, operation.old, operation.value)))
        console.print(sent)
    if not result.ok:
        console.print(escape(result.entry.advice))


def show_entry(console: Console, entry: Entry | None) -> None:
    """Print what became of one object."""
    if entry is None:
        console.print("There was nothing to do.")
        return
    style = _STYLES[entry.status]
    console.print(
        f"[{style}]{entry.status.value}[/]: {entry.action.value} {escape(entry.source.display_name)}"
    )
    if entry.code:
        console.print(escape(f"  {entry.code}: {entry.reason}\n  {entry.advice}".rstrip()))


def show_import(console: Console, result: ImportResult, directory: Directory) -> None:
    """Print how many users an import read, and whom nobody knows."""
    console.print(
        f"{result.read} users were read: {len(result.known)} known, {len(result.matched)} matched by their "
        f"login, {len(result.unknown)} unknown; {len(result.missing)} are missing."
    )
    for login in result.unknown[:FAILURES_SHOWN]:
        console.print(f"  unknown: {escape(login)}")
    for object_id in result.missing[:FAILURES_SHOWN]:
        user = directory.users.get(object_id)
        console.print(f"  missing: {escape(user.known_principal_name if user else object_id)}")


def show_people(console: Console, directory: Directory) -> None:
    """Print everybody in the company, as `--leave` and its like want them named."""
    table = Table()
    for name in ("principal name", "name", "department", "title", "roles", "state"):
        table.add_column(name)
    for user in directory.people():
        roles = ", ".join(role.value for role in directory.app_roles(user.object_id))
        cells = (
            user.known_principal_name,
            user.display_name,
            user.department or "",
            user.job_title or "",
            roles or "default access",
            state_of(directory, user.object_id),
        )
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)


def state_of(directory: Directory, object_id: str) -> str:
    """Return in a word how a person stands: active, blocked, deleted or unassigned."""
    user = directory.users[object_id]
    if user.deleted_at is not None:
        return "deleted"
    if not user.account_enabled:
        return "blocked"
    return "active" if directory.is_assigned(object_id) else "unassigned"


def _show_failures(console: Console, result: CycleResult) -> None:
    if result.quarantine:
        console.print(f"[bold red]Stopped, or in quarantine:[/] {escape(result.quarantine)}")
    for entry in result.failures[:FAILURES_SHOWN]:
        who = entry.source.user_principal_name or entry.source.display_name
        console.print(f"[bold red]{entry.action.value} failed:[/] {escape(who)}")
        console.print(escape(f"  {entry.code}: {entry.reason}\n  {entry.advice}"))
    if (more := len(result.failures) - FAILURES_SHOWN) > 0:
        console.print(f"… and {more} more; --json lists them all.")
    if result.ok:
        console.print("[green]No object failed.[/]")


def _cells(counts: Counts) -> list[str]:
    numbers = (counts.created, counts.updated, counts.disabled, counts.deleted, counts.skipped)
    failed = f"[bold red]{counts.failed}[/]" if counts.failed else "0"
    return [*(str(number) for number in numbers), failed]


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
