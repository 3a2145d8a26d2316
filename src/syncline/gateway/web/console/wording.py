"""What helps, said for somebody who reads it on a page: the words of what is to be done lead to where it is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from markupsafe import Markup

from syncline.gateway.domain.errors import DomainError
from syncline.gateway.domain.holds import HOLDS, HoldReason
from syncline.gateway.domain.remedies import Deed, Do, Remedy
from syncline.webkit.text import shown

SECOND: Final = "Noted. It counts once a second person has approved it, too."

PLACES: Final[Mapping[Do, str]] = {
    Do.ADD_RULE: "set-up/rules#another",
    Do.ALLOW_ACTIONS: "set-up/rules#actions",
    Do.APPROVE_PLAN: "plan#approve",
    Do.CHECK: "settings/connection",
    Do.CONNECT: "set-up/connect#ways",
    Do.CONNECT_SCIM: "set-up/connect#scim",
    Do.DEFAULT_ROLE: "set-up/role",
    Do.DISCONNECT: "settings/danger",
    Do.DOMAINS: "settings/policy#field-domains",
    Do.DRIFT: "drift",
    Do.EMAIL_FROM: "set-up/matching",
    Do.EXCEPTIONS: "approvals#exceptions",
    Do.FOUR_EYES: "settings/policy",
    Do.GO_LIVE: "set-up/live",
    Do.GRANT: "set-up/connect#ways",
    Do.GRANTS: "approvals#approvals",
    Do.GROUPS: "groups",
    Do.HELD: "people?state=held",
    Do.LEAVER_POLICY: "set-up/leaving",
    Do.LEAVERS: "approvals#leavers",
    Do.LOG: "log",
    Do.MAKE_TOKEN: "settings",
    Do.NOTICES: "settings/notices",
    Do.PEOPLE: "people",
    Do.PLAN: "plan",
    Do.PRESENCE: "settings/policy#field-drift-presence",
    Do.PROTECTED: "settings/protected",
    Do.READ: "settings/connection",
    Do.RESUME: "settings/connection",
    Do.RETRYING: "people?state=retrying",
    Do.RULES: "set-up/rules",
    Do.SEATS: "set-up/rules#seats",
    Do.STOP: "settings/danger",
    Do.STRIP_TO: "set-up/leaving",
    Do.TELL: "settings/notices",
    Do.TOKENS: "settings",
}
"""Where each thing is done, below the tenant's address."""
ABOUT_A_PERSON: Final[Mapping[Do, str]] = {
    Do.ACCEPT_DRIFT: "drift",
    Do.DELIVER: "",
    Do.END_EXCEPTION: "leaving",
    Do.GIVE_BACK: "leaving",
    Do.KEEP: "leaving",
    Do.LET_BACK_IN: "",
    Do.PERSON: "",
    Do.UNPROTECT: "",
}
"""What is done on a person's page, and the part of it; for nobody in particular it leads to those who are held."""
ELSEWHERE: Final[Mapping[Do, str]] = {
    Do.GIVE_ROLE: "/operators",
    Do.KEYS: "/api-keys",
    Do.OPERATORS: "/operators",
    Do.TENANTS: "/",
}
"""What is done outside of any tenant."""


def said(remedy: Remedy, tenant_id: str, user: str | None = None) -> Markup:
    """Return what helps as a sentence with links; `user` is whom it is about, where the remedy does not say."""
    parts = (_part(each, tenant_id, remedy.user or user) for each in remedy.parts())
    return Markup("").join(parts)


def helps(reason: str, tenant_id: str, user: str | None = None) -> Markup:
    """Return what releases people held for a reason."""
    return said(HOLDS[HoldReason(reason)].release, tenant_id, user)


def on_a_page(error: DomainError, tenant_id: str) -> DomainError:
    """Return the refusal with its remedy in links, as a page shows it."""
    if error.remedy is None:
        return error
    return type(error)(shown(error.cause) + " " + said(error.remedy, tenant_id))


def _part(part: str | Deed, tenant_id: str, user: str | None) -> Markup:
    if isinstance(part, Deed):
        return Markup('<a href="{}">{}</a>').format(_address(part.do, tenant_id, user), part.words)
    return Markup("{}").format(part)


def _address(do: Do, tenant_id: str, user: str | None) -> str:
    if do in ELSEWHERE:
        return ELSEWHERE[do]
    if do not in ABOUT_A_PERSON:
        return f"/tenants/{tenant_id}/{PLACES[do]}"
    if user is None:
        return f"/tenants/{tenant_id}/{PLACES[Do.HELD]}"
    part = f"#{ABOUT_A_PERSON[do]}" if ABOUT_A_PERSON[do] else ""
    return f"/tenants/{tenant_id}/person?user={quote(user, safe='')}{part}"
