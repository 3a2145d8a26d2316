"""The steps of the set-up: which there are, how far a tenant has got with each, and the page around each of them.

A journey is kept nowhere: what is done is read off the tenant itself, so it can be left and taken up again at any step,
also by way of the command line or the API.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from syncline.clock import Milliseconds
from syncline.gateway.domain.account import Account
from syncline.gateway.domain.credentials import is_alive
from syncline.gateway.domain.operators import Permission
from syncline.gateway.domain.rules import Rule
from syncline.gateway.domain.tenant import EmailSource, TenantMode
from syncline.gateway.domain.validation import Check
from syncline.gateway.services.ports import Confirmation, Connection, Tenant, Token, Totals
from syncline.gateway.services.showing import set_name
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.forms import Form

NAMES: Final = {
    "entra": "Microsoft Entra ID",
    "okta": "Okta",
    "google": "Google Workspace",
    "other": "Another",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """How far a tenant has got."""

    tenant: Tenant
    connection: Connection | None
    rules: tuple[Rule, ...]
    tokens: tuple[Token, ...]
    """Those that are alive."""
    totals: Totals
    confirmed: Mapping[Check, Confirmation]
    """Which checks HubSpot has confirmed; filled only where the checklist is looked at."""

    @property
    def account(self) -> Account | None:
        """The HubSpot account as it was last read."""
        return None if self.connection is None else self.connection.account

    @property
    def heard_at(self) -> Milliseconds | None:
        """When the identity provider last called, as far as is known; None before its first request."""
        used = [each.last_used_at for each in self.tokens if each.last_used_at is not None]
        return max(
            [*used, *([self.totals.last_contact_at] if self.totals.last_contact_at else [])], default=None
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `done` tells whether something was decided there, `note` what; `assumed` that a default will do."""

    key: str
    label: str
    done: Callable[[Stand], bool]
    note: Callable[[Stand], str]
    assumed: bool = False
    needs_account: bool = False


def _connected(stand: Stand) -> str:
    connection = stand.connection
    return "" if connection is None else f"HubSpot account {connection.portal_id}"


def _default_set(stand: Stand) -> str:
    return set_name(stand.account, stand.tenant.policy.default_permission_set) or ""


def _directory(stand: Stand) -> str:
    chosen = stand.tenant.policy.identity_provider
    return "" if chosen is None else NAMES[chosen.value]


def _leaving(stand: Stand) -> str:
    chosen = stand.tenant.policy.deactivated
    return "" if chosen is None else {"strip": "take permissions away"}.get(chosen.value, chosen.value)


def _counted(count: int, word: str) -> str:
    return "" if not count else f"{count} {word}{'' if count == 1 else 's'}"


STEPS: Final = (
    Step(
        "directory",
        "Company and directory",
        lambda s: s.tenant.policy.identity_provider is not None,
        _directory,
    ),
    Step(
        "integrations", "Choose what to keep in step", lambda s: s.connection is not None, lambda _: "HubSpot"
    ),
    Step("connect", "Connect HubSpot", lambda s: s.account is not None, _connected),
    Step(
        "matching",
        "Match people by",
        lambda s: s.tenant.policy.email_from is not EmailSource.USER_NAME,
        lambda s: "work e-mail" if s.tenant.policy.email_from is EmailSource.WORK else "user name",
        assumed=True,
    ),
    Step(
        "role",
        "Default role",
        lambda s: s.tenant.policy.default_permission_set is not None,
        _default_set,
        needs_account=True,
    ),
    Step(
        "rules",
        "Rules",
        lambda s: bool(s.rules),
        lambda s: _counted(len(s.rules), "rule") or "none",
        assumed=True,
        needs_account=True,
    ),
    Step("leaving", "When someone leaves", lambda s: s.tenant.policy.deactivated is not None, _leaving),
    Step(
        "welcome",
        "Welcome e-mails",
        lambda s: s.tenant.policy.welcome_email,
        lambda s: "sent by HubSpot" if s.tenant.policy.welcome_email else "none are sent",
        assumed=True,
    ),
    Step(
        "activate",
        "Activate in plan mode",
        lambda s: bool(s.tokens),
        lambda s: _counted(len(s.tokens), "token"),
    ),
    Step(
        "provider",
        "In your identity provider",
        lambda s: s.heard_at is not None,
        lambda _: "it has called",
    ),
    Step("one", "Try one person", lambda s: s.totals.in_step > 0, lambda _: "", assumed=True),
    Step("plan", "Approve the plan", lambda s: s.tenant.plan_approved_at is not None, lambda _: "approved"),
    Step(
        "live", "Go live", lambda s: s.tenant.mode is TenantMode.LIVE, lambda _: "changes go out as they come"
    ),
    Step(
        "checklist",
        "Validation checklist",
        lambda s: len(s.confirmed) == len(Check),
        lambda _: "confirmed at HubSpot",
    ),
)


