"""The options the `rehearse` commands share: where to, which company, what changes in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from syncline.rehearsal.directory import DEFAULT_ROLES
from syncline.rehearsal.wire import CONCURRENCY

Option = Callable[[Any], Any]

ADDRESS_OPTIONS: tuple[Option, ...] = (
    click.option("--base-url", required=True, metavar="URL", help="Tenant URL: the SCIM endpoint."),
    click.option(
        "--token",
        required=True,
        envvar="SYNCLINE_REHEARSAL_TOKEN",
        show_envvar=True,
        help="Secret token.",
    ),
)
COMPANY_OPTIONS: tuple[Option, ...] = (
    click.option("--users", default=50, show_default=True, type=click.IntRange(1), help="People in scope."),
    click.option(
        "--seed", default=7, show_default=True, type=int, help="The same seed gives the same company."
    ),
    click.option(
        "--domain", default="acme.example", show_default=True, help="Domain of the principal names."
    ),
    click.option(
        "--app-role",
        "app_roles",
        multiple=True,
        metavar="VALUE",
        help="App roles, from the most usual to the most powerful. Repeatable.  "
        f"[default: {', '.join(DEFAULT_ROLES)}]",
    ),
)
CYCLE_OPTIONS: tuple[Option, ...] = (
    click.option(
        "--state",
        "state_file",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Keep the company and the cached ids here, so that later cycles can be incremental.",
    ),
    click.option(
        "--incremental", is_flag=True, help="Send what changed since the last cycle (needs --state)."
    ),
    click.option(
        "--concurrency",
        type=click.IntRange(1, 100),
        default=CONCURRENCY,
        show_default=True,
        help="Requests under way at once.",
    ),
)
GROUPS_OPTION: tuple[Option, ...] = (
    click.option("--groups/--no-groups", default=True, help="Provision groups and memberships too."),
)
CHANGE_OPTIONS: tuple[Option, ...] = (
    click.option("--join", multiple=True, metavar="NAME", help="Hire somebody. Repeatable."),
    click.option("--rename", metavar="USER", help="Give a person another name (--to) or another surname."),
    click.option("--to", "new_name", metavar="NAME", help="The new name of --rename."),
    click.option("--move", metavar="USER", help="Give a person another --department, --title or --manager."),
    click.option("--department", metavar="NAME", help="The new department of --move or --join."),
    click.option("--title", metavar="NAME", help="The new job title of --move or --join."),
    click.option("--manager", metavar="USER", help="The new manager of --move or --join."),
    click.option(
        "--role", "roles", nargs=2, multiple=True, metavar="USER ROLE", help="Replace the app role."
    ),
    click.option("--leave", multiple=True, metavar="USER", help="Soft-delete a person. Repeatable."),
    click.option("--block", multiple=True, metavar="USER", help="Block a person's sign-in. Repeatable."),
    click.option("--unassign", multiple=True, metavar="USER", help="Take the application away. Repeatable."),
    click.option("--restore", multiple=True, metavar="USER", help="Undo --leave or --block. Repeatable."),
    click.option("--purge", multiple=True, metavar="USER", help="Delete a person for good. Repeatable."),
)
JSON_OPTION: tuple[Option, ...] = (
    click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON document with the provisioning log."
    ),
)

_Command = TypeVar("_Command", bound=Callable[..., Any])


def options(*groups: tuple[Option, ...]) -> Callable[[_Command], _Command]:
    """Give a command these options, in this order."""

    def decorate(command: _Command) -> _Command:
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return decorate
