"""The composition root: settings in, running programs out. The only room that imports everything.

Modules that only one command needs are imported when it runs, so that `syncline --help` stays quick.
"""

from __future__ import annotations

from syncline.bootstrap.offline import check_database, forget_key, live_check, move_database, restore
from syncline.bootstrap.serving import local_operations, serve
from syncline.gateway.cli.root import Mounted, command_line
from syncline.gateway.cli.seam import Programs

MOUNTED = (
    Mounted("portal", "syncline.portal.cli:portal", "Run a HubSpot-compatible account to rehearse against."),
    Mounted(
        "rehearse", "syncline.scenarios.cli:rehearse", "Play an identity provider against a SCIM endpoint."
    ),
    Mounted(
        "demo", "syncline.demo.cli:demo", "Show the whole main job on real traffic, from joiner to leaver."
    ),
)


def main() -> None:
    """Run the command line."""
    programs = Programs(
        local_operations=local_operations,
        serve=serve,
        restore=restore,
        forget_key=forget_key,
        live_check=live_check,
        move_database=move_database,
        check_database=check_database,
    )
    command_line(programs, MOUNTED)()
