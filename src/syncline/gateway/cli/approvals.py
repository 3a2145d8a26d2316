"""`syncline approvals …`: privileged permission sets that wait for an operator's word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.agreeing import because_option, say_agreed
from syncline.gateway.cli.options import Noun, as_json, tenant_argument
from syncline.gateway.cli.output import show, table
from syncline.gateway.cli.seam import call


@click.group(cls=Noun)
def approvals() -> None:
    """See who would get a privileged permission set, and approve it.

    An approval holds for one person and one permission set, by its id, and is used up when it is carried out.
    """


@approvals.command("list")
@tenant_argument
@click.option("--given", is_flag=True, help="Instead, what is approved and nothing has come of yet.")
@as_json
def list_approvals(tenant: str, given: bool, as_json: bool) -> None:
    """List the privileged grants that wait."""
    if given:
        show(call("approvals.given", tenant=tenant), as_json, _given)
    else:
        show(call("approvals.list", tenant=tenant), as_json, _listed)


@approvals.command()
@tenant_argument
@as_json
def pending(tenant: str, as_json: bool) -> None:
    """List what one person has approved and a second one must (`policy set --four-eyes on`).

    The second person gives the same command as the first. What has expired does nothing: begin again.
    """
    show(call("approvals.pending", tenant=tenant), as_json, _pending)


@approvals.command()
@tenant_argument
@click.argument("user", required=False)
@click.option("--all", "everybody", is_flag=True, help="Every grant that waits.")
@because_option
@as_json
def grant(tenant: str, user: str | None, everybody: bool, because: str | None, as_json: bool) -> None:
    """Approve one person's privileged grant, or all that wait."""
    result = call("approvals.grant", tenant=tenant, user=user, everybody=everybody, because=because)
    show(result, as_json, lambda told: say_agreed(told["granted"], "approved", told["pending"]))


def _listed(result: Mapping[str, Any]) -> None:
    rows = [
        (each["email"], each["permission_set"], each["hold"]["sentence"] if each["hold"] else "")
        for each in result["approvals"]
    ]
    table(("e-mail", "permission set", "why it waits"), rows, empty="Nothing waits for approval.")


def _given(result: Mapping[str, Any]) -> None:
    rows = [
        (each["email"], each["subject"], each["by"], each["at"], each["because"], _end(each))
        for each in result["given"]
    ]
    columns = ("e-mail", "what", "by", "at", "because", "counts until")
    table(columns, rows, empty="Nothing is approved that has not been done.")


def _pending(result: Mapping[str, Any]) -> None:
    rows = [
        (each["subject"], each["by"], each["at"], each["because"], _end(each)) for each in result["pending"]
    ]
    table(("what", "by", "at", "because", "counts until"), rows, empty="Nothing waits for a second person.")


def _end(entry: Mapping[str, Any]) -> str:
    return "expired" if entry["expired"] else str(entry["expires_at"])
