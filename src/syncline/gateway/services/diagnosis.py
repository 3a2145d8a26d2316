"""What a doctor would look at, from the machine to each tenant's HubSpot account and identity provider."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.credentials import is_alive
from syncline.gateway.domain.health import Health
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.domain.silence import longest_silence
from syncline.gateway.domain.tenant import TenantMode
from syncline.gateway.services.findings import Finding, Level, bad, ok, warn
from syncline.gateway.services.ports import Cause, Connection, Links, Store, Tenant, Token
from syncline.gateway.services.premises import database_findings, disk_finding, folder_finding, key_findings
from syncline.gateway.services.showing import health_shown, holds_counted, moment
from syncline.gateway.services.tenants import Tenants
from syncline.gateway.services.upkeep import LogKeeping, Upkeep, Visit, Visitor
from syncline.settings_values import is_loopback

DAY: Milliseconds = 86_400_000
SKEW_WARN: Milliseconds = 5_000
SKEW_BAD: Milliseconds = 60_000
READS_LOOKED_AT = 2_000
_CHECK_AGAIN = Remedy("{check:Check it} to hear more, or {connect:put in another credential}.")


class Diagnosis:
    """The `doctor.run` operation. `serving` says whether this process is the server of the data folder."""

    def __init__(
        self,
        store: Store,
        tenants: Tenants,
        links: Links,
        logs: LogKeeping,
        upkeep: Upkeep,
        visit: Visitor,
        clock: Clock,
        *,
        folder: Path,
        public_url: Callable[[], str],
        serving: bool,
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._links = links
        self._logs = logs
        self._upkeep = upkeep
        self._visit = visit
        self._clock = clock
        self._folder = folder
        self._public_url = public_url
        self._serving = serving

    async def run(self, actor: str, tenant: str | None = None) -> dict[str, Any]:
        """Look at everything, or at one tenant besides what all share; changes nothing.

        Each tenant costs at most 12 calls of its HubSpot budget. `worst` is the worst level found.
        """
        chosen = await self._store.setup.tenants() if tenant is None else [await self._tenants.find(tenant)]
        findings = [finding async for finding in self._of_machine()]
        for each in chosen:
            findings += [finding async for finding in self._of_tenant(each)]
        levels = {finding.level for finding in findings}
        worst = next(level for level in (Level.BAD, Level.WARN, Level.OK) if level in levels)
        return {"worst": worst.value, "findings": [finding.shown() for finding in findings]}

    async def _of_machine(self) -> AsyncIterator[Finding]:
        condition = await self._upkeep.condition()
        for finding in (
            *database_findings(condition),
            disk_finding(self._folder),
            folder_finding(self._folder),
            *key_findings(condition, self._folder),
        ):
            yield finding
        if not self._serving:
            yield warn(
                "server", "No server runs on this data folder: nothing is taken in.", "Run `syncline serve`."
            )
            return
        url = self._public_url()
        for finding in address_findings(
            url, await self._visit(f"{url}/scim/v2/ServiceProviderConfig"), self._clock.now()
        ):
            yield finding

    async def _of_tenant(self, tenant: Tenant) -> AsyncIterator[Finding]:
        async for finding in self._of_hubspot(tenant):
            yield finding
        tokens = await self._store.setup.tokens(tenant.id)
        for each in token_findings(tenant.name, tokens, self._clock.now()):
            yield each
        yield await self._of_silence(tenant)
        yield await self._of_holds(tenant)

    async def _of_hubspot(self, tenant: Tenant) -> AsyncIterator[Finding]:
        name = tenant.name
        connection = await self._store.setup.connection(tenant.id)
        link = None if connection is None else await self._links.open(tenant.id)
        if connection is None or link is None:
            yield warn(
                "hubspot",
                "Not connected: what the identity provider sends is collected, nothing more.",
                f"Run `connection set {name} --base-url https://api.hubapi.com --access-token -`.",
                tenant=name,
            )
            return
        visit = await self._visit(connection.base_url + "/")
        yield clock_finding(visit, name)
        yield health_finding(connection, name)
        report = await link.check(Cause.new(self._clock.now()))
        for channel in report["channels"]:
            subject = f"hubspot {channel['channel']}"
            if not channel["ok"]:
                yield bad(subject, "; ".join(channel["cannot"]), _first(report["missing"], name), tenant=name)
            elif channel["cannot"] and report["missing"]:
                yield warn(
                    subject, "; ".join(channel["cannot"]), _first(report["missing"], name), tenant=name
                )
            else:
                yield ok(subject, f"Can {'; '.join(channel['can'])}.", tenant=name)
        if tenant.mode is not TenantMode.LIVE:
            yield warn(
                "mode",
                f"In mode {tenant.mode.value}: nothing is sent to HubSpot.",
                f"Look at `plan show {name}`, then `plan approve {name}` and `tenant mode {name} live`.",
                tenant=name,
            )

    async def _of_silence(self, tenant: Tenant) -> Finding:
        totals = await self._store.backlog.totals(tenant.id)
        last = totals.last_contact_at
        if last is None:
            return warn(
                "identity provider",
                "Has never been here.",
                "Give it the SCIM address and a token, and start its provisioning.",
                tenant=tenant.name,
            )
        reads = await self._logs.reads(tenant.id, before=None, limit=READS_LOOKED_AT)
        allowed = longest_silence([read.at for read in reads])
        if self._clock.now() - last > allowed:
            return warn(
                "identity provider",
                f"Last heard from at {moment(last)}; a silence of {allowed / 3_600_000:.1f} hours is usual at most.",
                "Look at its provisioning log: it may be in quarantine, stopped, or refused (`events list --reads`).",
                tenant=tenant.name,
            )
        return ok("identity provider", f"Last heard from at {moment(last)}.", tenant=tenant.name)

    async def _of_holds(self, tenant: Tenant) -> Finding:
        totals = await self._store.backlog.totals(tenant.id)
        held = holds_counted(totals.held)
        if not held:
            waiting = totals.waiting + totals.retrying
            return ok("deliveries", f"{waiting} on their way, none held.", tenant=tenant.name)
        says = "; ".join(f"{each['count']} held: {each['sentence'].rstrip('.')}" for each in held)
        return warn("deliveries", f"{says}.", held[0]["release"], tenant=tenant.name)


def address_findings(url: str, visit: Visit, now: Milliseconds) -> Iterator[Finding]:
    """Judge whether the public address leads to this server's SCIM endpoint, over TLS that lasts."""
    parts = urlsplit(url)
    local = is_loopback(parts.hostname or "")
    proxy = "Let the reverse proxy pass every path to this server: docs/howto/run-behind-caddy.md."
    if visit.status is None:
        fix = "Check DNS, firewall and proxy; identity providers use this very address (SYNCLINE_PUBLIC_URL)."
        yield bad("public address", f"{url} cannot be reached from here: {visit.fault}.", fix)
    elif (visit.status, visit.scim) != (401, True):
        yield bad("public address", f"{url} answers {visit.status}, and not as a SCIM endpoint would.", proxy)
    else:
        yield ok("public address", f"{url} leads to a SCIM endpoint.")
    if local:
        yield warn(
            "tls",
            f"{url} is reachable from this machine only.",
            "Set SYNCLINE_PUBLIC_URL to the https address of a reverse proxy before an identity provider is connected.",
        )
    elif parts.scheme != "https":
        yield bad("tls", f"{url} is not encrypted: tokens and people's data can be read on the way.", proxy)
    elif visit.certificate_ends_at is not None:
        days = (visit.certificate_ends_at - now) // DAY
        says = f"The certificate ends at {moment(visit.certificate_ends_at)}."
        fix = "Renew the certificate at the reverse proxy."
        yield bad("tls", says, fix) if days < 3 else warn("tls", says, fix) if days < 14 else ok("tls", says)


