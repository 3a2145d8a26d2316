"""The policy: each choice with what it really does, looked at on everybody before it is saved."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from syncline.gateway.domain.crm import CrmAttribute
from syncline.gateway.domain.drift import CHOSEN
from syncline.gateway.domain.errors import DomainError
from syncline.gateway.domain.tenant import DriftPolicy, EmailSource, LeaverPolicy, TenantMode
from syncline.gateway.web.console.settings_tabs import show_settings
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.forms import Form
from syncline.webkit.text import plain

_TAB = "settings/policy"
_TICKS: Final = ("welcome_email", "match_role_names", "create_users", "update_users", "deactivate_users")
LEAVERS: Final = (
    (
        LeaverPolicy.DEACTIVATE.value,
        "Deactivate",
        "Access ends at once; the profile, its records and its history stay. Needs the SCIM channel: HubSpot's "
        "other interface cannot do it, and without the channel leavers are held.",
    ),
    (
        LeaverPolicy.REMOVE.value,
        "Remove",
        "The user is taken out of the HubSpot account. Records he owns lose their owner, and HubSpot says this "
        "cannot be fully undone.",
    ),
    (
        LeaverPolicy.STRIP.value,
        "Take permissions away",
        "He keeps his user and is left with the permission set below and no teams. He can still sign in.",
    ),
)
"""What leaving can mean, and what each choice really does."""
_DELETED: Final = (("", "As when deactivated", "Whoever is deleted is treated as one deactivated."), *LEAVERS)

_DRIFT: Final = (
    (DriftPolicy.REPORT.value, "Report: HubSpot's value stays and is listed until somebody decides"),
    (DriftPolicy.ENFORCE.value, "Enforce: what the identity provider wants is delivered again"),
    (DriftPolicy.ACCEPT.value, "Accept: HubSpot's value stands until the identity provider wants another"),
)

_CRM: Final = (
    {"name": "job_title", "label": "Job title", "hint": "From title."},
    {"name": "phone", "label": "Phone", "hint": "The work number, as HubSpot's additional phone."},
    {"name": "time_zone", "label": "Time zone", "hint": "From timezone, where it is a tz identifier."},
    {
        "name": "language",
        "label": "Language",
        "hint": "From preferredLanguage, else locale, as HubSpot's main language skill where it has one.",
    },
)


async def policy(visit: Visit) -> Response:
    """Show the choices as they are."""
    document = await visit.run("config.export")
    return await _page(visit, _filled(document))


async def change(visit: Visit) -> Response:
    """Show whom the choices would move; with the fingerprint of that, save exactly them."""
    form = visit.form
    try:
        document = _document(form)
        if form.one("expect") or visit.here.mode is TenantMode.COLLECTING:
            await visit.run("config.apply", document=document, expect=form.one("expect") or None)
            return visit.go(visit.below(_TAB), "The policy is saved; everybody is decided again.")
        compared = await visit.run("config.diff", document=document, limit=20)
    except DomainError as error:
        return await _page(visit, form.wrong(whole=error.message), 422)
    return await _page(visit, form, compared=compared)


def _filled(document: dict[str, Any]) -> Form:
    policy = document["policy"]
    texts = {
        name: str(policy[name])
        for name in ("deactivated", "deleted", "strip_to", "email_from", "deletion_threshold")
        if policy[name] is not None
    }
    ticks = {name: "on" for name in _TICKS if policy[name]}
    ticks |= {f"crm-{name}": "on" for name, on in policy["crm_attributes"].items() if on}
    drift = {f"drift-{name}": choice for name, choice in policy["drift"].items()}
    return Form.of(
        **texts, **ticks, **drift, domains="\n".join(policy["domains"]), default_role=document["default_role"]
    )


def _document(form: Form) -> dict[str, Any]:
    threshold = form.one("deletion_threshold")
    number = threshold.isascii() and threshold.isdecimal() and len(threshold) < 8
    policy: dict[str, Any] = {name: form.has(name) for name in _TICKS}
    policy.update({name: form.one(name) or None for name in ("deactivated", "deleted", "strip_to")})
    policy["email_from"] = form.one("email_from")
    policy["domains"] = form.raw("domains").replace(",", " ").split()
    given = {each.value: form.one(f"drift-{each.value}") for each in CHOSEN}
    policy["drift"] = {name: choice for name, choice in given.items() if choice}
    policy["crm_attributes"] = {each.value: form.has(f"crm-{each.value}") for each in CrmAttribute}
    policy["deletion_threshold"] = int(threshold) if number else (threshold or None)
    return {"policy": policy, "default_role": form.one("default_role") or None}


async def _page(
    visit: Visit, form: Form, status: int = 200, compared: dict[str, Any] | None = None
) -> Response:
    connection = await visit.console.store.setup.connection(visit.here.id)
    account = None if connection is None else connection.account
    names = () if account is None else account.permission_set_names()
    chosen = [form.one(name) for name in ("strip_to", "default_role")]
    names = (*names, *(each for each in chosen if each and each not in names))
    return show_settings(
        visit,
        _TAB,
        status=status,
        form=form,
        compared=compared,
        drifting=[each.value for each in CHOSEN],
        drift_choices=_DRIFT,
        crm_attributes=_CRM,
        leavers=LEAVERS,
        deleted=_DELETED,
        sets=[("", "None"), *((name, plain(name)) for name in names)],
        sources=[
            (EmailSource.USER_NAME.value, "The userName"),
            (EmailSource.WORK.value, "The work e-mail"),
        ],
    )
