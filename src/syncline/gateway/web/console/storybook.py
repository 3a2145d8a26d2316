"""The console's own pieces in every state, from fixtures.

`python -m syncline.gateway.web.console.storybook DIR` writes them beside the stories of `webkit`, to be served at its
root.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from markupsafe import Markup

from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.rehearsal import Provider, Script
from syncline.gateway.services.ports.rehearsing import Failure, Rehearsed
from syncline.gateway.web.console.wording import helps
from syncline.webkit import storybook
from syncline.webkit.forms import Form
from syncline.webkit.frame import Frame, Theme
from syncline.webkit.pages import Pages, own_statics

STORY: Final = "storybook-console.html"
TEMPLATES: Final = Path(__file__).parent / "templates"

_NOON = 1_795_305_600_000


def render(pages: Pages, theme: Theme = Theme.AUTO) -> str:
    """Return the story as a page."""
    frame = Frame(theme=theme, csrf="token", who="Ada", who_role="ada@acme.example")
    return pages.render(STORY, frame, visit=_Visit(), canary=storybook.CANARY, **_fixtures())


def write(folder: Path) -> list[Path]:
    """Write every story there is, light and dark, and the static files; returns the pages."""
    pages = Pages(own_statics(), TEMPLATES)
    written = storybook.write(folder)
    for theme in (Theme.LIGHT, Theme.DARK):
        path = folder / f"{STORY.removesuffix('.html')}-{theme.value}.html"
        path.write_text(render(pages, theme), encoding="utf-8")
        written.append(path)
    return written


class _Visit:
    """What the pieces ask of a visit: addresses, and what helps."""

    def below(self, place: str) -> str:
        return f"#{place}"

    def helps(self, reason: str, user: str | None = None) -> Markup:
        return helps(reason, "story", user)


def _rule(position: int, when: str, *, group: str | None = None, named: bool = True, **sets: Any) -> Any:
    gives = {"permission_set": None, "primary_team": None, "secondary_teams": [], "seat": None, **sets}
    return SimpleNamespace(
        id=f"r{position}",
        position=position,
        when=when,
        group=group,
        is_named=named,
        privileged=sets.get("permission_set") == "Super Admin",
        sets=SimpleNamespace(**gives),
    )


def _rehearsal(**state: Any) -> Any:
    blank = {"is_under_way": False, "trouble": "", "rehearsed": None}
    script = Script(Provider.OKTA, 20)
    return SimpleNamespace(script=script, by="ada@acme.example", at=_NOON, **{**blank, **state})


def _fixtures() -> dict[str, Any]:
    return {**_rules_page(), **_person_page(), **_checklist(), **_rehearsals()}


def _rules_page() -> dict[str, Any]:
    """Return rules, what they could match, and what nearly matches one."""
    thing = SimpleNamespace
    canary, long = storybook.CANARY, storybook.LONG
    return {
        "rules": [
            _rule(1, "role = Manager", permission_set="Super Admin", seat="Sales Hub"),
            _rule(
                2,
                "group = Sales EMEA",
                group="01a2",
                primary_team="Sales",
                secondary_teams=["North", "South"],
            ),
            _rule(3, "group = 7b0c", group="7b0c", named=False, primary_team="Marketing"),
            _rule(4, f"department = {canary}", permission_set=long),
        ],
        "seen": thing(
            roles=[
                thing(role="manager", people=1, did_you_mean="Manager", make="match=manager"),
                thing(role=canary, people=1204, did_you_mean=None, make="match=x"),
            ],
            groups=[thing(display_name=long, members=0, make="match=y")],
        ),
        "known": [
            ("Manager", "role, 12 people"),
            ("Sales EMEA", "group, 7 people"),
            (canary, "group, 1 person"),
        ],
        "near": {"count": 1, "role": "manager", "permission_set": "Manager"},
    }


def _person_page() -> dict[str, Any]:
    """Return why somebody has what he has, what drifted, and an exception."""
    thing = SimpleNamespace
    canary, long = storybook.CANARY, storybook.LONG
    return {
        "why": [
            thing(position=1, when="role = Manager", result="won", because="It sets the permission set."),
            thing(position=2, when="group = Sales EMEA", result="lost", because="An earlier rule decided."),
            thing(position=3, when=f"department = {canary}", result="does not apply", because=long),
        ],
        "drift": [
            thing(field="Permission set", at_hubspot="Manager", agreed="Sales User", policy="report"),
            thing(field="Primary team", at_hubspot=canary, agreed="none", policy="enforce"),
            thing(field="Job title", at_hubspot=long, agreed="Clerk", policy="accept"),
            thing(field="Super admin", at_hubspot="yes", agreed="no", policy="fixed"),
        ],
        "exception": thing(
            state="in force",
            until="2026-12-31T00:00:00Z",
            owner="Grace",
            because=canary,
            since="2026-11-22T00:00:00Z",
            by="ada@acme.example",
        ),
        "blank": Form(),
        "wrong": Form.of(until="yesterday", because="").wrong(
            until="Write a day to come, at most a year ahead.", because="Say why."
        ),
    }


def _checklist() -> dict[str, Any]:
    """Return checks, ticked and not, and every reason to hold."""
    thing = SimpleNamespace
    canary = storybook.CANARY
    return {
        "checks": [
            ("A person was created", thing(seq=9, at=_NOON, summary=f"{canary}: create done at HubSpot"), ""),
            ("A person was deactivated", None, "Disable a test person in the directory."),
        ],
        "holds": [reason.value for reason in HoldReason],
    }


def _rehearsals() -> dict[str, Any]:
    """Return a rehearsal under way, one that broke off, and one that ended."""
    canary, long = storybook.CANARY, storybook.LONG
    return {
        "rehearsals": [
            _rehearsal(is_under_way=True),
            _rehearsal(trouble=f"The connection test failed: {canary}"),
            _rehearsal(
                rehearsed=Rehearsed(
                    requests=48,
                    took=1_250,
                    outcomes={
                        "users": {
                            "created": 19,
                            "updated": 0,
                            "disabled": 0,
                            "deleted": 0,
                            "skipped": 0,
                            "failed": 1,
                        }
                    },
                    failures=(Failure(canary, "create", "InvalidValue", long, "Correct the mapping."),),
                    broken_off="",
                )
            ),
        ],
    }


if __name__ == "__main__":
    for page in write(Path(sys.argv[1])):
        sys.stdout.write(f"{page}\n")
