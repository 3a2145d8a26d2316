"""`syncline serve`."""

from __future__ import annotations

import click

from syncline.gateway.cli import seam
from syncline.gateway.cli.options import Command


@click.command(cls=Command)
@click.option("--host", metavar="ADDRESS", help="The address to listen on (127.0.0.1).")
@click.option("--port", metavar="NUMBER", help="The port to listen on (8080); 0 takes any free one.")
@click.option(
    "--public-url", metavar="URL", help="The address identity providers and people use to reach this server."
)
@click.option("--database-url", metavar="URL", help="SQLite in the data folder, or postgresql://… .")
@click.option(
    "--trusted-proxies", metavar="NETWORKS", help="Reverse proxies to believe, separated by commas."
)
@click.option("--allow-private-hubspot", metavar="HOSTS", help="Private hosts that may stand in for HubSpot.")
@click.option(
    "--worker/--no-worker", default=None, help="Deliver to HubSpot from this process, or only take in."
)
@click.option("--log-level", metavar="LEVEL", help="debug, info, warning or error.")
@click.option("--log-format", metavar="FORMAT", help="text or json.")
def serve(**given: str | bool | None) -> None:
    """Run the gateway until it is told to stop (Ctrl-C, or SIGTERM).

    It serves SCIM at /scim/v2, health at /livez and /readyz, and metrics at /metrics. What an option does not
    say comes from its SYNCLINE_ variable; docs/reference/settings.md lists them all.
    """
    seam.serve(seam.settings_of_command(**given))
