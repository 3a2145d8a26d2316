"""*Add domain*: the domain, then the TXT record to publish, then the look in the DNS."""

from __future__ import annotations

from starlette.responses import Response

from syncline.portal import administration
from syncline.portal.domain.errors import SetupError
from syncline.portal.pages.projects import crumbs, read_scim
from syncline.portal.pages.visit import PageNotFound, Visit
from syncline.webkit.forms import Form


async def ask_domain(visit: Visit) -> Response:
    """Ask which domain."""
    return await _asked(visit, Form(), 200)


async def add_domain(visit: Visit) -> Response:
    """Begin with a domain and lead to its record; what is no domain is asked for again."""
    shown = await read_scim(visit)
    try:
        claim = await administration.add_domain(
            visit.store, visit.clock, visit.name, visit.form.one("domain")
        )
    except SetupError as refused:
        return await _asked(visit, visit.form.wrong(domain=str(refused)), 422)
    return visit.go(f"{shown.scim_path}/domains/{claim['domain']}")


async def show_domain(visit: Visit) -> Response:
    """Show the record of a domain, where it stands, what was looked up and found."""
    shown = await read_scim(visit)
    listed = await administration.list_domains(visit.store, visit.name)
    found = next((one for one in listed["domains"] if one["domain"] == visit.place("domain")), None)
    if found is None or found["by_hand"]:
        raise PageNotFound
    return visit.show("domain", crumbs=crumbs(visit, shown), shown=shown, domain=found)


async def check_domain(visit: Visit) -> Response:
    """Look in the DNS now, and lead back to what was found."""
    shown = await read_scim(visit)
    domain = visit.place("domain")
    await administration.check_domain_now(
        visit.store, visit.clock, visit.site.around.resolver, visit.name, domain
    )
    return visit.go(f"{shown.scim_path}/domains/{domain}")


async def remove_domain(visit: Visit) -> Response:
    """Take a domain from the account."""
    shown = await read_scim(visit)
    await administration.remove_domain(visit.store, visit.name, visit.place("domain"))
    return visit.go(shown.scim_path, "removed")


async def _asked(visit: Visit, form: Form, status: int) -> Response:
    shown = await read_scim(visit)
    return visit.show("add-domain", status=status, crumbs=crumbs(visit, shown), shown=shown, form=form)
