"""The addresses of the pages."""

from __future__ import annotations

from starlette.routing import BaseRoute, Mount, Route

from syncline.portal.pages import consent, distribution, domains, entrance, people, projects, settings
from syncline.portal.pages.visit import Page, Site
from syncline.portal.web.call import Surroundings

_PROJECTS = "/developer-projects/{portal_id:int}"
_COMPONENT = _PROJECTS + "/project/{name}/component/{uid}"
_DOMAIN = _COMPONENT + "/domains/{domain}"
_SETTINGS = "/settings/{portal_id:int}"
_USER = _SETTINGS + "/users/{user_id:int}"


def routes(around: Surroundings) -> list[BaseRoute]:
    """Return every address a browser is for."""
    site = Site(around)
    consents = Page(site, consent.ask_consent, consent.decide, public=True)
    public = {
        "/sign-in": Page(site, entrance.show_sign_in, entrance.sign_in, public=True),
        "/sign-out": Page(site, None, entrance.sign_out, public=True),
        "/theme": Page(site, None, entrance.choose_theme, public=True),
        "/oauth/authorize": consents,
        "/oauth/{hub_id}/authorize": consents,
    }
    private = {
        "/": (entrance.choose_account, None),
        _PROJECTS: (projects.list_projects, None),
        _PROJECTS + "/project/{name}": (projects.show_project, None),
        _COMPONENT: (projects.show_component, None),
        _COMPONENT + "/domains": (domains.ask_domain, domains.add_domain),
        _DOMAIN: (domains.show_domain, domains.check_domain),
        _DOMAIN + "/remove": (None, domains.remove_domain),
        _COMPONENT + "/distribution": (distribution.show_distribution, None),
        _COMPONENT + "/install": (distribution.ask_install, distribution.install),
        _COMPONENT + "/token": (None, distribution.show_token),
        _COMPONENT + "/token/rotate": (None, distribution.rotate),
        _COMPONENT + "/token/revoke": (None, distribution.revoke),
        _SETTINGS + "/users": (people.list_users, None),
        _SETTINGS + "/users/add": (people.ask_user, people.add_user),
        _USER: (people.show_user, people.change_user),
        _USER + "/deactivate": (None, people.deactivate),
        _USER + "/reactivate": (None, people.reactivate),
        _USER + "/remove": (None, people.remove),
        _SETTINGS + "/permission-sets": (settings.show_permission_sets, settings.add_permission_set),
        _SETTINGS + "/permission-sets/rename": (None, settings.rename_permission_set),
        _SETTINGS + "/permission-sets/delete": (None, settings.delete_permission_set),
        _SETTINGS + "/teams": (settings.show_teams, settings.add_team),
        _SETTINGS + "/account": (settings.show_account, settings.change_account),
    }
    found: list[BaseRoute] = [Route(path, page) for path, page in public.items()]
    found += [Route(path, Page(site, get, post)) for path, (get, post) in private.items()]
    return [*found, Mount("/static", site.statics)]
