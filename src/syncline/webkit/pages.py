"""Rendering: one environment for all pages, everything escaped, an unknown name an error.

The macros of every template in `kit/` are there as `kit.…` without being imported. Templates are compiled when a page
is first asked for, and once in a process: most commands show none.

A page that is rendered in a thread lets those go first who are in a hurry, between two things it looks at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache, cached_property, partial
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from starlette.responses import HTMLResponse

from syncline.courtesy import after_you
from syncline.webkit import charts, text
from syncline.webkit.frame import Frame
from syncline.webkit.statics import Statics

HERE = Path(__file__).parent
PIECES = ("layout", "states", "forms", "tables", "charts")


class _Compiled(BytecodeCache):
    """What the templates of this process were compiled to, by their source, whoever shows them."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._kept[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled()


class _Environment(Environment):
    """Looks at what belongs to things: what templates do all the time."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        after_you()
        return super().getattr(obj, attribute)


class PageResponse(HTMLResponse):
    """An answer that is a page yet to be rendered: `finish` it before it is sent."""

    def __init__(self, render: Callable[[], str], status: int) -> None:
        super().__init__("", status)
        self._render = render

    async def finish(self) -> None:
        """Render the page in a thread. Raises what Jinja raises."""
        self.body = (await asyncio.to_thread(self._render)).encode()
        self.headers["content-length"] = str(len(self.body))


class Pages:
    """The templates of these folders, besides the kit's own, which none of them can replace."""

    def __init__(self, statics: Statics, *folders: Path) -> None:
        self._statics = statics
        self._folders = (HERE / "templates", *folders)

    @cached_property
    def environment(self) -> Environment:
        """Where the templates are found, with all they may use."""
        made = _Environment(
            loader=FileSystemLoader(self._folders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=_COMPILED,
        )
        made.filters.update(
            shown=text.shown,
            plain=text.plain,
            pretty=text.pretty,
            moment=text.moment,
            number=text.number,
            span=text.span,
        )
        made.globals.update(static=self._statics.url, lay_out=charts.lay_out, charts=charts)
        made.globals["kit"] = SimpleNamespace(**_macros(made))
        return made

    def render(self, template: str, frame: Frame, **data: Any) -> str:
        """Return the page. Raises what Jinja raises for a template that is not there or a name it does not know."""
        return self.environment.get_template(template).render(frame=frame, **data)

    def answer(self, template: str, frame: Frame, *, status: int = 200, **data: Any) -> HTMLResponse:
        """Return the page as an answer to a browser."""
        return HTMLResponse(self.render(template, frame, **data), status)

    def begin(self, template: str, frame: Frame, *, status: int = 200, **data: Any) -> PageResponse:
        """Return the page as an answer that is yet to be rendered, beside the event loop."""
        return PageResponse(partial(self.render, template, frame, **data), status)


def _macros(environment: Environment) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for piece in PIECES:
        module = environment.get_template(f"kit/{piece}.html").module
        found |= {name: value for name, value in vars(module).items() if not name.startswith("_")}
    return found


@cache
def own_statics(*folders: Path) -> Statics:
    """Return the kit's static files and those of these folders."""
    return Statics(HERE / "static", *folders)