async def stand_of(visit: Visit, confirmed: Mapping[Check, Confirmation] | None = None) -> Stand:
    """Read how far the tenant of the page has got: five look-ups by key, none of them grows with its people."""
    tenant, store = visit.here, visit.console.store
    now = visit.console.clock.now()
    tokens = await store.setup.tokens(tenant.id)
    return Stand(
        tenant=tenant,
        connection=await store.setup.connection(tenant.id),
        rules=tuple(await store.setup.rules(tenant.id)),
        tokens=tuple(
            each
            for each in tokens
            if is_alive(expires_at=each.expires_at, revoked_at=each.revoked_at, now=now)
        ),
        totals=await visit.console.store.backlog.totals(tenant.id),
        confirmed=confirmed or {},
    )


def finished(stand: Stand) -> dict[str, bool]:
    """Return by step whether it is behind the tenant; a default counts as chosen once a later step is done."""
    done = {step.key: step.done(stand) for step in STEPS}
    later = False
    for step in reversed(STEPS):
        done[step.key] = done[step.key] or (step.assumed and later)
        later = later or (done[step.key] and not step.assumed)
    return done


def next_open(stand: Stand) -> Step | None:
    """Return the first step that is not done, None when all are."""
    done = finished(stand)
    return next((step for step in STEPS if not done[step.key]), None)


def address(visit: Visit, key: str) -> str:
    """Return the address of a step's page."""
    return visit.below(f"set-up/{key}")


def after(key: str) -> Step:
    """Return the step after that one; the last one is followed by itself."""
    keys = [step.key for step in STEPS]
    return STEPS[min(keys.index(key) + 1, len(STEPS) - 1)]


def before(key: str) -> Step | None:
    """Return the step before that one, None for the first."""
    place = [step.key for step in STEPS].index(key)
    return STEPS[place - 1] if place else None


def listed(visit: Visit, stand: Stand, current: str = "") -> list[tuple[str, str, str, str]]:
    """Return every step as the kit's `steps` takes them: label, state, address, note."""
    done = finished(stand)
    first = next_open(stand)
    here = current or ("" if first is None else first.key)
    shown = []
    for step in STEPS:
        state = "now" if step.key == here else "done" if done[step.key] else "open"
        if step.needs_account and stand.account is None:
            state = "locked" if state == "open" else state
        shown.append(
            (step.label, state, address(visit, step.key), step.note(stand) if done[step.key] else "")
        )
    return shown


async def show_step(
    visit: Visit,
    key: str,
    form: Form | None = None,
    *,
    stand: Stand | None = None,
    status: int = 0,
    **data: Any,
) -> Response:
    """Answer with a step's page: the way so far beside it, and the way on below it. A form with errors is a 422."""
    stand = stand or await stand_of(visit)
    form = form or Form()
    step = next(each for each in STEPS if each.key == key)
    following, earlier = after(key), before(key)
    return visit.show(
        f"set-up-{key}.html",
        status=status or (422 if form.errors else 200),
        current="set-up",
        form=form,
        stand=stand,
        step=step,
        number=STEPS.index(step) + 1,
        count=len(STEPS),
        steps=listed(visit, stand, key),
        is_done=finished(stand)[key],
        onward=None if following is step else (following.label, address(visit, following.key)),
        back=None if earlier is None else (earlier.label, address(visit, earlier.key)),
        may_set_up=visit.may(Permission.SET_UP),
        **data,
    )


def go_on(visit: Visit, key: str, done: str) -> Response:
    """Lead to the step after that one, which says what was done."""
    return visit.go(address(visit, after(key).key), done)
