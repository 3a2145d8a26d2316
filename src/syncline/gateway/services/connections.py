"""The link to a tenant's HubSpot account: set, checked, read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.account import Account
from syncline.gateway.domain.errors import Invalid, NotFound, Refused, Unavailable
from syncline.gateway.domain.grant import Credential, OAuthGrant, StaticToken
from syncline.gateway.domain.health import TWO_ACCOUNTS, Health, helps_against, what_helps
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.domain.scopes import missing_scopes
from syncline.gateway.services.ending import end_credential
from syncline.gateway.services.ports import (
    AccountReading,
    Actor,
    Authority,
    Cause,
    Connection,
    Event,
    Failed,
    Link,
    Links,
    Reading,
    ReadingStep,
    Store,
    Tenant,
    Wake,
)
from syncline.gateway.services.reconciling import (
    Progress,
    Reconciliation,
    keeps_crm_attributes,
    watches_seats,
)
from syncline.gateway.services.recovering import recover, resume
from syncline.gateway.services.showing import health_shown, moment
from syncline.gateway.services.tenants import Tenants

TURNS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Attempt:
    """A connection that works, and what was read over it."""

    connection: Connection
    reading: AccountReading
    report: Mapping[str, Any]
    at: Milliseconds
    """When the reading began."""
    before: Connection | None
    """The connection it would take the place of."""


class Connections:
    """The `connection.*` operations."""

    def __init__(
        self,
        store: Store,
        tenants: Tenants,
        links: Links,
        authority: Authority,
        clock: Clock,
        wake: Wake,
        reconciliation: Reconciliation,
    ) -> None:
        self._reconciliation = reconciliation
        self._store = store
        self._tenants = tenants
        self._links = links
        self._authority = authority
        self._clock = clock
        self._wake = wake

    async def set(
        self,
        actor: str,
        tenant: str,
        base_url: str | None = None,
        access_token: str | None = None,
        scim_base_url: str | None = None,
        scim_token: str | None = None,
        drop_scim: bool = False,
        expect: str | None = None,
    ) -> dict[str, Any]:
        """Link the tenant to an account, after reading it whole; nothing at HubSpot is changed by it.

        Raises `Unavailable` when the account cannot be read or the SCIM channel does not work (every leaver would
        be stopped by it), `Conflict` when another tenant has the account. What is not read is not saved. A channel that
        is not given stays as it is, the SCIM channel unless `drop_scim` says otherwise; `Refused` when that channel
        would be another account's. Setting another account forgets what was known of the one before. A grant that a
        static token takes the place of is ended at HubSpot, as far as it answers; `replaced` says what became of it.
        `expect` is the fingerprint of a preview: `Conflict` when something else would be saved.
        """
        tried = await self.attempt(tenant, base_url, access_token, scim_base_url, scim_token, drop_scim)
        connection, reading = tried.connection, tried.reading
        tenant_id = connection.tenant_id
        await self._store.setup.set_connection(connection, Actor(actor, self._clock.now()), expect)
        await self._reconciliation.keep(tenant_id, reading, Cause.new(tried.at))
        self._wake(tenant_id)
        replaced = await self._end_replaced(tried.before, connection)
        return {**_report(tried.report, reading.account, len(reading.users)), "replaced": replaced}

    async def attempt(
        self,
        tenant: str,
        base_url: str | None = None,
        access_token: str | None = None,
        scim_base_url: str | None = None,
        scim_token: str | None = None,
        drop_scim: bool = False,
    ) -> Attempt:
        """Read the account over a connection as it would be set, and save nothing; raises what `set` raises."""
        found = await self._tenants.find(tenant)
        if (scim_base_url is None) != (scim_token is None):
            raise Invalid("The SCIM channel needs both its base URL and its token.")
        base_url, credential = await self._api_channel(
            found, base_url, access_token, alone=scim_token is None
        )
        if drop_scim and scim_token is not None:
            raise Invalid("The SCIM channel is either given or dropped, not both.")
        before = await self._store.setup.connection(found.id)
        keeps_scim = before is not None and scim_token is None and not drop_scim
        if before is not None and keeps_scim:
            scim_base_url, scim_token = before.scim_base_url, before.scim_token
        scim_base_url = None if scim_base_url is None else self._links.check_address(scim_base_url)
        connection = Connection(
            tenant_id=found.id,
            portal_id=None,
            base_url=base_url,
            credential=credential,
            scim_base_url=scim_base_url,
            scim_token=scim_token,
            account=None,
            account_read_at=None,
            trouble=None,
            trouble_detail=None,
        )
        link = await self._links.trial(connection)
        cause = self._cause()
        crm = await keeps_crm_attributes(self._store, found.id)
        report = await link.check(cause, crm=crm)
        reading = await self._read(found, link, seats=await watches_seats(self._store, found.id), crm=crm)
        _refuse_dead_scim_channel(report)
        account = reading.account.after(None if before is None else before.account)
        connection = replace(
            connection, portal_id=account.portal_id, account=account, account_read_at=cause.at
        )
        if before is not None and keeps_scim:
            _refuse_anothers_scim_channel(before, connection)
        return Attempt(connection, reading, report, cause.at, before)

    async def _end_replaced(self, before: Connection | None, after: Connection) -> str | None:
        """End the grant that another credential took the place of; returns what to say, None when there was none."""
        replaced = before is not None and before.credential != after.credential
        if before is None or not replaced or not isinstance(before.credential, OAuthGrant):
            return None
        return (await end_credential(self._authority, before, self._clock))[1]

    async def check(self, actor: str, tenant: str) -> dict[str, Any]:
        """Read the account again and try out, without changing anything, what each channel can do.

        When everything works, trouble noted before is over; not that which an operator must look at first. Channels
        that look like two different accounts stop the tenant until the connection is set anew.
        """
        found, link = await self._link(tenant)
        cause = self._cause()
        report = await link.check(cause, crm=await keeps_crm_attributes(self._store, found.id))
        reading = await self.read(found, link)
        if report["same_account"] is False:
            await self._store.setup.note_trouble(found.id, TWO_ACCOUNTS, report["missing"][0], cause)
        elif all(channel["ok"] for channel in report["channels"]):
            await self._recover(found)
        account = reading.account
        if account is None:
            raise Unavailable("The account was read by another connection meanwhile: check it once more.")
        checked = await self._with_scopes(found, _report(report, account, reading.users))
        connection = await self._store.setup.connection(found.id)
        return {**checked, **({} if connection is None else {"now": health_shown(connection, found.name)})}

    async def _recover(self, tenant: Tenant) -> None:
        connection = await self._store.setup.connection(tenant.id)
        if connection is not None and connection.health is not Health.HEALTHY:
            await recover(self._store, tenant.id, self._cause())
            self._wake(tenant.id)

    async def _with_scopes(self, tenant: Tenant, report: dict[str, Any]) -> dict[str, Any]:
        """Name the scopes that a grant lacks, among what is missing."""
        connection = await self._store.setup.connection(tenant.id)
        setup = await self._store.backlog.setup(tenant.id, self._clock.now())
        if connection is None or setup is None or not isinstance(connection.credential, OAuthGrant):
            return report
        lacking = missing_scopes(connection.credential.scopes, setup)
        report["missing"] = [*(each.sentence for each in lacking), *report["missing"]]
        return report

    async def show(self, actor: str, tenant: str) -> dict[str, Any]:
        """Return what is known of the connection; credentials are not part of it."""
        found = await self._tenants.find(tenant)
        connection = await self._store.setup.connection(found.id)
        if connection is None:
            raise _not_connected(found)
        history = await self._store.journal.events(
            found.id, subject=None, kind="connection.", before=None, limit=TURNS_SHOWN
        )
        reading = await self._store.readings.reading(found.id)
        known = await self._with_scopes(found, {"missing": [] if reading is None else list(reading.missing)})
        return {
            "portal_id": connection.portal_id,
            "base_url": connection.base_url,
            "scim_base_url": connection.scim_base_url,
            "account_read_at": moment(connection.account_read_at),
            **health_shown(connection, found.name),
            "missing": known["missing"],
            "history": [_turn(event) for event in history],
            **_credential_shown(connection.credential),
        }

    async def resume(self, actor: str, tenant: str) -> dict[str, Any]:
        """Have a quarantined or held connection tried again now; raises `Refused` for one that is neither.

        It goes on with one person, and with everybody once that has worked.
        """
        found, _ = await self._link(tenant)
        connection = await self._store.setup.connection(found.id)
        if connection is not None and connection.trouble == TWO_ACCOUNTS:
            raise _two_accounts(found, connection)
        if not await resume(self._store, found, actor, self._clock.now()):
            known = Health.HEALTHY if connection is None else connection.health
            remedy = None if connection is None else what_helps(known, connection.trouble)
            raise Refused(
                f"The connection of {found.name} is {known.value}.", remedy and remedy.about(found.name)
            )
        self._wake(found.id)
        return await self.show(actor, tenant)

    async def read(
        self,
        tenant: Tenant,
        link: Link | None = None,
        asked_by: str = "connection",
        progress: Progress | None = None,
        *,
        seats: bool = False,
        crm: bool = False,
    ) -> Reading:
        """Read the account whole, with its seats and CRM records if asked, and keep that; raises `Unavailable`."""
        if link is None:
            link = (await self._link(tenant.name))[1]
        reading = await self._reconciliation.read(tenant.id, link, asked_by, progress, seats=seats, crm=crm)
        self._wake(tenant.id)
        if isinstance(reading, Failed):
            raise _unavailable(reading, tenant)
        if reading.step is not ReadingStep.DONE:
            raise Unavailable(
                "HubSpot's lists could not be read to their end, so nothing is concluded from them."
            )
        return reading

    async def refresh_lists(self, tenant: Tenant) -> None:
        """Read the account's permission sets, teams and seats alone; raises `Unavailable`."""
        link = (await self._link(tenant.name))[1]
        failed = await self._reconciliation.refresh_lists(tenant.id, link)
        self._wake(tenant.id)
        if failed is not None:
            raise _unavailable(failed, tenant)

    async def _api_channel(
        self, tenant: Tenant, base_url: str | None, access_token: str | None, *, alone: bool
    ) -> tuple[str, Credential]:
        """Return the API channel as given, or as it is when only the SCIM channel is given."""
        if base_url is not None and access_token is not None:
            return self._links.check_address(base_url), StaticToken(access_token)
        if base_url is not None or access_token is not None or alone:
            raise Invalid("The API channel needs both its base URL and its access token.")
        connection = await self._store.setup.connection(tenant.id)
        if connection is None:
            raise Invalid(f"{tenant.name} has no API channel yet: give its base URL and access token too.")
        return connection.base_url, connection.credential

    async def _link(self, tenant: str) -> tuple[Tenant, Link]:
        found = await self._tenants.find(tenant)
        link = await self._links.open(found.id)
        if link is None:
            raise _not_connected(found)
        return found, link

    async def _read(self, tenant: Tenant, link: Link, *, seats: bool, crm: bool) -> AccountReading:
        reading = await link.read_account(self._cause(), seats=seats, crm=crm)
        if isinstance(reading, Failed):
            raise _unavailable(reading, tenant)
        return reading

    def _cause(self) -> Cause:
        return Cause.new(self._clock.now())


