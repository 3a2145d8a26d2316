"""`syncline reconcile …`: reading the account now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Command, as_json, tenant_argument
from syncline.gateway.cli.output import advise, facts, say, show
from syncline.gateway.cli.seam import call


@click.command(cls=Command)
@tenant_argument
@click.option("--status", is_flag=True, help="Only show how far the last reading came.")
@as_json
def reconcile(tenant: str, status: bool, as_json: bool) -> None:
    """Read the HubSpot account of a tenant whole, and compare.

    A server does this by itself every few hours (SYNCLINE_RECONCILE_HOURS). A reading that was interrupted is gone on
    with. What was changed at HubSpot is reported, enforced or accepted as `policy set --drift` says.
    """
    if status:
        show(call("reconcile.show", tenant=tenant), as_json, _shown)
        return
    show(call("reconcile.run", tenant=tenant), as_json, lambda told: _done(tenant, told))


def _shown(result: Mapping[str, Any]) -> None:
    facts((label.replace("_", " "), value) for label, value in result.items() if label != "missing")
    for sentence in result["missing"]:
        say(sentence)


def _done(tenant: str, result: Mapping[str, Any]) -> None:
    _shown(result)
    advise(f"`drift list {tenant}` shows what differs, `orphans list {tenant}` who is there unknown.")
