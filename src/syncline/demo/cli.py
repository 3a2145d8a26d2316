"""`syncline demo`."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import signal
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.panel import Panel

from syncline.clock import SystemClock
from syncline.demo.account import AccountReader
from syncline.demo.console import ConsoleRefused, Owner, become_owner
from syncline.demo.stage import Stage, StageError
from syncline.demo.story import TENANT, Story
from syncline.rehearsal import EntraSimulator


@click.command()
@click.option(
    "--exit", "leave", is_flag=True, help="End after the story; exit code 0 only if every check held."
)
@click.option(
    "--people", default=50, show_default=True, type=click.IntRange(20, 2000), help="Size of the company."
)
@click.option("--seed", default=7, show_default=True, help="Which company.")
@click.option(
    "--data", type=click.Path(path_type=Path), help="Where the two servers keep their data (a new folder)."
)
@click.option(
    "--picture", type=click.Path(path_type=Path), help="Also draw the tables it showed as an SVG file."
)
def demo(leave: bool, people: int, seed: int, data: Path | None, picture: Path | None) -> None:
    """Show the main job on real traffic: 50 people from Entra to HubSpot, movers, leavers, one who comes back.

    Starts the gateway and the portal on free ports of this machine, plays Entra against them over HTTP, and checks
    every claim at the portal's own API. Without --exit both servers stay up until Ctrl-C.
    """
    console = Console(highlight=False)
    with contextlib.ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="syncline-demo-")))
        folder.mkdir(parents=True, exist_ok=True)
        try:
            held = asyncio.run(_play(console, folder, people, seed, leave=leave, picture=picture))
        except (StageError, ConsoleRefused) as error:
            raise click.ClickException(str(error)) from error
    if not held:
        raise click.exceptions.Exit(1)


async def _play(
    console: Console, data: Path, people: int, seed: int, *, leave: bool, picture: Path | None
) -> bool:
    console.print(Panel("Syncline keeps HubSpot's users in line with your identity provider.", expand=False))
    stage = Stage(console, data)
    story = Story(stage, people, seed)
    account = await story.furnish_account()
    async with (
        stage.server("portal", "serve", "--port", "0", record="portal") as portal_url,
        stage.server("serve", "--port", "0", record="server") as gateway_url,
        AccountReader(portal_url, account["access_token"]) as reader,
    ):
        story.gateway_url = gateway_url
        token = await story.set_up_gateway(account, portal_url)
        entra = EntraSimulator(story.company, f"{gateway_url}/scim/v2", token, SystemClock())
        await story.first_cycle(entra)
        await story.plan_and_approve(reader)
        await story.joiner_on_demand(entra, reader)
        await story.movers(entra, reader)
        await story.leavers(entra, reader)
        await story.wrong_filter(entra, reader)
        await story.close(reader)
        _sum_up(console, story)
        if picture is not None:
            _draw(story, picture)
        if leave:
            console.print(
                "\n[bold]make demo[/bold] without ARGS=--exit leaves both servers up to look around in."
            )
        else:
            owner = await become_owner((await stage.ask("operator.link"))["link"])
            _say_where_to_look(console, story, data, gateway_url, portal_url, token, owner)
            console.print("\nBoth servers stay up. [bold]Ctrl-C[/bold] ends them.")
            await _interrupted()
    return story.verdict.holds


def _sum_up(console: Console, story: Story) -> None:
    checks, failed = story.verdict.checks, story.verdict.failed
    console.print()
    if failed:
        console.print(f"[bold red]{len(failed)} of {len(checks)} checks did not hold:[/bold red]")
        for check in failed:
            console.print(f"  ✘ {check.what}: expected {check.expected}, found {check.found}")
    else:
        console.print(f"[bold green]All {len(checks)} checks held.[/bold green]")


def _say_where_to_look(
    console: Console, story: Story, data: Path, gateway_url: str, portal_url: str, token: str, owner: Owner
) -> None:
    joiner = story.joiner.user_principal_name if story.joiner is not None else "E-MAIL"
    console.print(
        f"""
Where to look next
  console  {gateway_url}    sign in as {owner.email} with {owner.password}
  gateway  {gateway_url}    SCIM at {gateway_url}/scim/v2
  portal   {portal_url}    (it plays HubSpot; nothing here is a real account)
  token    {token}

  export SYNCLINE_DATA={data}
  syncline tenant show {TENANT}
  syncline users show {TENANT} {joiner}
  syncline events list {TENANT}
  syncline plan show {TENANT}
  syncline portal user list {TENANT}
""",
        soft_wrap=True,
        markup=False,
    )


def _draw(story: Story, picture: Path) -> None:
    """Draw the tables of the story as they looked in the terminal."""
    canvas = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
    for table in story.verdict.tables:
        canvas.print(table)
    drawn = canvas.export_svg(title="syncline demo")
    # The terminal's fonts are named, not fetched: a picture must not call out when it is looked at.
    picture.write_text(re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL), encoding="utf-8")


async def _interrupted() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
