"""`syncline plan …`: what would happen in HubSpot, before it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, tenant_argument
from syncline.gateway.cli.output import advise, facts, heading, holds, more, say, show, table
from syncline.gateway.cli.seam import call

PAGE = 1000


@click.group(cls=Noun)
def plan() -> None:
    """See what Syncline would do in HubSpot, and approve it.

    A tenant in plan mode decides everything and sends nothing but what is approved person by person.
    """


_because = click.option("--because", metavar="TEXT", help="Why; kept in the audit log.")


@plan.command("show")
@tenant_argument
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many people to show."
)
@click.option("--after", metavar="CURSOR", help="Go on where an earlier page ended; the counts are left out.")
@click.option(
    "--kind", "kinds", multiple=True, metavar="KIND", help="Only these: create, held, …; repeatable."
)
@click.option("--csv", "as_csv", is_flag=True, help="Print everybody as CSV, safe to open in a spreadsheet.")
@as_json
def show_plan(
    tenant: str, limit: int, after: str | None, kinds: tuple[str, ...], as_csv: bool, as_json: bool
) -> None:
    """Show what would be created, taken over, changed and held, and why."""
    if as_csv:
        if as_json:
            raise click.UsageError("--csv and --json contradict one another.")
        _print_csv(tenant, kinds)
        return
    chosen = {"kinds": list(kinds)} if kinds else {}
    if after is not None:
        show(
            call("plan.people", tenant=tenant, limit=min(limit, PAGE), after=after, **chosen), as_json, _page
        )
        return
    result = call("plan.show", tenant=tenant, limit=min(limit, PAGE), **chosen)
    while result["next"] is not None and len(result["people"]) < limit:
        size = min(PAGE, limit - len(result["people"]))
        page = call("plan.people", tenant=tenant, limit=size, after=result["next"], **chosen)
        result["people"] += page["people"]
        result["next"] = page["next"]
    show(result, as_json, _shown)


@plan.command()
@tenant_argument
@click.option(
    "--only",
    multiple=True,
    metavar="KIND|PERSON",
    help="Only changes of this kind, or of this person (e-mail, userName or id); repeatable.",
)
@_because
@click.option("--expect", metavar="FINGERPRINT", help="Approve only the plan that showed this fingerprint.")
@as_json
def approve(
    tenant: str, only: tuple[str, ...], because: str | None, expect: str | None, as_json: bool
) -> None:
    """Approve the plan: existing HubSpot users with the same e-mail may be taken over.

    With --only nothing but these changes is approved, exactly as the plan shows them, and they are sent, in plan mode
    too. Whatever else holds a person holds him still.
    """
    chosen = {"only": list(only)} if only else {}
    result = call("plan.approve", tenant=tenant, because=because, expect=expect, **chosen)
    show(result, as_json, _approved)


@plan.command()
@tenant_argument
@click.argument("person")
@_because
@click.option(
    "--wait",
    type=click.IntRange(0, 60),
    default=10,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for HubSpot's answer.",
)
@as_json
def deliver(tenant: str, person: str, because: str | None, wait: int, as_json: bool) -> None:
    """Send one person's change now, even in plan mode: the change the plan shows, and no other."""
    result = call("plan.deliver", tenant=tenant, user=person, because=because, wait_seconds=wait)
    show(result, as_json, _delivered)


def _print_csv(tenant: str, kinds: tuple[str, ...]) -> None:
    from syncline.gateway.services.spreadsheet import PLAN_COLUMNS, csv_line, plan_cells

    click.echo(csv_line(PLAN_COLUMNS), nl=False)
    for person in _everybody(tenant, kinds):
        click.echo(csv_line(plan_cells(person)), nl=False)


