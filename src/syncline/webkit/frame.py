"""What stands around a page: where one is, where one can go, who is signed in, and what everybody must see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Theme(StrEnum):
    """How a reader wants the pages; `auto` follows his system."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


THEME_COOKIE = "theme"


def theme_of(cookie: str | None) -> Theme:
    """Return the theme a cookie asks for; `auto` for none and for nonsense."""
    return Theme(cookie) if cookie in set(Theme) else Theme.AUTO


def local_path(address: str | None, otherwise: str = "/") -> str:
    """Return the address if it is a path on this host, so that no link of ours can send anybody elsewhere."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return otherwise
    return address if address.isprintable() and "\\" not in address else otherwise


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation; `count` is shown beside it when there is something to do."""

    label: str
    href: str
    icon: str = ""
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Banner:
    """A sentence for everybody on the page. `tone` is info, good, warning or danger; `link` leads to the fix."""

    tone: str
    sentence: str
    title: str = ""
    link: tuple[str, str] | None = None
    """Words and address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The frame of one page.

    `places` are those of the whole program; `context` names what the page is about (a tenant, an account), and
    `context_places` are the pages there are about it. `rehearsal` puts the warning on top that this is not the real
    thing. `crumbs` is the way here.
    """

    product: str = "Syncline"
    home: str = "/"
    theme: Theme = Theme.AUTO
    csrf: str = ""
    path: str = "/"
    places: Sequence[Place] = ()
    context: str | None = None
    context_href: str = "/"
    context_places: Sequence[Place] = ()
    crumbs: Sequence[Place] = ()
    who: str | None = None
    who_role: str = ""
    menu: Sequence[Place] = ()
    sign_out: str | None = None
    theme_action: str = "/theme"
    rehearsal: str | None = None
    banners: Sequence[Banner] = ()
    live: bool = False
    """Whether the page listens for news of its own accord."""
