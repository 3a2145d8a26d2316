"""`syncline events …`: the provisioning log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, paged, tenant_argument
from syncline.gateway.cli.output import facts, heading, more, say, show, table
from syncline.gateway.cli.seam import call


@click.group(cls=Noun)
def events() -> None:
    """Read the provisioning log: who, what, why, when.

    Everything that happened to one request or one person carries one correlation id.
    """


@events.command("list")
@tenant_argument
@click.option("--user", help="Only events about this person (id, userName or e-mail).")
@click.option("--kind", help="Only events of this kind.")
@click.option(
    "--reads", is_flag=True, help="Instead of events, what the provider asked for without changing anything."
)
@paged
@as_json
def list_events(
    tenant: str,
    user: str | None,
    kind: str | None,
    reads: bool,
    limit: int,
    after: str | None,
    as_json: bool,
) -> None:
    """List events, the latest first."""
    if after is not None and not after.isdecimal():
        raise click.UsageError("--after takes what the page before named.")
    cursor = None if after is None else int(after)
    if reads:
        if user is not None or kind is not None:
            raise click.UsageError(
                "--reads goes with neither --user nor --kind: reads concern nobody in particular."
            )
        show(call("events.reads", tenant=tenant, limit=limit, after=cursor), as_json, _reads_listed)
        return
    result = call("events.list", tenant=tenant, user=user, kind=kind, limit=limit, after=cursor)
    show(result, as_json, _listed)


@events.command("show")
@tenant_argument
@click.argument("seq", type=int)
@as_json
def show_event(tenant: str, seq: int, as_json: bool) -> None:
    """Show one event in full."""
    show(call("events.show", tenant=tenant, seq=seq), as_json, _shown)


def event_rows(known: Sequence[Mapping[str, Any]]) -> None:
    """Print events as a table."""
    columns = ("seq", "at", "kind", "subject", "summary")
    table(
        columns, [[event[column] for column in columns] for event in known], empty="There is no such event."
    )


def _reads_listed(result: Mapping[str, Any]) -> None:
    columns = ("at", "operation", "path", "status", "took_ms", "client", "user_agent")
    rows = [[read[column] for column in columns] for read in result["reads"]]
    table(columns, rows, empty="No read is on record; the newest are written once a second.")
    more(result)


def _listed(result: Mapping[str, Any]) -> None:
    event_rows(result["events"])
    more(result)


def _shown(result: Mapping[str, Any]) -> None:
    facts((label.replace("_", " "), value) for label, value in result.items() if label != "detail")
    if result.get("detail"):
        heading("Detail")
        for line in json.dumps(result["detail"], indent=2, ensure_ascii=False).splitlines():
            say(line)
