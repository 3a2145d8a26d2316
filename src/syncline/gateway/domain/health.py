"""How a connection is: a state table, pure. What happens to calls moves it, and time, and people.

The words are Entra's: there a provisioning job that keeps failing is put in quarantine, tried more and more rarely
(once a day in the end), and disabled after four weeks. We differ where a leaver
would pay for it: a connection is tried every minute for a day, every hour after that, and never given up. Nothing of it
reaches the identity provider, whose requests are accepted all the while.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from syncline.clock import Milliseconds
from syncline.gateway.domain.grant import RECONNECT_NEEDED
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.domain.states import Transition, follow

SECOND: Final[Milliseconds] = 1_000
MINUTE: Final[Milliseconds] = 60 * SECOND
HOUR: Final[Milliseconds] = 60 * MINUTE

QUARANTINE_AFTER: Final[Milliseconds] = 24 * HOUR
"""How long a connection may fail without one success before it is quarantined."""
FIRST_PROBE: Final[Milliseconds] = 5 * SECOND
PROBE_EVERY: Final[Milliseconds] = MINUTE
"""The longest wait between two tries while degraded: a leaver is at HubSpot a minute after HubSpot is back."""
QUARANTINED_PROBE_EVERY: Final[Milliseconds] = HOUR

SCIM_TROUBLE: Final = "SCIM_CHANNEL"
"""The trouble of a connection whose SCIM channel alone does not work: it stops nobody who does not need it."""
HELD_TENANT: Final = HoldReason.UNASKED_PERMISSION_CHANGE.value
"""The trouble of a connection that sends nothing until an operator has looked."""
TWO_ACCOUNTS: Final = "two-accounts"
"""The trouble of a connection whose channels look like two different accounts: nothing is sent until it is set anew."""
RESUMED: Final = "RESUMED"
"""Stands in the place of a trouble from an operator's word until the next call tells how it is."""


