"""The password once more before something that matters: asked for on the way there, which the form waits for."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError
from syncline.gateway.services.signing_in import TriedTooOften
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.csrf import FIELD
from syncline.webkit.forms import Form
from syncline.webkit.frame import local_path

PASSWORD, BACK = "password-again", "back-to"
_OWN = (PASSWORD, BACK)
"""Fields of the page that asks."""


async def unproven(visit: Visit) -> Response | None:
    """Return None when whoever is signed in has given the password lately, else the page that asks for it.

    The page sends the form once more to where it went, with the password: nothing is filled in twice, and nothing is
    changed before the password was right.
    """
    signed_in, form = visit.signed_in, visit.form
    if signed_in is None or visit.console.signing_in.is_fresh(signed_in):
        return None
    if not form.has(PASSWORD):
        return _page(visit, form, 403)
    try:
        visit.signed_in = await visit.console.signing_in.confirm(signed_in, form.raw(PASSWORD), visit.visitor)
    except TriedTooOften as error:
        return _page(visit, form.wrong(whole=error.message), 429)
    except DomainError as error:
        return _page(visit, form.wrong(whole=error.message), 422)
    visit.form = Form({name: values for name, values in form.values.items() if name not in _OWN})
    return None


def back_from(visit: Visit) -> str:
    """Return the path of the page whose form was sent; the first one of all when the browser does not say."""
    return local_path(urlsplit(visit.request.headers.get("referer", "")).path)


def _page(visit: Visit, form: Form, status: int) -> Response:
    visit.tenant = None  # a door is no page of any tenant
    kept, here = list(_kept(form)), visit.request.url.path
    back = local_path(form.one(BACK)) if form.has(BACK) else back_from(visit)
    return visit.show("confirm.html", status=status, form=form, kept=kept, here=here, back=back)


def _kept(form: Form) -> Iterator[tuple[str, str]]:
    for name, values in form.values.items():
        if name not in (FIELD, *_OWN):
            yield from ((name, value) for value in values)
