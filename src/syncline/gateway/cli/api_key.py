"""`syncline api-key …`: keys to the admin API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json
from syncline.gateway.cli.output import advise, facts, say, show, table
from syncline.gateway.cli.seam import call

_ROLES = click.Choice(["owner", "administrator", "approver", "auditor", "viewer"])


@click.group(cls=Noun)
def api_key() -> None:
    """Make, list and revoke keys to the admin API.

    It is at /api/v1. A key has one role, for one tenant or for all of them, as operators have.
    """


@api_key.command()
@click.option("--role", type=_ROLES, default="viewer", show_default=True, help="What it may do.")
@click.option("--tenant", metavar="TENANT", help="For this tenant only, not for all.")
@click.option("--description", default="", help="What it is for, to recognise it later.")
@click.option(
    "--expires-in-days", type=click.IntRange(1, 3650), metavar="DAYS", help="Until when it is valid."
)
@as_json
def create(
    role: str, tenant: str | None, description: str, expires_in_days: int | None, as_json: bool
) -> None:
    """Create a key. It is shown this once: only a fingerprint is kept."""
    result = call(
        "api_key.create",
        role=role,
        tenant=tenant,
        description=description,
        expires_in_days=expires_in_days,
    )
    show(result, as_json, _created)


@api_key.command("list")
@as_json
def list_keys(as_json: bool) -> None:
    """List keys: what they may do, when they expire, when they were last used."""
    show(call("api_key.list"), as_json, _listed)


@api_key.command()
@click.argument("key_id")
@as_json
def revoke(key_id: str, as_json: bool) -> None:
    """Revoke a key; the next request that carries it is refused."""
    show(call("api_key.revoke", key_id=key_id), as_json, lambda _: say(f"Key {key_id} is revoked."))


def _created(result: Mapping[str, Any]) -> None:
    facts(
        [
            ("API key", result["api_key"]),
            ("Role", result["role"]),
            ("Tenant", result["tenant_id"] or "all"),
            ("Expires", result["expires_at"] or "never"),
        ]
    )
    advise("Copy the key now, it is not shown again. Requests carry it as Authorization: Bearer KEY.")


def _listed(result: Mapping[str, Any]) -> None:
    columns = ("key_id", "role", "tenant_id", "description", "expires_at", "last_used_at", "revoked_at")
    rows = [[entry[column] for column in columns] for entry in result["api_keys"]]
    table([column.replace("_", " ") for column in columns], rows, empty="There is no API key yet.")