def health_finding(connection: Connection, tenant: str) -> Finding:
    """Judge how the connection is: since when, why, and what helps."""
    shown = health_shown(connection, tenant)
    since = "" if shown["since"] is None else f" since {shown['since']}"
    if connection.health is Health.HEALTHY:
        return ok("connection", f"Healthy{since}.", tenant=tenant)
    tried = "" if shown["next_probe_at"] is None else f" Tried next at {shown['next_probe_at']}."
    says = f"{connection.health.value.capitalize()}{since}: {connection.trouble_detail}{tried}"
    level = warn if connection.health is Health.DEGRADED else bad
    return level("connection", says, shown["fix"], tenant=tenant)


def clock_finding(visit: Visit, tenant: str) -> Finding:
    """Judge this machine's clock by HubSpot's."""
    if visit.status is None:
        fix = "Let this server reach it: DNS, firewall, outgoing proxy."
        return bad("hubspot", f"HubSpot cannot be reached from here: {visit.fault}.", fix, tenant=tenant)
    if visit.date is None or visit.seen_at is None:
        return ok("clock", "HubSpot did not say what time it is.", tenant=tenant)
    skew = abs(visit.seen_at - visit.date)
    says = f"This machine's clock is {skew / 1000:.0f} s away from HubSpot's."
    fix = "Have the clock set by NTP: `timedatectl set-ntp true`."
    if skew > SKEW_BAD:
        return bad("clock", says, fix, tenant=tenant)
    return warn("clock", says, fix, tenant=tenant) if skew > SKEW_WARN else ok("clock", says, tenant=tenant)


def token_findings(tenant: str, tokens: list[Token], now: Milliseconds) -> Iterator[Finding]:
    """Judge how long the tokens in use are still good for: a word at 30, 7 and 1 days before the end."""
    alive = [
        each for each in tokens if is_alive(expires_at=each.expires_at, revoked_at=each.revoked_at, now=now)
    ]
    fix = f"Make the next one with `token create {tenant}`, put it into the identity provider, then revoke the old."
    if not alive:
        yield warn("token", "There is no valid token: no identity provider can sign in.", fix, tenant=tenant)
        return
    ending = [each for each in alive if each.expires_at is not None and each.expires_at - now <= 30 * DAY]
    for token in ending:
        days = ((token.expires_at or now) - now) / DAY
        limit = next(bound for bound in (1, 7, 30) if days <= bound)
        says = f"Token {token.id} ends at {moment(token.expires_at)}, within {limit} day{'s' * (limit > 1)}."
        yield (bad if limit == 1 else warn)("token", says, fix, tenant=tenant)
    if not ending:
        yield ok("token", f"{len(alive)} valid, none ends within 30 days.", tenant=tenant)


def _first(missing: list[str], tenant: str) -> str:
    return missing[0] if missing else _CHECK_AGAIN.about(tenant).in_commands
