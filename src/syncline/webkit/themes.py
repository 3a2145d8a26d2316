"""Light, dark or as the system: the answer to the three buttons in the top bar."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from syncline.webkit.cookies import set_cookie
from syncline.webkit.forms import Form
from syncline.webkit.frame import THEME_COOKIE, local_path, theme_of

_YEAR_SECONDS = 31_536_000


def choose_theme(request: Request, form: Form) -> Response:
    """Remember the theme that was chosen for a year, and lead back to the page it was chosen on."""
    answer = RedirectResponse(local_path(form.one("back")), 303)
    set_cookie(request, answer, THEME_COOKIE, theme_of(form.one("theme")).value, seconds=_YEAR_SECONDS)
    return answer
