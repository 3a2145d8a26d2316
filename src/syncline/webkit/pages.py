"""Rendering: one environment for all pages, everything escaped, an unknown name an error.

The macros of every template in `kit/` are there as `kit.…` without being imported.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from syncline.webkit import charts, text
from syncline.webkit.frame import Frame
from syncline.webkit.statics import Statics

HERE = Path(__file__).parent
PIECES = ("layout", "states", "forms", "tables", "charts")


class Pages:
    """The templates of these folders, besides the kit's own, which none of them can replace."""

    def __init__(self, statics: Statics, *folders: Path) -> None:
        self.environment = Environment(
            loader=FileSystemLoader([HERE / "templates", *folders]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.environment.filters.update(
            shown=text.shown,
            plain=text.plain,
            pretty=text.pretty,
            moment=text.moment,
            number=text.number,
            span=text.span,
        )
        self.environment.globals.update(static=statics.url, lay_out=charts.lay_out, charts=charts)
        self.environment.globals["kit"] = SimpleNamespace(**self._macros())

    def _macros(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for piece in PIECES:
            module = self.environment.get_template(f"kit/{piece}.html").module
            found |= {name: value for name, value in vars(module).items() if not name.startswith("_")}
        return found

    def render(self, template: str, frame: Frame, **data: Any) -> str:
        """Return the page. Raises what Jinja raises for a template that is not there or a name it does not know."""
        return self.environment.get_template(template).render(frame=frame, **data)

    def answer(self, template: str, frame: Frame, *, status: int = 200, **data: Any) -> HTMLResponse:
        """Return the page as an answer to a browser."""
        return HTMLResponse(self.render(template, frame, **data), status)


def own_statics(*folders: Path) -> Statics:
    """Return the kit's static files and those of these folders."""
    return Statics(HERE / "static", *folders)
