"""`syncline users …`: people, as the provider sent them and as HubSpot has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, paged, tenant_argument
from syncline.gateway.cli.output import facts, heading, more, say, show, table
from syncline.gateway.cli.seam import call


@click.group(cls=Noun)
def users() -> None:
    """See people: what the identity provider sent, what HubSpot has, what is waiting and why.

    A user is a SCIM user: what the identity provider sent.
    """


@users.command("list")
@tenant_argument
@click.option("--state", help="Only those in this state, for example held.")
@click.option("--search", metavar="TEXT", help="Only those whose name or e-mail holds this text.")
@paged
@as_json
def list_users(
    tenant: str, state: str | None, search: str | None, limit: int, after: str | None, as_json: bool
) -> None:
    """List people with the state of their delivery."""
    result = call("users.list", tenant=tenant, state=state, search=search, limit=limit, after=after)
    show(result, as_json, _listed)


@users.command("show")
@tenant_argument
@click.argument("user")
@as_json
def show_user(tenant: str, user: str, as_json: bool) -> None:
    """Show one person (id, userName or e-mail) and say why HubSpot has what it has, and what happens next."""
    show(call("users.show", tenant=tenant, user=user), as_json, _shown)


@users.command("release")
@tenant_argument
@click.argument("user")
@as_json
def release_user(tenant: str, user: str, as_json: bool) -> None:
    """Let somebody come back whom somebody else deactivated at HubSpot, or removed."""
    result = call("users.release", tenant=tenant, user=user)
    show(result, as_json, lambda told: say(f"{told['email']} is released."))


def _listed(result: Mapping[str, Any]) -> None:
    rows = [
        (
            entry["user_name"],
            entry["email"],
            entry["active"],
            entry["state"],
            _sentence(entry["hold"]),
            entry["id"],
        )
        for entry in result["users"]
    ]
    columns = ("user name", "e-mail", "active", "state", "held because", "id")
    table(columns, rows, empty="No such user.")
    more(result)


def _sentence(hold: object) -> object:
    return hold["sentence"] if isinstance(hold, Mapping) else hold


def _shown(result: Mapping[str, Any]) -> None:
    why = result["why"]
    facts(
        [
            ("User name", result["user_name"]),
            ("E-mail", result["email"]),
            ("Id", result["id"]),
            ("State", result["delivery"]["state"]),
            *_kept(result["exception"]),
        ]
    )
    for title, part in (
        ("The identity provider says", why["identity_provider"]),
        ("HubSpot has", why["hubspot"]),
        ("The difference", why["difference"]),
    ):
        heading(title)
        say(part["sentence"])
    heading("Changed at HubSpot by others")
    for told in why["drift"]["fields"] or [why["drift"]]:
        say(told["sentence"])
    _placed(why)
    if why["held"] is not None:
        heading("Held")
        say(why["held"]["sentence"])
        say(f"Released by: {why['held']['release']}")
    heading("What happens next")
    say(why["next"]["sentence"])
    heading("What happened")
    _timeline(why["timeline"])


def _kept(exception: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Return until when a leaver is kept, and by whose word."""
    if exception is None or exception["state"] != "in force":
        return []
    return [("Kept until", f"{exception['until']}, by {exception['owner']}: {exception['because']}")]


def _placed(why: Mapping[str, Any]) -> None:
    heading("Why so")
    for reason in why["placement"]["reasons"]:
        lost = "" if reason["won"] else " (lost)"
        say(f"- {reason['output']}: {reason['text']}{lost}")
    for near in why["placement"]["near_misses"]:
        say(f"- did you mean? {near['sentence']}")
    rows = [(each["position"], each["when"], each["result"], each["because"]) for each in why["rules"]]
    table(("rule", "when", "result", "because"), rows, empty="There are no rules.")


def _timeline(entries: list[Mapping[str, Any]]) -> None:
    if not entries:
        say("Nothing yet.")
    for entry in entries:
        say(f"{entry['at']}  {entry['request'] or 'decided again'}  [{entry['correlation_id']}]")
        if entry["dialect_rules"]:
            say(f"    read leniently: {', '.join(entry['dialect_rules'])}")
        for step in entry["steps"]:
            say(f"    {step['kind']}: {step['summary']}")
        for call_made in entry["calls"]:
            answer = call_made["status"] or "no answer"
            say(f"    → {call_made['channel']} {call_made['purpose']}: {answer}")
