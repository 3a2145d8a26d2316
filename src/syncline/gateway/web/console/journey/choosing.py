"""A choice in two moves: look whom it would change, then save exactly what was looked at.

The form of a choice has two buttons. *Preview* shows the people and hands out a fingerprint; *Save* brings it back, and
what is saved is what was seen, or nothing. For a live tenant saving unseen is answered with the preview.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from syncline.gateway.domain.errors import DomainError
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.forms import Form

SHOWN: Final = 20
"""People listed in a preview; the counts are of all."""
PREVIEW: Final = "preview"


@dataclass(frozen=True, slots=True)
class Weighed:
    """What came of a move: saved, or a preview, or what is wrong with the form."""

    form: Form
    saved: Mapping[str, Any] | None = None
    preview: Mapping[str, Any] | None = None


async def weigh(visit: Visit, change: str, arguments: Mapping[str, Any]) -> Weighed:
    """Preview the change or save it, as the form's button says."""
    form = visit.form
    try:
        if form.one("do") == PREVIEW:
            return Weighed(
                form,
                preview=await visit.run("plan.preview", change=change, arguments=arguments, limit=SHOWN),
            )
        answer = await visit.run(
            "plan.change", change=change, arguments=arguments, expect=form.one("expect") or None, limit=SHOWN
        )
    except DomainError as error:
        return Weighed(form.wrong(whole=error.message))
    return Weighed(form, answer["saved"], answer["preview"])
