"""`syncline restore`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from syncline.gateway.cli import seam
from syncline.gateway.cli.options import Command, as_json
from syncline.gateway.cli.output import advise, facts, say, show, table


@click.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--without-key", is_flag=True, help="The key is lost: forget what it sealed, and say what to enter again."
)
@as_json
def restore(file: Path, without_key: bool, as_json: bool) -> None:
    """Put a backup into an empty data folder, with every tenant back in plan mode.

    What the identity provider asked for after the backup was made is missing in it: somebody who left since would get
    access again. So nothing is sent to HubSpot until the plan of each tenant is approved again.

    Put the key (secret.key, mode 600) into the folder first, or set SYNCLINE_SECRET_KEY.
    """
    show(seam.restore(file.expanduser().absolute(), without_key=without_key), as_json, _restored)


def begun_again(tenants: Sequence[Mapping[str, Any]]) -> None:
    """Print what each tenant has lost, and what to do about it."""
    columns = ("tenant", "mode before", "mode", "connect again to", "tokens ended")
    names = ("tenant", "mode_before", "mode", "connect_again", "tokens_ended")
    table(columns, [[each[name] for name in names] for each in tenants], empty="There was no tenant.")


def _restored(result: Mapping[str, Any]) -> None:
    facts([("Restored", result["file"]), ("Made at", result["made_at"]), ("Into", result["data"])])
    begun_again(result["tenants"])
    say(result["message"])
    advise("Next: syncline serve, then: syncline doctor")