def account_sentence(tenant: str, account: Account, users: int) -> str:
    """Return what was found at HubSpot, in one line for the admin who has just connected it.

    HubSpot does not tell a subscription; that an account has permission sets of its own is a sign of Enterprise (its
    help page on creating permission sets, as of November 2026).
    """
    tier = "Enterprise (inferred)" if account.has_permission_sets else "no permission sets, so not Enterprise"
    kind = () if account.account_type == "STANDARD" else (account.account_type.replace("_", " ").lower(),)
    counted = (
        _how_many(users, "user"),
        _how_many(len(account.permission_sets), "permission set"),
        _how_many(len(account.teams), "team"),
        *_free_seats(account),
    )
    return f"{' · '.join((tenant, *kind, tier, *counted))}. Nothing has been changed."


def _free_seats(account: Account) -> tuple[str, ...]:
    """Return how many seats are free, where they were read; seats HubSpot states no number of are not counted."""
    known = [each.remaining for each in account.seats or () if each.remaining is not None]
    return (f"{_how_many(sum(known), 'seat')} free",) if known else ()


def _how_many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _turn(event: Event) -> dict[str, Any]:
    """Return a turn of a connection's health as it is told."""
    return {"at": moment(event.at), "what": event.kind.partition(".")[2], "summary": event.summary}


