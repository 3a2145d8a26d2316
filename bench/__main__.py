"""`python -m bench`: measure, hold against the bounds, print; with `--write` keep it in docs/."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from bench import page, table
from bench.backlog import measure_backlog, measure_deactivations
from bench.beside import measure_beside
from bench.claims import claims
from bench.databases import measure_databases
from bench.generator import BenchFailed, load_generator
from bench.hubspot import measure_sync
from bench.machine import cores, description
from bench.operations import USER_OPERATIONS, operations
from bench.planning import measure_plan
from bench.results import Results
from bench.rounds import contenders, measure
from bench.scale import QUICK, SCALES, Scale
from bench.servers import ROOT, ServerFailed
from bench.starting import measure_start

PARTS = ("cost", "databases", "start", "plan", "console", "sync", "backlog")
STARTS = 3


class NotMeasured(click.ClickException):
    """The bench could not do its work; nothing is said about any promise."""

    exit_code = 2


@click.command()
@click.option(
    "--full", "scale", flag_value="full", help="More rounds, 100,000 users, scim2-server at 10,000."
)
@click.option("--smallest", "scale", flag_value="smallest", hidden=True, help="A few seconds, for the tests.")
@click.option(
    "--only", type=click.Choice(PARTS), multiple=True, help="Measure that part alone; may be repeated."
)
@click.option(
    "--operation",
    "wanted",
    type=click.Choice([operation.name for operation in USER_OPERATIONS]),
    multiple=True,
    help="Of the cost measure that operation on users alone; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
@click.option("--write", is_flag=True, help="Write docs/performance.md and its pictures.")
def main(
    scale: str | None, only: tuple[str, ...], wanted: tuple[str, ...], as_json: bool, write: bool
) -> None:
    """Measure the gateway beside the bare floor and scim2-server, and say which promises hold.

    Ends with 1 when one does not, with 2 when it could not be measured.
    Takes about a quarter of an hour; --full takes an hour.
    """
    chosen = SCALES[scale] if scale else QUICK
    if wanted:
        chosen, only = replace(chosen, operations=wanted, members=()), ("cost",)
    console = Console(stderr=as_json)
    try:
        with tempfile.TemporaryDirectory(prefix="syncline-bench-") as folder, _telling(console) as tell:
            results = run(chosen, only or PARTS, Path(folder), tell)
    except (BenchFailed, ServerFailed) as error:
        raise NotMeasured(str(error)) from error
    if as_json:
        click.echo(json.dumps(results.to_dict(), indent=2, ensure_ascii=False))
    else:
        show(console, results, chosen)
    if write:
        for path in page.write(results, titles(chosen), ROOT / "docs"):
            console.print(f"Wrote {path.relative_to(ROOT)}")
    sys.exit(0 if all(claim.holds for claim in results.claims) else 1)


def run(scale: Scale, parts: tuple[str, ...], folder: Path, tell: Callable[[str], None]) -> Results:
    """Measure the parts and hold them against the bounds."""
    results = Results(scale.name, description())
    available = cores()
    server_core, load_core = (available[-1], available[0]) if len(available) > 1 else (None, None)
    if "start" in parts:
        tell("an empty server")
        results.start = measure_start(folder / "start", STARTS)
    if "plan" in parts:
        tell(f"a plan over {scale.plan_people:,} people")
        results.plan = measure_plan(folder / "plan", scale)
    if "console" in parts:
        tell("writes beside users of the console")
        results.visited = measure_beside(folder / "console", scale)
    with load_generator(load_core) as generator:
        if "cost" in parts:
            with contenders(folder, server_core) as servers:
                results.costs = measure(servers, generator, scale, tell)
        if "sync" in parts:
            results.sync = measure_sync(folder / "sync", generator, scale, tell)
        if "databases" in parts:
            results.writes = measure_databases(folder / "databases", generator, scale, tell)
    if "backlog" in parts:
        results.backlogs = [measure_backlog(scale.backlog, oauth=oauth, tell=tell) for oauth in (False, True)]
        results.deactivations = measure_deactivations(scale.backlog, tell)
    results.claims = claims(results)
    return results


def titles(scale: Scale) -> dict[str, str]:
    """Return the operations' titles by name, in the order they are shown."""
    return {operation.name: operation.title for operation in operations(scale.members)}


def show(console: Console, results: Results, scale: Scale) -> None:
    """Print the tables for people."""
    if results.costs:
        costs = Table(*table.HEADINGS, title="What a request costs", caption=table.UNITS)
        for row in table.rows(results, titles(scale)):
            costs.add_row(*row)
        console.print(costs)
    promised = Table("promise", "found", "", title="What is promised")
    for claim in results.claims:
        promised.add_row(
            claim.promise, claim.found, "[green]holds[/]" if claim.holds else "[red]does not hold[/]"
        )
    console.print(promised)
    console.print(", ".join(f"{name} {value}" for name, value in results.machine.items()), style="dim")


@contextmanager
def _telling(console: Console) -> Iterator[Callable[[str], None]]:
    """Say what is being measured, on one line that is overwritten where there is a terminal."""
    with console.status("starting") as status:
        yield lambda words: status.update(words)


if __name__ == "__main__":
    main()
