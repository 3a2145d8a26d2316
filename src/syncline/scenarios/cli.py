"""`syncline rehearse scenario`: play out what can go wrong, before it does."""

from __future__ import annotations

import asyncio
import importlib
import tempfile
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console

from syncline.demo.checks import Check, Verdict
from syncline.rehearsal.cli import rehearse
from syncline.scenarios.stage import ScenarioError, stage

SCENARIOS = ("outage", "mass-leaver", "renamed-role", "revoked-grant", "drift")
__all__ = ["rehearse", "scenario"]


@rehearse.command()
@click.argument("name", type=click.Choice([*SCENARIOS, "all"]))
@click.option("--seed", default=7, show_default=True, help="Which company.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
def scenario(name: str, seed: int, as_json: bool) -> None:
    """Play out what can go wrong, with real servers and compressed time; ends with 0 only if everything held.

    Starts a gateway and a portal of its own on free ports and deletes what they leave behind. Days pass in seconds.
    """
    console = Console(highlight=False, quiet=as_json)
    verdict = Verdict()
    told: dict[str, list[dict[str, Any]]] = {}
    for each in SCENARIOS if name == "all" else (name,):
        module = importlib.import_module(f"syncline.scenarios.{each.replace('-', '_')}")
        console.print(module.SENTENCE)
        try:
            with console.status("Playing it out …"):
                checks = asyncio.run(_play(module, seed))
        except ScenarioError as error:
            raise click.ClickException(str(error)) from error
        verdict.show(console, each, checks)
        told[each] = [_told(check) for check in checks]
    if as_json:
        click.echo(orjson.dumps({"scenarios": told, "holds": verdict.holds}, option=orjson.OPT_INDENT_2))
    if not verdict.holds:
        raise click.exceptions.Exit(1)


async def _play(module: Any, seed: int) -> list[Check]:
    with tempfile.TemporaryDirectory(prefix="syncline-scenario-") as folder:
        oauth = getattr(module, "OAUTH", False)
        async with stage(Path(folder), people=module.PEOPLE, seed=seed, oauth=oauth) as opened:
            checks: list[Check] = await module.play(opened)
            return checks


def _told(check: Check) -> dict[str, Any]:
    return {
        "check": check.what,
        "expected": _plain(check.expected),
        "found": _plain(check.found),
        "holds": check.holds,
    }


def _plain(value: object) -> object:
    return sorted(map(str, value)) if isinstance(value, set | frozenset) else value
