"""`connection authorize` on the terminal: the address, the browser, and the wait for the answer."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from syncline.gateway.cli.seam import call, server_answers_callbacks

POLL_SECONDS = 1.0


def begin(tenant: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Begin to ask, print the address and open it where there is a person; needs a server to come back to."""
    if not server_answers_callbacks():
        raise click.ClickException(
            "HubSpot sends the answer to the running server, and none runs on this data folder: start "
            "`syncline serve` first."
        )
    begun: Mapping[str, Any] = call("connection.authorize", tenant=tenant, **given)
    click.echo("Open this address as a super admin of the HubSpot account:\n", err=True)
    click.echo(begun["url"], err=True)
    click.echo(f"\nIt comes back to {begun['redirect_uri']}, which the app has to list.", err=True)
    if sys.stdout.isatty():
        click.launch(begun["url"])
    return begun


def wait_for_answer(tenant: str, begun: Mapping[str, Any]) -> None:
    """Return when the account is connected; whatever else becomes of the request ends the command."""
    with _spinner("Waiting for the answer from HubSpot (Ctrl-C stops waiting, not the request)"):
        while (
            answer := call(
                "connection.authorization", tenant=tenant, authorization_id=begun["authorization_id"]
            )
        )["state"] == "waiting":
            time.sleep(POLL_SECONDS)
    if answer["state"] != "connected":
        raise click.ClickException(answer["sentence"])
    click.echo(answer["sentence"], err=True)


@contextmanager
def _spinner(text: str) -> Iterator[None]:
    """Show that something goes on, on a terminal; elsewhere say it once."""
    if not sys.stderr.isatty():
        click.echo(text, err=True)
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(text):
        yield
