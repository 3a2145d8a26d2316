"""`syncline portal fault …`: order what goes wrong for an account."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from syncline.clock import SystemClock
from syncline.portal import administration
from syncline.portal.cli.options import data_option, json_option, use
from syncline.portal.cli.output import facts, show, table
from syncline.portal.faults.order import POLICIES, FaultKind


@click.group(no_args_is_help=True)
def fault() -> None:
    """Order faults for an account: a bad network, a HubSpot in trouble, a change behind the client's back.

    A running portal takes orders at once. It counts calls from its start.
    """


@fault.command()
@click.argument("account")
@click.argument("kind", type=click.Choice([kind.value for kind in FaultKind]))
@click.option(
    "--call", metavar='"METHOD PATH"', help="The calls it meets; * stands for anything, alone for every call."
)
@click.option("--nth", type=int, metavar="NUMBER", help="The first of those calls it strikes (1).")
@click.option("--times", type=int, metavar="NUMBER", help="How many it strikes from there (1); 0 for all.")
@click.option("--after", "after_seconds", type=int, metavar="SECONDS", help="It begins so much later.")
@click.option("--for", "for_seconds", type=int, metavar="SECONDS", help="It lasts so long, and strikes all.")
@click.option("--milliseconds", type=int, metavar="NUMBER", help="The span of latency, pauses, timeouts.")
@click.option("--bytes", type=int, metavar="NUMBER", help="Bytes a second, of a piece, or until the cut.")
@click.option("--status", type=int, metavar="5xx", help="The status of an error (503).")
@click.option("--retry-after", type=int, metavar="SECONDS", help="A Retry-After header with errors and 429.")
@click.option("--policy", type=click.Choice(POLICIES), help="The limit a 429 names.")
@click.option("--name", metavar="NAME", help="The permission set, or the kind of seat.")
@click.option("--to", metavar="NAME", help="The new name of a permission set.")
@data_option
@json_option
def add(account: str, kind: str, data: Path, as_json: bool, **given: Any) -> None:
    """Order a fault: by call (--nth, --times) or by the clock (--after, --for)."""
    result = use(data, lambda store: administration.add_fault(store, SystemClock(), account, kind, **given))
    show(result, as_json, lambda ordered: facts(ordered.items()))


@fault.command("list")
@click.argument("account")
@data_option
@json_option
def list_faults(account: str, data: Path, as_json: bool) -> None:
    """List what is ordered, over or not."""
    show(use(data, lambda store: administration.list_faults(store, account)), as_json, _listed)


@fault.command()
@click.argument("account")
@click.argument("numbers", type=int, nargs=-1, metavar="[NUMBER]...")
@data_option
@json_option
def clear(account: str, numbers: tuple[int, ...], data: Path, as_json: bool) -> None:
    """Cancel orders by number, all without one."""
    result = use(data, lambda store: administration.clear_faults(store, account, numbers))
    show(result, as_json, lambda done: click.echo(f"{done['cleared']} cancelled."))


def _listed(result: Mapping[str, Any]) -> None:
    known = ("number", "kind", "call", "nth", "times", "begins", "ends")
    rows = [
        (
            *(entry.get(name) for name in known),
            [f"{name} {value}" for name, value in entry.items() if name not in known],
        )
        for entry in result["faults"]
    ]
    table((*known, "details"), rows, empty="Nothing is ordered.")
