"""`syncline backup`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from syncline.gateway.cli.options import Command, as_json
from syncline.gateway.cli.output import advise, facts, show
from syncline.gateway.cli.seam import call


@click.command(cls=Command)
@click.option(
    "--to", metavar="FILE", help="A file that is not there yet (backups/syncline-….tar in the data folder)."
)
@as_json
def backup(to: str | None, as_json: bool) -> None:
    """Write everything but the key into one file, while the server goes on working.

    The key that seals HubSpot's credentials is never part of a backup. Keep it, too, and somewhere else: without it
    a restore must do without those credentials and without the SCIM tokens.
    """
    file = None if to is None else str(Path(to).expanduser().absolute())
    show(call("backup.create", to=file), as_json, _made)


def _made(result: Mapping[str, Any]) -> None:
    facts(
        [
            ("Backup", result["file"]),
            ("Size", f"{result['size'] / 1_000_000:,.1f} MB"),
            ("Revision", result["revision"]),
            ("Sealed with key", result["key"]),
        ]
    )
    advise(
        f"The key is not in it. It is in {result['key_place']}: keep a copy, apart from the backups. "
        "Restore with: syncline restore FILE --data DIR"
    )
