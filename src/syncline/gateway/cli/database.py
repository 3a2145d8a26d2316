"""`syncline database …`: where everything is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli import seam
from syncline.gateway.cli.options import Noun, as_json, secret
from syncline.gateway.cli.output import advise, facts, heading, say, show, table


@click.group(cls=Noun)
def database() -> None:
    """Move everything from SQLite to PostgreSQL, or look the database over.

    Without SYNCLINE_DATABASE_URL everything is in gateway.db in the data folder. The key that seals credentials and
    the local socket stay in the data folder on every database.
    """


@database.command()
@click.option(
    "--to",
    metavar="URL",
    required=True,
    help="An empty database: postgresql://USER:PASSWORD@HOST/DATABASE. - reads the URL from standard input.",
)
@as_json
def move(to: str, as_json: bool) -> None:
    """Copy everything to an empty PostgreSQL database, and check the copy. Stop the server first.

    What is in the data folder stays as it is. Stopped halfway, the command leaves the new database empty: run it again.
    """
    show(seam.move_database(secret(to, "Database URL") or ""), as_json, _moved)


@database.command()
@click.option("--recount", is_flag=True, help="First count anew what is kept counted. Stop the server first.")
@as_json
def check(recount: bool, as_json: bool) -> None:
    """Look the database over: where it is, what it holds, whether its parts agree. A server may be using it.

    The exit code is 1 when something is found.
    """
    result = seam.check_database(recount=recount)
    show(result, as_json, _checked)
    if result["findings"]:
        raise click.exceptions.Exit(1)


def _moved(result: Mapping[str, Any]) -> None:
    columns = ("table", "rows", "checksum")
    table(columns, [[each[column] for column in columns] for each in result["tables"]])
    facts([("From", result["source"]), ("To", result["target"]), ("Rows", result["rows"])])
    say("Every table was read back and is the same.")
    advise(
        "Next: set SYNCLINE_DATABASE_URL to the new database for the server and for every command, keep the data "
        f"folder {result['data']} (it holds the key), and start: syncline serve. gateway.db is no longer used; "
        "what is written from now on is not in it."
    )


def _checked(result: Mapping[str, Any]) -> None:
    facts(
        [
            ("Database", result["address"]),
            ("Runs on", result["version"]),
            ("Revision", f"{result['revision'] or 'none'} of {result['latest']}"),
        ]
    )
    table(("table", "rows"), sorted(result["rows"].items()), empty="It has no tables yet.")
    if result["findings"]:
        heading("Found")
        for finding in result["findings"]:
            say(finding)
    else:
        say("Nothing is wrong.")
