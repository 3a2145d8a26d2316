"""`syncline config …`: all choices of a tenant as one YAML document, to be kept beside other code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TextIO

import click

from syncline.gateway.cli.options import Noun, as_json, tenant_argument
from syncline.gateway.cli.output import heading, say, show, table
from syncline.gateway.cli.proposing import change, confirmed, preview_facts, previewed
from syncline.gateway.cli.seam import call

_FILE = click.argument("file", type=click.File("r", encoding="utf-8"))


@click.group(cls=Noun)
def config() -> None:
    """Keep all choices of a tenant as a YAML document: export it, compare it, apply it.

    Permission sets and teams are named as HubSpot names them and found by name when the document is applied.
    """


@config.command()
@tenant_argument
@as_json
def export(tenant: str, as_json: bool) -> None:
    """Print the document of all choices; no secret is part of it."""
    from syncline.gateway.cli.yaml_documents import write_document

    show(call("config.export", tenant=tenant), as_json, lambda document: click.echo(write_document(document)))


@config.command()
@tenant_argument
@_FILE
@as_json
def diff(tenant: str, file: TextIO, as_json: bool) -> None:
    """Show what applying FILE (- for standard input) would change, and how many people it would move."""
    show(call("config.diff", tenant=tenant, document=_read(file)), as_json, _compared)


@config.command()
@tenant_argument
@_FILE
@previewed
@confirmed
@as_json
def apply(tenant: str, file: TextIO, **how: Any) -> None:
    """Have the choices be what FILE (- for standard input) says: all of them, or none if one cannot be.

    A section that is not in FILE stays as it is; applying the same FILE again changes nothing.
    """
    change(tenant, "config.apply", {"document": _read(file)}, _applied, **how)


def _read(file: TextIO) -> dict[str, Any]:
    from syncline.gateway.cli.yaml_documents import DocumentError, read_document

    try:
        return read_document(file.read())
    except (DocumentError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file.name} cannot be read: {error}") from error


def _compared(result: Mapping[str, Any]) -> None:
    _changes(result["changes"])
    if result["preview"] is None:
        say("The tenant is not connected to HubSpot yet: nobody is decided about.")
    elif result["changes"]:
        heading("People")
        preview_facts(result["preview"])


def _applied(result: Mapping[str, Any]) -> None:
    _changes(result["changes"])
    for webhook in result["webhooks"]:
        say(f"Webhook {webhook['address']} is signed with this secret, shown once: {webhook['secret']}")


def _changes(changes: list[Mapping[str, Any]]) -> None:
    rows = [(each["what"], _said(each["before"]), _said(each["after"])) for each in changes]
    table(("what", "before", "after"), rows, empty="Everything is so already: there is nothing to change.")


def _said(value: object) -> object:
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else value
