"""`syncline portal env`: what a shell needs so that HubSpot's own command line works on an account."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from syncline.clock import SystemClock
from syncline.portal import administration
from syncline.portal.cli.options import data_option, json_option, use
from syncline.portal.cli.output import show
from syncline.portal.program import recorded_addresses
from syncline.portal.tls import tls_files


@click.command()
@click.argument("account")
@click.option(
    "--proxy",
    is_flag=True,
    help="Lead `hs project create` to the portal's templates, too; every other host is then refused.",
)
@data_option
@json_option
def env(account: str, proxy: bool, data: Path, as_json: bool) -> None:
    """Print exports for HubSpot's `hs` command: eval "$(syncline portal env ACCOUNT)".

    Then `hs project upload --use-env` goes to ACCOUNT of the running portal, which must serve TLS. The exports
    hold the account's personal access key.
    """
    addresses = recorded_addresses(data)
    if addresses is None or addresses.tls_address is None:
        raise click.ClickException(
            "No portal with TLS runs on this data folder; start one with: "
            "syncline portal serve --tls-port 8443 --proxy-port 8480"
        )
    if proxy and addresses.proxy_address is None:
        raise click.ClickException(
            "The portal runs without its proxy; start it with: "
            "syncline portal serve --tls-port 8443 --proxy-port 8480"
        )
    tls_address = addresses.tls_address
    variables = use(
        data,
        lambda store: administration.developer_environment(
            store,
            SystemClock(),
            account,
            tls_address=tls_address,
            authority=tls_files(data.resolve()).authority,
            proxy_address=addresses.proxy_address if proxy else None,
        ),
    )
    show(variables, as_json, lambda _: _exports(variables))


def _exports(variables: dict[str, str]) -> None:
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")