def _credential_shown(credential: Credential) -> dict[str, Any]:
    """Return what may be told of a credential."""
    if not isinstance(credential, OAuthGrant):
        return {"credential": "static token"}
    return {
        "credential": "OAuth grant",
        "client_id": credential.client_id,
        "granted_by": credential.holder,
        "scopes": list(credential.scopes),
        "access_token_until": moment(credential.tokens.expires_at),
    }


def _refuse_dead_scim_channel(report: Mapping[str, Any]) -> None:
    for channel in report["channels"]:
        if channel["channel"] == "scim" and not channel["ok"]:
            raise Unavailable(
                f"The SCIM channel cannot be used; nothing was saved. {' '.join(report['missing'])}",
                Remedy("{connect_scim:Give another SCIM token}."),
            )


def _refuse_anothers_scim_channel(before: Connection, after: Connection) -> None:
    """Refuse to go on with a SCIM channel that belongs to the account before."""
    same = (before.portal_id, before.base_url) == (after.portal_id, after.base_url)
    if after.scim_token is not None and not same:
        raise Refused(
            f"This is HubSpot account {after.portal_id} at {after.base_url}, but the SCIM channel is that of account "
            f"{before.portal_id} at {before.base_url}; nothing was saved. Give the SCIM channel of the new account, "
            "too, or leave the tenant without one (--no-scim)."
        )


def _report(report: Any, account: Account, users: int) -> dict[str, Any]:
    return {
        **report,
        "portal_id": account.portal_id,
        "account_type": account.account_type,
        "permission_sets": [
            {"id": each.id, "name": each.name, "paid": each.requires_billing_write}
            for each in account.permission_sets
        ],
        "teams": [{"id": each.id, "name": each.name} for each in account.teams],
        "users": users,
    }


def _two_accounts(tenant: Tenant, connection: Connection) -> Refused:
    remedy = what_helps(connection.health, connection.trouble)
    return Refused(connection.trouble_detail or "", remedy and remedy.about(tenant.name))


def _unavailable(failed: Failed, tenant: Tenant) -> Unavailable:
    remedy = helps_against(failed.code)
    return Unavailable(failed.sentence, remedy and remedy.about(tenant.name))


def _not_connected(tenant: Tenant) -> NotFound:
    return NotFound(
        f"{tenant.name} is not connected to HubSpot.", Remedy("{connect:Connect it}.", tenant.name)
    )
