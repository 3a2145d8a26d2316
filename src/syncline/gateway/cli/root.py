"""The tree of commands: names and one-line helps here, each noun's module imported only when it is used."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from syncline import __version__
from syncline.gateway.cli.seam import Programs


@dataclass(frozen=True, slots=True)
class Mounted:
    """A command or group that is imported when somebody uses it: `target` is `module:attribute`."""

    name: str
    target: str
    help: str

    def load(self) -> click.Command:
        """Import it."""
        module, _, attribute = self.target.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{self.target} is not a click command")
        return command


NOUNS = tuple(
    Mounted(name, f"syncline.gateway.cli.{name.replace('-', '_')}:{name.replace('-', '_')}", meaning)
    for name, meaning in (
        ("serve", "Run the gateway: SCIM endpoint, delivery to HubSpot, health and metrics."),
        ("tenant", "Create tenants, show them, move them from plan to live."),
        ("token", "Create, list and revoke the tokens identity providers sign in with."),
        ("connection", "Connect a tenant to its HubSpot account and check what the connection can do."),
        ("policy", "Say what happens to leavers and how people are written to HubSpot."),
        ("config", "Keep all choices of a tenant as a YAML document: export it, compare it, apply it."),
        ("rule", "Map roles, groups and attributes to permission sets, teams and seats."),
        ("role", "Choose the permission set of new users whom no rule matches."),
        ("roles", "See which roles and groups arrive, how many people have them, and which no rule matches."),
        ("seats", "See the seats of the HubSpot account, and how many are free."),
        ("privileged", "Say which permission sets need approval for each person."),
        ("approvals", "See who would get a privileged permission set, and approve it."),
        ("leavers", "See who is staged because more people leave than usual, and let them go."),
        ("protect", "Name people in HubSpot whom Syncline never touches."),
        ("plan", "See what Syncline would do in HubSpot, and approve it."),
        ("reconcile", "Read the HubSpot account of a tenant whole, and compare."),
        ("drift", "See what was changed at HubSpot by others, and enforce or accept it."),
        ("orphans", "See who is active at HubSpot and unknown to the identity provider."),
        ("users", "See people: what the identity provider sent, what HubSpot has, what is waiting and why."),
        ("groups", "See groups as the identity provider sent them."),
        ("events", "Read the provisioning log: who, what, why, when."),
        ("notice", "Say who is told when something needs a person, and see what was told."),
        ("operator", "Let people into the console, and say what each of them may do."),
        ("api-key", "Make, list and revoke keys to the admin API."),
        ("doctor", "Look for what hurts now or will soon, and say what helps."),
        ("backup", "Write everything but the key into one file, while the server goes on working."),
        ("restore", "Put a backup into an empty data folder, with every tenant back in plan mode."),
        ("database", "Move everything from SQLite to PostgreSQL, or look the database over."),
        ("live-check", "Put what we assume about HubSpot to the test, on one user it creates and removes."),
        ("key", "Change the key that seals HubSpot's credentials, or go on without one that is lost."),
    )
)


class LazyGroup(click.Group):
    """A group that knows its commands by name and help, and imports one only to run it."""

    def __init__(self, mounted: Sequence[Mounted], *, help: str) -> None:  # noqa: A002 - click's word
        super().__init__("syncline", help=help, no_args_is_help=True)
        self._mounted = {entry.name: entry for entry in mounted}

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command; what the operating system refuses, such as output to a full disk, is one sentence."""
        try:
            try:
                return super().main(*args, **kwargs)
            finally:
                sys.stdout.flush()  # not only at the end of the interpreter, which has words of its own for it
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            if not isinstance(error, BrokenPipeError):  # whoever reads, as `head` does, has had enough
                click.ClickException(f"{where}{error.strerror or error}.").show()
            # What is still in the buffer has no room either, and would be tried once more at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._mounted)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self._mounted.get(cmd_name)
        return entry.load() if entry else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(entry.name, entry.help) for entry in self._mounted.values()])


def command_line(programs: Programs, mounted: Sequence[Mounted] = ()) -> click.Group:
    """Build the whole command line; `mounted` are the groups of the other programs."""
    group = LazyGroup(
        (*NOUNS, *mounted),
        help="Keep HubSpot's users in line with your identity provider.\n\n"
        "Every command works on one data folder (--data, or SYNCLINE_DATA). While a server runs on it, "
        "commands are carried out by that server.",
    )
    group.context_settings = {
        "obj": programs,
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
    }
    return click.version_option(__version__, prog_name="syncline")(group)
