"""Changes of the set-up that are looked at first: `--preview`, `--expect`, `--yes`, and the question on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from syncline.gateway.cli.output import facts, heading, say, show, table
from syncline.gateway.cli.seam import call

F = TypeVar("F", bound=Callable[..., Any])
SHOWN = 20
"""People listed before the question; `--preview` lists more."""


def previewed(command: F) -> F:
    """Add `--preview` and `--expect`, given to the function as `preview` and `expect`."""
    expect = click.option(
        "--expect", metavar="FINGERPRINT", help="Save only what a preview of this fingerprint showed."
    )
    preview = click.option("--preview", is_flag=True, help="Show whom it would change, and save nothing.")
    return preview(expect(command))


def confirmed(command: F) -> F:
    """Add `--yes`, given to the function as `yes`."""
    text = "Save without asking, even if it changes people of a live tenant."
    return click.option("--yes", is_flag=True, help=text)(command)


def change(
    tenant: str,
    operation: str,
    arguments: Mapping[str, Any],
    render: Callable[[Any], None],
    *,
    preview: bool,
    expect: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Save a change of the set-up, or show whom it would move.

    What would move people of a live tenant is asked about on a terminal. Elsewhere, and with `--json`, it is refused
    with exit code 1 unless `--yes` or `--expect` is given: a script never waits for an answer.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    if preview:
        show_preview(tenant, operation, given, as_json)
        return
    about: dict[str, Any] = {"tenant": tenant, "change": operation, "arguments": given}
    result = call("plan.change", **about, confirmed=yes or None, expect=expect, limit=SHOWN)
    if result["saved"] is None:
        fingerprint = _agreed(result["preview"], as_json=as_json)
        result = call("plan.change", **about, expect=fingerprint)
    show(result["saved"], as_json, render)


def show_preview(tenant: str, operation: str, arguments: Mapping[str, Any], as_json: bool) -> None:
    """Show whom a change would move; nothing is saved."""
    given = {name: value for name, value in arguments.items() if value is not None}
    show(call("plan.preview", tenant=tenant, change=operation, arguments=given), as_json, _shown)


def _agreed(preview: Mapping[str, Any], *, as_json: bool) -> str:
    """Ask a person at a terminal; returns the fingerprint of what was agreed to, or ends the command."""
    fingerprint = str(preview["fingerprint"])
    if as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.ClickException(
            f"The tenant is live and this {preview['sentence']}; nothing was saved. Look with --preview, then say "
            f"--expect {fingerprint}, or --yes."
        )
    _shown(preview)
    click.confirm("\nSave it?", abort=True)
    return fingerprint


def _shown(preview: Mapping[str, Any]) -> None:
    facts(
        [
            ("This", preview["sentence"]),
            ("Mode", preview["mode"]),
            ("Fingerprint", preview["fingerprint"]),
        ]
    )
    if not preview["would_change"]:
        return
    heading("People")
    columns = ("e-mail", "before", "after", "held because")
    table(columns, [_person(person) for person in preview["people"]])
    left = preview["would_change"] - len(preview["people"])
    if left:
        say(f"… and {left} more.")


def _person(person: Mapping[str, Any]) -> tuple[object, ...]:
    hold = person["after"]["hold"]
    return (
        person["email"] or person["user_name"],
        _would(person["before"]),
        _would(person["after"]),
        hold["sentence"] if hold else None,
    )


def _would(side: Mapping[str, Any]) -> str:
    """Return what is done about a person: the change and where it leads."""
    teams = ", ".join(each for each in (side["primary_team"], *side["secondary_teams"]) if each)
    given = ", ".join(each for each in (side["permission_set"], teams, side["seat"]) if each)
    held = "held: " if side["hold"] else ""
    return f"{held}{side['kind']}" + (f" ({given})" if given else "")