def _everybody(tenant: str, kinds: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    after: str | None = None
    while True:
        page = call(
            "plan.people", tenant=tenant, limit=PAGE, after=after, **({"kinds": list(kinds)} if kinds else {})
        )
        yield from page["people"]
        after = page["next"]
        if after is None:
            return


def _approved(result: Mapping[str, Any]) -> None:
    if result["pending"]:
        say(
            f"{result['pending']} waiting for a second person, who gives the same command; "
            "`approvals pending` shows what waits."
        )
    if result["approved_at"] is None:
        return
    say(f"Approved by {result['approved_by']} at {result['approved_at']}: {_counted(result['counts'])}.")
    if result.get("held"):
        say(f"{result['held']} more of these are held and stay so: `plan show` says why.")
    if "people" in result and any(result["counts"].values()):
        say("They are sent now, and nobody else is.")


def _delivered(result: Mapping[str, Any]) -> None:
    said = {
        "in-step": "HubSpot has it.",
        "waiting": "It is on its way: `users show` says when it has arrived. Without a server nothing is sent.",
        "retrying": "HubSpot did not take it; it is tried again.",
        "held": "It is held.",
    }
    name = result["email"] or result["user_name"]
    say(f"{name}: {result['kind']}. {said[result['state']]}")
    for difference in result["differences"]:
        say(f"- {_difference(difference)}")
    if result.get("pending"):
        say(result["pending"])
    hold = result.get("hold")
    if hold:
        say(f"{hold['sentence']} {hold['release']}")
    if result["last_error"]:
        say(result["last_error"])


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.items() if count) or "nothing to do"


def _shown(result: Mapping[str, Any]) -> None:
    held_as, leaving = result["held_as"], result["leaving"]
    facts(
        [
            ("Mode", result["mode"]),
            ("Would do", _counted(result["counts"])),
            ("What changes", _counted(result["fields"])),
            ("Held", _counted(held_as) if any(held_as.values()) else None),
            ("Losing access", _leaving(leaving) if leaving["people"] else None),
            ("Seats", "; ".join(map(_seat, result["seats"])) or None),
            ("Welcome e-mails", result["emails_sent"]),
            ("HubSpot read", result["read_at"]),
            ("Approved", result["approved_at"] or "not yet"),
            ("Fingerprint", result["fingerprint"]),
        ]
    )
    heading("People")
    _people(result["people"])
    more(result)
    holds(result["held"])
    _near_misses(result["near_misses"])
    if result["mode"] == "plan":
        advise(
            "Approve it with `plan approve`, some of it with `plan approve --only`, one with `plan deliver`."
        )


def _page(result: Mapping[str, Any]) -> None:
    _people(result["people"])
    more(result)


def _leaving(leaving: Mapping[str, Any]) -> str:
    threshold, staged = leaving["threshold"], leaving["staged"]
    rest = f", of whom {staged} are staged: the threshold is {threshold} a day" if staged else ""
    people = "1 person" if leaving["people"] == 1 else f"{leaving['people']} people"
    return f"{people}{rest}"


def _seat(seat: Mapping[str, Any]) -> str:
    rest = f", of whom {seat['waiting']} wait: {seat['remaining']} are free" if seat["waiting"] else ""
    return f"{seat['needed']} people need {seat['seat']}{rest}"


def _people(people: list[Mapping[str, Any]]) -> None:
    columns = (
        "e-mail",
        "change",
        "permission set",
        "primary team",
        "secondary teams",
        "what changes",
        "held because",
    )
    table(columns, [_person(person) for person in people], empty="Nobody to show.")


def _person(person: Mapping[str, Any]) -> tuple[object, ...]:
    hold = person["hold"]
    return (
        person["email"] or person["user_name"],
        person["kind"],
        person["permission_set"],
        person["primary_team"],
        ", ".join(person["secondary_teams"] or ()),
        "; ".join(_difference(difference) for difference in person["differences"]),
        hold["sentence"] if hold else None,
    )


def _difference(difference: Mapping[str, Any]) -> str:
    return f"{difference['field']}: {_value(difference['before'])} → {_value(difference['after'])}"


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in (None, "") else str(value)


def _near_misses(near_misses: list[Mapping[str, Any]]) -> None:
    if near_misses:
        heading("Did you mean")
    for near in near_misses:
        almost = f"almost the permission set “{near['permission_set']}”"
        say(f"- the role “{near['role']}” ({near['count']} people) is {almost}")
