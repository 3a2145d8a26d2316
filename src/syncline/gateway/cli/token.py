"""`syncline token …`: the credentials identity providers sign in with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, tenant_argument
from syncline.gateway.cli.output import advise, facts, say, show, table
from syncline.gateway.cli.seam import call


@click.group(cls=Noun)
def token() -> None:
    """Create, list and revoke the tokens identity providers sign in with.

    A tenant may have several tokens at a time, so that one can replace another without a gap.
    """


@token.command()
@tenant_argument
@click.option("--description", help="What it is for, to recognise it later.")
@click.option(
    "--expires-in-days", type=click.IntRange(1, 3650), metavar="DAYS", help="Until when it is valid."
)
@as_json
def create(tenant: str, description: str | None, expires_in_days: int | None, as_json: bool) -> None:
    """Create a token. It is shown this once: only a fingerprint is kept."""
    result = call("token.create", tenant=tenant, description=description, expires_in_days=expires_in_days)
    show(result, as_json, _created)


@token.command("list")
@tenant_argument
@as_json
def list_tokens(tenant: str, as_json: bool) -> None:
    """List the tokens of a tenant: when they expire, when they were last used."""
    show(call("token.list", tenant=tenant), as_json, _listed)


@token.command()
@tenant_argument
@click.argument("token_id")
@as_json
def revoke(tenant: str, token_id: str, as_json: bool) -> None:
    """Revoke a token; the next request that carries it is refused."""
    result = call("token.revoke", tenant=tenant, token_id=token_id)
    show(result, as_json, lambda _: say(f"Token {token_id} is revoked."))


def _created(result: Mapping[str, Any]) -> None:
    facts(
        [
            ("SCIM address", result["scim_base_url"]),
            ("Token", result["token"]),
            ("Expires", result["expires_at"] or "never"),
        ]
    )
    advise("Copy the token now, it is not shown again. Both lines go into the identity provider.")


def _listed(result: Mapping[str, Any]) -> None:
    columns = ("token_id", "description", "created_at", "expires_at", "last_used_at", "revoked_at")
    rows = [[entry[column] for column in columns] for entry in result["tokens"]]
    table([column.replace("_", " ") for column in columns], rows, empty="This tenant has no token yet.")
