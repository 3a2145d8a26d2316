"""The console and the admin API put together, over the services the command line uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syncline.clock import Clock
    from syncline.gateway.services.authorizing import Answered
    from syncline.gateway.services.calling import Operation
    from syncline.gateway.services.overview import Pace
    from syncline.gateway.services.ports import Store, Wake
    from syncline.gateway.services.rehearsals import Rehearsals
    from syncline.gateway.services.tenants import Tenants
    from syncline.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """What the console and the API are made of."""

    settings: Settings
    store: Store
    tenants: Tenants
    operations: Mapping[str, Operation]
    fingerprint: Callable[[str], bytes]
    clock: Clock
    address: Callable[[], str]
    pace: Pace
    csrf_key: bytes
    wake: Wake
    rehearsals: Rehearsals


def console_application(parts: Parts) -> Any:
    """Return the console."""
    from syncline.gateway.services.overview import Overviews
    from syncline.gateway.services.passwords import Argon2Passwords
    from syncline.gateway.services.signing_in import SigningIn
    from syncline.gateway.web import console as room
    from syncline.gateway.web.application import SCIM_PREFIX
    from syncline.gateway.web.console.application import ConsoleApplication
    from syncline.gateway.web.console.bench import Bench
    from syncline.gateway.web.console.routes import PAGES
    from syncline.gateway.web.console.visit import Console
    from syncline.webkit.csrf import Csrf
    from syncline.webkit.pages import Pages, own_statics

    statics = own_statics()
    signing_in = SigningIn(
        parts.store.operators,
        parts.tenants,
        Argon2Passwords(),
        parts.fingerprint,
        parts.clock,
        sign_up=parts.settings.sign_up,
    )
    console = Console(
        operations=parts.operations,
        store=parts.store,
        signing_in=signing_in,
        overviews=Overviews(parts.store, parts.clock, parts.pace),
        clock=parts.clock,
        address=parts.address,
        pages=Pages(statics, Path(room.__file__).parent / "templates"),
        csrf=Csrf(parts.csrf_key),
        bench=Bench(parts.store, parts.clock, parts.wake, lambda: parts.address() + SCIM_PREFIX),
        rehearsals=parts.rehearsals,
        retention=_retention(parts.settings),
    )
    return ConsoleApplication(console, PAGES, statics)


def callback_rendering() -> Callable[[Answered], str]:
    """Return how the page HubSpot leads back to looks where there is a console."""
    from syncline.gateway.web import console as room
    from syncline.webkit.frame import Frame
    from syncline.webkit.pages import Pages, own_statics

    pages = Pages(own_statics(), Path(room.__file__).parent / "templates")
    return lambda answered: pages.render("connected.html", Frame(), answered=answered)


def api_application(parts: Parts) -> Any:
    """Return the admin API."""
    import orjson

    from syncline.gateway.services.api_keys import ApiKeys
    from syncline.gateway.web.api.application import ApiApplication
    from syncline.gateway.web.api.idempotency import Idempotency
    from syncline.gateway.web.api.openapi import description
    from syncline.gateway.web.api.routes import ENDPOINTS
    from syncline.gateway.web.application import API_PREFIX

    keys = ApiKeys(parts.store.operators, parts.tenants, parts.fingerprint, parts.clock)
    document = description(ENDPOINTS, parts.operations, API_PREFIX)
    return ApiApplication(
        API_PREFIX,
        ENDPOINTS,
        parts.operations,
        parts.store.setup,
        keys,
        Idempotency(parts.clock),
        orjson.dumps(document),
    )


def _retention(settings: Settings) -> tuple[tuple[str, str, int], ...]:
    """Return what is kept for how long, and the variable that says so."""
    from syncline.settings import SETTINGS

    variables = {row.name: row.variable for row in SETTINGS}
    return (
        ("The provisioning log", variables["event_days"], settings.event_days),
        ("Calls to HubSpot", variables["call_days"], settings.call_days),
        ("Reads of the identity provider", variables["read_log_days"], settings.read_log_days),
    )
