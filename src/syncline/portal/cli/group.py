"""The group itself and `serve`."""

from __future__ import annotations

from pathlib import Path

import click

from syncline.datafolder import DataFolderError
from syncline.portal.cli.account import account
from syncline.portal.cli.app import app
from syncline.portal.cli.domain import domain, resolver_option
from syncline.portal.cli.env import env
from syncline.portal.cli.fault import fault
from syncline.portal.cli.furniture import permission_set, team
from syncline.portal.cli.options import data_option
from syncline.portal.cli.project import project
from syncline.portal.cli.user import user
from syncline.portal.dns.resolver import DnsResolver
from syncline.portal.domain.errors import SetupError
from syncline.portal.program import DEFAULT_HOST, DEFAULT_PORT, Addresses, PortalSettings, run
from syncline.sql.errors import StoreError


@click.group(no_args_is_help=True)
def portal() -> None:
    """Rehearse against a HubSpot-compatible account of your own.

    The portal keeps accounts in portal.db in the data folder and serves HubSpot's APIs of users, teams, seats,
    owners, records, account details and logs, developer projects, OAuth with its consent page, and native SCIM. It
    is not HubSpot,
    and nothing it holds leaves this machine.
    """


@portal.command()
@data_option
@click.option(
    "--host", default=DEFAULT_HOST, show_default=True, metavar="ADDRESS", help="The address to listen on."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=DEFAULT_PORT,
    show_default=True,
    metavar="NUMBER",
    help="The port to listen on; 0 takes any free one.",
)
@click.option(
    "--tls-port",
    type=click.IntRange(0, 65_535),
    metavar="NUMBER",
    help="Serve TLS on loopback too, as HubSpot's command line needs it; see `portal env`.",
)
@click.option(
    "--proxy-port",
    type=click.IntRange(0, 65_535),
    metavar="NUMBER",
    help="Run a CONNECT proxy on loopback, through which that command line finds project templates.",
)
@resolver_option
def serve(
    data: Path,
    host: str,
    port: int,
    tls_port: int | None,
    proxy_port: int | None,
    resolver: DnsResolver,
) -> None:
    """Serve the accounts until stopped (Ctrl-C, or SIGTERM)."""
    if proxy_port is not None and tls_port is None:
        raise click.UsageError("--proxy-port leads to the TLS port: give --tls-port too.")
    try:
        run(PortalSettings(data, host, port, tls_port, proxy_port, resolver), announce=_announce)
    except (SetupError, DataFolderError, StoreError) as error:
        raise click.ClickException(str(error)) from None


def _announce(addresses: Addresses) -> None:
    address = addresses.address
    click.echo(f"REHEARSAL portal listening on {address}  (API at {address}, SCIM at {address}/scim/v2)")
    if addresses.tls_address is not None:
        click.echo(
            f'For HubSpot\'s command line:  eval "$(syncline portal env ACCOUNT)"  ({addresses.tls_address})'
        )
    if addresses.proxy_address is not None:
        click.echo(
            f"and for `hs project create`:   … portal env ACCOUNT --proxy  ({addresses.proxy_address})"
        )


portal.add_command(account)
portal.add_command(app)
portal.add_command(domain)
portal.add_command(env)
portal.add_command(fault)
portal.add_command(permission_set)
portal.add_command(project)
portal.add_command(team)
portal.add_command(user)