class Health(StrEnum):
    """From nothing to do, over what passes by itself, to what only a person can end."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    """HubSpot or the way to it fails; tried again by itself, within a minute."""
    QUARANTINED = "quarantined"
    """It has failed for a day; tried again by itself every hour, and at once when an operator says so."""
    HELD = "held"
    """HubSpot did something nobody asked for: nothing is sent until an operator has looked."""
    RECONNECT_NEEDED = "reconnect needed"
    """HubSpot has ended the grant; nothing is tried until there is a new one."""


class HealthEvent(StrEnum):
    """What moves a connection from one state to another."""

    FAILED = "a call failed"
    SUCCEEDED = "a call succeeded"
    PERSISTED = "24 h without a success"
    UNASKED_CHANGE = "HubSpot did what nobody asked for"
    GRANT_ENDED = "the grant ended"
    RESUMED = "an operator resumed"
    RENEWED = "the credential was renewed"


_HEALTHY, _DEGRADED, _QUARANTINED = Health.HEALTHY, Health.DEGRADED, Health.QUARANTINED
_HELD, _RECONNECT = Health.HELD, Health.RECONNECT_NEEDED
_Event = HealthEvent

TRANSITIONS: Final = (
    Transition(_HEALTHY, _Event.FAILED, _DEGRADED, "one person at a time is tried, the others wait"),
    Transition(_DEGRADED, _Event.FAILED, _DEGRADED, "tried again within a minute"),
    Transition(_DEGRADED, _Event.SUCCEEDED, _HEALTHY, "what waited goes out, leavers first"),
    Transition(_DEGRADED, _Event.PERSISTED, _QUARANTINED, "tried every hour; somebody is told"),
    Transition(_QUARANTINED, _Event.FAILED, _QUARANTINED, "tried again in an hour"),
    Transition(_QUARANTINED, _Event.SUCCEEDED, _HEALTHY, "resumes by itself"),
    Transition(_QUARANTINED, _Event.RESUMED, _DEGRADED, "tried at once"),
    Transition(_HEALTHY, _Event.UNASKED_CHANGE, _HELD, "an operator must look"),
    Transition(_DEGRADED, _Event.UNASKED_CHANGE, _HELD, "an operator must look"),
    Transition(_QUARANTINED, _Event.UNASKED_CHANGE, _HELD, "an operator must look"),
    Transition(_HELD, _Event.RESUMED, _DEGRADED, "goes on with one person, then with all"),
    Transition(_HEALTHY, _Event.GRANT_ENDED, _RECONNECT, "only a new grant helps"),
    Transition(_DEGRADED, _Event.GRANT_ENDED, _RECONNECT, "only a new grant helps"),
    Transition(_QUARANTINED, _Event.GRANT_ENDED, _RECONNECT, "only a new grant helps"),
    Transition(_HELD, _Event.GRANT_ENDED, _RECONNECT, "only a new grant helps"),
    Transition(_DEGRADED, _Event.RENEWED, _HEALTHY, "it was checked before it was saved"),
    Transition(_QUARANTINED, _Event.RENEWED, _HEALTHY, "it was checked before it was saved"),
    Transition(_HELD, _Event.RENEWED, _HEALTHY, "an operator was at it"),
    Transition(_RECONNECT, _Event.RENEWED, _HEALTHY, "there is a new grant"),
)
"""Every way a connection can go; what is not listed changes nothing."""

_EVENTS: Final = {
    None: HealthEvent.SUCCEEDED,
    RECONNECT_NEEDED: HealthEvent.GRANT_ENDED,
    HELD_TENANT: HealthEvent.UNASKED_CHANGE,
    TWO_ACCOUNTS: HealthEvent.UNASKED_CHANGE,
}

WHAT_HELPS: Final[Mapping[Health, Remedy]] = {
    Health.DEGRADED: Remedy(
        "Nothing is lost: what is asked for is kept and sent when HubSpot answers. {check:Try it now}."
    ),
    Health.QUARANTINED: Remedy(
        "Put right what the cause names, then {resume:let it go on}; it is also tried by itself every hour. Nothing is "
        "lost meanwhile."
    ),
    Health.HELD: Remedy(
        "Compare the person at HubSpot with the directory, put it right there, then {resume:let it go on}."
    ),
    Health.RECONNECT_NEEDED: Remedy("Have a super admin {grant:grant anew}. Nothing is lost meanwhile."),
}
"""For each state but the healthy one what an operator can do."""

_RENEW: Final = Remedy("{connect:Renew the credential}. Nothing is lost meanwhile.")
_ADDRESS: Final = Remedy("{connect:Connect with the right address}. Nothing is lost meanwhile.")
_OF_TROUBLE: Final[Mapping[str, Remedy]] = {
    "INVALID_AUTHENTICATION": _RENEW,
    "BAD_CLIENT": Remedy(
        "{grant:Grant anew} with the right client id and secret, or put them into the settings hubspot_client_id and "
        "hubspot_client_secret and start the server anew."
    ),
    "APP_UNKNOWN": Remedy(
        "{grant:Grant anew} for the app there is now, or put the other one back into the settings hubspot_client_id "
        "and hubspot_client_secret."
    ),
    "MISSING_SCOPES": Remedy("Add the scope to the app in HubSpot, then {connect:renew the credential}."),
    "REDIRECTED": _ADDRESS,
    "WRONG_ADDRESS": _ADDRESS,
    SCIM_TROUBLE: Remedy(
        "Everybody who does not need the SCIM channel is still served. {check:Try it now}, or {connect_scim:renew its "
        "token}."
    ),
    TWO_ACCOUNTS: Remedy("{connect_scim:Give the SCIM token} of the same account."),
}


def what_helps(health: Health, trouble: str | None) -> Remedy | None:
    """Return what an operator can do about a connection in trouble, None for a healthy one."""
    named = helps_against(trouble)
    is_told = health in (Health.DEGRADED, Health.QUARANTINED, Health.HELD)
    return named if named is not None and is_told else WHAT_HELPS.get(health)


def helps_against(trouble: str | None) -> Remedy | None:
    """Return what an operator can do about that trouble, None where the state of the connection says all."""
    return None if trouble is None else _OF_TROUBLE.get(trouble)


def event_of(trouble: str | None) -> HealthEvent:
    """Return what it means that a call ended with that trouble, None for a success."""
    return _EVENTS.get(trouble, HealthEvent.FAILED)


def health_of(trouble: str | None) -> Health:
    """Return how a connection is that was healthy until it met that trouble."""
    return next_health(Health.HEALTHY, event_of(trouble))


def next_health(health: Health, event: HealthEvent) -> Health:
    """Return where the event leads; where the table has no arrow, nothing changes."""
    return follow(TRANSITIONS, health, event) or health


def next_probe(health: Health, since: Milliseconds, now: Milliseconds) -> Milliseconds | None:
    """Return when a connection that is so since that moment is tried next, None when it is not tried by itself.

    While degraded each wait is as long as it has lasted, 5 s at least and a minute at most: a hiccup costs seconds, an
    outage one call a minute.
    """
    if health is Health.DEGRADED:
        return now + min(max(now - since, FIRST_PROBE), PROBE_EVERY)
    return now + QUARANTINED_PROBE_EVERY if health is Health.QUARANTINED else None


def has_persisted(health: Health, trouble: str | None, since: Milliseconds, now: Milliseconds) -> bool:
    """Tell whether a connection has failed for so long that it belongs in quarantine.

    Not when only the SCIM channel fails: everybody who does not need it is still served.
    """
    return health is Health.DEGRADED and trouble != SCIM_TROUBLE and now - since >= QUARANTINE_AFTER


PEOPLE_IN_A_ROW: Final = 3
TRIES_OF_ONE: Final = 3


def is_outage(people: int, tries: int) -> bool:
    """Tell whether failures without any answer between them are HubSpot's, not a person's.

    `people` is how many different people have failed in a row, `tries` how often the last of them was tried without
    HubSpot having been reached at all.
    """
    return people >= PEOPLE_IN_A_ROW or tries >= TRIES_OF_ONE
