"""`syncline leavers …`: people past the deletion threshold, who wait for an operator's word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from syncline.gateway.cli.agreeing import because_option, say_agreed
from syncline.gateway.cli.options import Noun, as_json, tenant_argument
from syncline.gateway.cli.output import say, show, table
from syncline.gateway.cli.seam import call

F = TypeVar("F", bound=Callable[..., Any])


@click.group(cls=Noun)
def leavers() -> None:
    """See who is staged because more people leave than usual, and let them go.

    Staged people still have access at HubSpot. Nobody staged ever goes by himself: release them, keep some of them,
    or take the change back in the directory. Who went before the brake held can be restored.
    """


@leavers.command("list")
@tenant_argument
@click.option("--gone", is_flag=True, help="Instead, who has lost access within the last day.")
@as_json
def list_leavers(tenant: str, gone: bool, as_json: bool) -> None:
    """List the staged leavers."""
    if gone:
        show(call("leavers.gone", tenant=tenant), as_json, _gone)
    else:
        show(call("leavers.list", tenant=tenant), as_json, _listed)


@leavers.command()
@tenant_argument
@click.argument("user", required=False)
@click.option("--all", "everybody", is_flag=True, help="Everybody who is staged.")
@because_option
@as_json
def release(tenant: str, user: str | None, everybody: bool, because: str | None, as_json: bool) -> None:
    """Take the access of one staged leaver away now, or of all of them."""
    result = call("leavers.release", tenant=tenant, user=user, everybody=everybody, because=because)
    show(result, as_json, lambda told: say_agreed(told["released"], "let go", told["pending"]))


def _an_exception(command: F) -> F:
    """Add what every exception has: an end, a reason and an owner."""
    until = click.option(
        "--until", required=True, metavar="DATE", help="The last day (2026-12-24, UTC), or a moment."
    )
    because = click.option(
        "--because", required=True, metavar="WHY", help="Why, for those who read it later."
    )
    owner = click.option("--owner", metavar="NAME", help="Who answers for it; you, when left out.")
    return until(because(owner(command)))


@leavers.command()
@tenant_argument
@click.argument("user")
@_an_exception
@as_json
def keep(tenant: str, user: str, until: str, because: str, owner: str | None, as_json: bool) -> None:
    """Keep a leaver until a date, although the directory says he has left.

    On that date he leaves like anybody else. It is over at once when the directory says he is active again.
    """
    result = call("leavers.keep", tenant=tenant, user=user, until=until, because=because, owner=owner)
    show(result, as_json, lambda told: say(f"{told['email']} is kept until {told['until']}."))


@leavers.command()
@tenant_argument
@click.argument("user")
@_an_exception
@as_json
def restore(tenant: str, user: str, until: str, because: str, owner: str | None, as_json: bool) -> None:
    """Give a leaver back what leaving has taken, and keep him until a date."""
    result = call("leavers.restore", tenant=tenant, user=user, until=until, because=because, owner=owner)
    show(
        result,
        as_json,
        lambda told: say(
            f"{told['email']} is to get access back, until {told['until']}: `users show` says how far that is."
        ),
    )


@leavers.group(cls=Noun)
def exceptions() -> None:
    """See who is kept although he has left, and end it."""


@exceptions.command("list")
@tenant_argument
@as_json
def list_exceptions(tenant: str, as_json: bool) -> None:
    """List the exceptions, those that are over included."""
    show(call("leavers.exceptions", tenant=tenant), as_json, _exceptions)


@exceptions.command()
@tenant_argument
@click.argument("user")
@because_option
@as_json
def end(tenant: str, user: str, because: str | None, as_json: bool) -> None:
    """End an exception now: the person leaves like anybody else."""
    result = call("leavers.end", tenant=tenant, user=user, because=because)
    show(result, as_json, lambda told: say(f"The exception of {told['email']} is ended."))


def _listed(result: Mapping[str, Any]) -> None:
    rows = [
        (each["email"], each["kind"], each["hold"]["sentence"] if each["hold"] else "")
        for each in result["leavers"]
    ]
    table(("e-mail", "would", "why it waits"), rows, empty="Nobody is staged.")


def _gone(result: Mapping[str, Any]) -> None:
    rows = [
        (each["email"], each["gone_at"], each["access"], each["by_hand"] or "`leavers restore`")
        for each in result["gone"]
    ]
    table(("e-mail", "lost access at", "now", "to bring back"), rows, empty="Nobody has lost access lately.")


def _exceptions(result: Mapping[str, Any]) -> None:
    rows = [
        (each["email"], each["state"], each["until"], each["owner"], each["because"])
        for each in result["exceptions"]
    ]
    table(("e-mail", "state", "until", "owner", "because"), rows, empty="Nobody is kept.")
