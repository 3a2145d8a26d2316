"""`syncline key …`: the key that seals what is secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli import seam
from syncline.gateway.cli.options import Noun, as_json, secret
from syncline.gateway.cli.output import advise, facts, say, show
from syncline.gateway.cli.restore import begun_again


@click.group(cls=Noun)
def key() -> None:
    """Change the key that seals HubSpot's credentials, or go on without one that is lost.

    The key is in secret.key in the data folder, or in SYNCLINE_SECRET_KEY. It is in no backup.
    """


@key.command()
@click.option(
    "--new-key",
    metavar="KEY",
    help="The new key, when the key comes from SYNCLINE_SECRET_KEY; - reads it from standard input.",
)
@as_json
def rotate(new_key: str | None, as_json: bool) -> None:
    """Seal everything under a new key, while the server goes on working.

    Connections and SCIM tokens go on working. A rotation that was interrupted is finished by the next start, or by
    running the command again.
    """
    result = seam.call("key.rotate", new_key=secret(new_key, "New key"))
    show(result, as_json, _rotated)


@key.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
def forget(yes: bool, as_json: bool) -> None:
    """Go on although the key is lost: credentials are forgotten, SCIM tokens end, tenants go back to collecting."""
    if not yes:
        click.confirm("Forget every stored credential and end every SCIM token?", abort=True, err=True)
    show(seam.forget_key(), as_json, _forgotten)


def _rotated(result: Mapping[str, Any]) -> None:
    facts(
        [
            ("New key", f"{result['after']}, in {result['new_key']}"),
            ("Values sealed anew", result["values"]),
            ("Old key", f"{result['before']}" + (f", in {result['old_key']}" if result["old_key"] else "")),
        ]
    )
    if result["old_key"]:
        advise(
            "Backups made until now open with the old key only: move it to where they are, then delete it here. "
            "Copy the new one to a safe place."
        )
    else:
        advise("Put the new key into SYNCLINE_SECRET_KEY before the server is started the next time.")


def _forgotten(result: Mapping[str, Any]) -> None:
    begun_again(result["tenants"])
    say(result["message"])
