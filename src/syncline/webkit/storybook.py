"""Every piece in every state, from fixtures.

`python -m syncline.webkit.storybook DIR` writes a folder to be served at its root.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from syncline.webkit.forms import Form
from syncline.webkit.frame import Banner, Frame, Place, Theme
from syncline.webkit.pages import Pages, own_statics

CANARY = '<script>alert(1)</script> =HYPERLINK("x") "onload=\'y\' \u202etxt.exe\u202c \x1b[31m'
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3
STORIES = ("storybook.html", "storybook-door.html")

_NOON = 1_795_305_600_000


def render(story: str, pages: Pages, theme: Theme = Theme.AUTO) -> str:
    """Return one story as a page."""
    inside = story == "storybook.html"
    return pages.render(story, _frame(theme) if inside else Frame(theme=theme), **_fixtures())


def _frame(theme: Theme) -> Frame:
    return Frame(
        theme=theme,
        csrf="token",
        places=(Place("Tenants", "#", "building"), Place("Operators", "#", "key")),
        context="Acme " + CANARY,
        context_places=(
            Place("Overview", "#", "overview", current=True),
            Place("Set-up", "#", "path"),
            Place("People", "#", "people"),
            Place("Groups", "#", "group"),
            Place("Approvals", "#", "inbox", count=3),
            Place("Plan", "#", "plan"),
            Place("Log", "#", "log"),
            Place("Settings", "#", "settings"),
        ),
        crumbs=(Place("Tenants", "#"), Place("Acme", "#")),
        who="ada@acme.example",
        who_role="Owner",
        menu=(Place("Your account", "#", "user"),),
        sign_out="#",
        rehearsal="This is not HubSpot. Never type a HubSpot password here.",
        banners=(Banner("info", "The server was updated to 0.2.0.", link=("What is new", "#")),),
    )


def _fixtures() -> dict[str, Any]:
    person = SimpleNamespace
    return {
        "canary": CANARY,
        "long": LONG,
        "people": [
            person(name="Ada Lovelace", email="ada@acme.example", word="in step", tone="good", groups=3),
            person(name=CANARY, email="=cmd|' /C calc'!A0", word="held", tone="hold", groups=1204),
            person(name=LONG, email=f"{LONG}@acme.example", word="failed", tone="bad", groups=0),
            person(name="שרה כהן", email="sara@acme.example", word="waiting", tone="wait", groups=1),
        ],
        "moments": [
            {"at": _NOON, "title": "Delivered: role Sales User", "tone": "good", "who": "drain"},
            {"at": _NOON - 4_000, "title": "Held: a privileged set", "tone": "hold", "text": CANARY},
            {"at": _NOON - 9_000, "title": "Entra ID sent a change", "href": "#"},
        ],
        "series": [(f"{day} Nov", (day * 37) % 23) for day in range(1, 29)],
        "wrong": Form.of(email=CANARY, role="owner", deactivated="strip").wrong(
            whole="Two things need another look.",
            email="That is no e-mail address.",
            deactivated="Say what leaving means.",
        ),
    }


def write(folder: Path) -> list[Path]:
    """Write every story, light and dark, and the static files; returns the pages. Serve the folder at its root."""
    statics = own_statics()
    pages = Pages(statics)
    (folder / "static").mkdir(parents=True, exist_ok=True)
    for file in statics.files.values():
        (folder / "static" / file.name).write_bytes(file.content)
    written = []
    for story in STORIES:
        for theme in (Theme.LIGHT, Theme.DARK):
            path = folder / f"{story.removesuffix('.html')}-{theme.value}.html"
            path.write_text(render(story, pages, theme), encoding="utf-8")
            written.append(path)
    return written


if __name__ == "__main__":
    for page in write(Path(sys.argv[1])):
        sys.stdout.write(f"{page}\n")
