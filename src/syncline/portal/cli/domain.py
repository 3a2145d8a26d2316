"""`syncline portal domain …`: the domains whose people SCIM may provision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from syncline.clock import SystemClock
from syncline.portal import administration
from syncline.portal.cli.options import data_option, json_option, use
from syncline.portal.cli.output import facts, show, table
from syncline.portal.dns.resolver import DnsResolver, parse_server
from syncline.portal.domain.errors import SetupError

F = TypeVar("F", bound=Callable[..., Any])


@click.group(no_args_is_help=True)
def domain() -> None:
    """Verify domains by a TXT record: SCIM provisions only people with an address in one of them."""


def resolver_option(command: F) -> F:
    """Add `--resolver`, given to the function as a resolver."""
    return click.option(
        "--resolver",
        metavar="HOST[:PORT]",
        callback=_resolver,
        help="The DNS server to ask, by IP address; else those this machine uses.",
    )(command)


def _resolver(_context: click.Context, _parameter: click.Parameter, given: str | None) -> DnsResolver:
    try:
        return DnsResolver(*([parse_server(given)] if given else []))
    except SetupError as error:
        raise click.BadParameter(str(error)) from None


@domain.command()
@click.argument("account")
@click.argument("domain", metavar="DOMAIN")
@data_option
@json_option
def add(account: str, domain: str, data: Path, as_json: bool) -> None:
    """Begin to verify DOMAIN: prints the TXT record to publish with your DNS provider."""
    result = use(data, lambda store: administration.add_domain(store, SystemClock(), account, domain))
    show(result, as_json, _added)


@domain.command()
@click.argument("account")
@click.argument("domain", metavar="DOMAIN")
@resolver_option
@data_option
@json_option
def check(account: str, domain: str, resolver: DnsResolver, data: Path, as_json: bool) -> None:
    """Look for the record of DOMAIN in the DNS now. A running portal looks by itself for 48 hours.

    Exit code 2 while the domain is not verified.
    """
    result = use(
        data,
        lambda store: administration.check_domain_now(store, SystemClock(), resolver, account, domain),
    )
    show(result, as_json, _shown)
    if result["state"] != "verified":
        raise SystemExit(2)


@domain.command("list")
@click.argument("account")
@data_option
@json_option
def list_domains(account: str, data: Path, as_json: bool) -> None:
    """List the domains of an account."""
    show(use(data, lambda store: administration.list_domains(store, account)), as_json, _listed)


@domain.command()
@click.argument("account")
@click.argument("domain", metavar="DOMAIN")
@data_option
@json_option
def remove(account: str, domain: str, data: Path, as_json: bool) -> None:
    """Take DOMAIN from an account; its people stay, SCIM takes nobody new."""
    result = use(data, lambda store: administration.remove_domain(store, account, domain))
    show(result, as_json, lambda done: click.echo(f"{done['removed']} is no longer a domain of {account}."))


def _added(result: Mapping[str, Any]) -> None:
    click.echo("Publish this record with your DNS provider:\n")
    facts((label, result[label.lower()]) for label in ("Type", "Host", "Value"))
    click.echo(f"\nThen: syncline portal domain check ACCOUNT {result['domain']}")


def _shown(result: Mapping[str, Any]) -> None:
    if result["problem"]:
        click.echo(f"{result['problem']}.")
    labels = ("domain", "state", "type", "host", "value", "looked_at", "next_look_at")
    facts((label.replace("_", " "), result[label]) for label in labels)
    table(
        ("looked up", "outcome", "found", "asked"),
        [(one["name"], one["outcome"], one["found"], one["asked"]) for one in result["looked_up"]],
        empty="",
    )
    for sentence in result["what_to_check"]:
        click.echo(sentence)


def _listed(result: Mapping[str, Any]) -> None:
    table(
        ("domain", "state", "host", "value"),
        [
            (
                one["domain"],
                "verified by hand" if one["by_hand"] else one["state"],
                one.get("host"),
                one.get("value"),
            )
            for one in result["domains"]
        ],
        empty="The account has no domain: syncline portal domain add ACCOUNT DOMAIN",
    )
