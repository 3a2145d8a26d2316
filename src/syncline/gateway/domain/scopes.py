"""Which of HubSpot's scopes each feature needs: the table behind what is asked for, and what is said to be missing.

Source: scopes of each call as HubSpot's published API description names them (user provisioning, owners, account
information; 2026-03). Only what a tenant uses is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from syncline.gateway.domain.account import Account
from syncline.gateway.domain.setup import Setup


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing the API channel is used for.

    Any one of `scopes` opens it; the first is the one asked for. HubSpot tells scopes an app *requires* from *optional*
    ones; `required` says as which it is asked for, and so how the app has to declare it.
    """

    key: str
    """The word an operator asks for it by, before anything the tenant has set up does."""
    name: str
    scopes: tuple[str, ...]
    required: bool
    blocks: str
    """What is in the way without it, as an admin reads it."""
    used_by: str
    """Who uses it, for the reference page."""
    used: Callable[[Setup], bool]


@dataclass(frozen=True, slots=True)
class MissingScope:
    """A scope that a tenant needs and its grant does not have."""

    scope: str
    blocks: str

    @property
    def sentence(self) -> str:
        """The finding in words."""
        return f"The grant lacks the scope {self.scope}: {self.blocks}"


@dataclass(frozen=True, slots=True)
class Asked:
    """The scopes to ask for, as HubSpot's authorize address takes them."""

    required: tuple[str, ...]
    optional: tuple[str, ...]


def _always(_setup: Setup) -> bool:
    return True


def _teams(setup: Setup) -> bool:
    # Until there is an account to read, no rule can name a team: then teams are asked for, so that one can. Once they
    # were read they are asked for again: a new grant takes nothing away that was there.
    return (
        setup.account is None
        or bool(setup.account.teams)
        or any(rule.primary_team_id or rule.secondary_team_ids for rule in setup.rules)
    )


def _seats(setup: Setup) -> bool:
    # Once they were read somebody watches them, rule or no rule.
    watched = setup.account is not None and setup.account.seats is not None
    return watched or bool(setup.book.seats)


def _crm_attributes(setup: Setup) -> bool:
    return bool(setup.policy.crm_attributes)


def _when_asked(_setup: Setup) -> bool:
    return False


def _paid_sets(setup: Setup) -> bool:
    account, policy = setup.account, setup.policy
    if account is None:
        return False
    if policy.match_role_names:
        return any(each.requires_billing_write for each in account.permission_sets)
    named = {rule.permission_set_id for rule in setup.rules}
    named |= {policy.default_permission_set, policy.strip_to}
    return any(_is_paid(account, each) for each in named if each is not None)


def _is_paid(account: Account, permission_set_id: str) -> bool:
    found = account.permission_set(permission_set_id)
    return found is not None and found.requires_billing_write


FEATURES: Final = (
    Feature(
        "account",
        "Know which account it is",
        ("oauth",),
        True,
        "HubSpot does not say which account it is, so nothing can be read or sent.",
        "every tenant",
        _always,
    ),
    Feature(
        "read-users",
        "Read users and permission sets",
        ("settings.users.read", "crm.objects.users.read"),
        True,
        "users and permission sets cannot be read, so nothing can be decided.",
        "every tenant",
        _always,
    ),
    Feature(
        "write-users",
        "Create, change and remove users",
        ("settings.users.write", "crm.objects.users.write"),
        True,
        "nobody can be created, changed or removed.",
        "every tenant",
        _always,
    ),
    Feature(
        "deactivated",
        "See who is deactivated at HubSpot",
        ("crm.objects.owners.read",),
        False,
        "whoever was deactivated at HubSpot looks active, and may be given access again by a change.",
        "every tenant",
        _always,
    ),
    Feature(
        "teams",
        "Read teams and assign people to them",
        ("settings.users.teams.read",),
        False,
        "teams cannot be read, so rules that set a team cannot be made or carried out.",
        "tenants with a rule that sets a team, those whose teams were read, and those not connected yet",
        _teams,
    ),
    Feature(
        "paid-seats",
        "Give permission sets that come with a paid seat",
        ("settings.billing.write",),
        False,
        "people who should get a paid permission set are held.",
        "tenants whose rules, default role or leaver policy name a paid set, or that match role names while the "
        "account has one",
        _paid_sets,
    ),
    Feature(
        "seats",
        "See how many seats are free and give them by rule",
        ("settings.billing.write",),
        False,
        "seats cannot be read or given, so people whose rules give one are held.",
        "tenants with a rule that sets a seat, and tenants whose seats were looked at",
        _seats,
    ),
    Feature(
        "crm-read",
        "See the CRM attributes of users: job title, phone, time zone, language",
        ("crm.objects.users.read",),
        False,
        "CRM attributes are neither compared nor written; nobody is held for it.",
        "tenants that keep CRM attributes in line",
        _crm_attributes,
    ),
    Feature(
        "crm-write",
        "Write the CRM attributes of users",
        ("crm.objects.users.write",),
        False,
        "CRM attributes are neither compared nor written; nobody is held for it.",
        "tenants that keep CRM attributes in line",
        _crm_attributes,
    ),
    Feature(
        "activity",
        "See who changed people at HubSpot",
        ("account-info.security.read",),
        False,
        "drift is found, but HubSpot does not say who made the change.",
        "tenants that ask for it",
        _when_asked,
    ),
)
"""The table, in the order of the reference page."""


CHOICES: Final = tuple(feature.key for feature in FEATURES if feature.used is not _always)
"""The features an operator may ask for ahead of their use."""


def asked_scopes(setup: Setup, also: Collection[str] = ()) -> Asked:
    """Return what to ask for on behalf of that tenant; `also` names features it is about to use."""
    used = [feature for feature in FEATURES if feature.used(setup) or feature.key in also]
    return Asked(
        tuple(feature.scopes[0] for feature in used if feature.required),
        tuple(dict.fromkeys(feature.scopes[0] for feature in used if not feature.required)),
    )


def missing_scopes(granted: Collection[str], setup: Setup) -> tuple[MissingScope, ...]:
    """Return what the tenant uses and its grant does not open, in the order of the table."""
    return tuple(
        MissingScope(feature.scopes[0], feature.blocks)
        for feature in FEATURES
        if feature.used(setup) and not set(feature.scopes) & set(granted)
    )


def scopes_table() -> str:
    """Return the table as Markdown."""
    lines = [
        "| Feature | What for | Scope | Declared by the app as | Asked for by | Without it |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for feature in FEATURES:
        first, *others = feature.scopes
        scope = f"`{first}`" + "".join(f", or `{other}`" for other in others)
        declared = "required" if feature.required else "optional"
        lines.append(
            f"| `{feature.key}` | {feature.name} | {scope} | {declared} | {feature.used_by} | {feature.blocks} |"
        )
    return "\n".join(lines)
