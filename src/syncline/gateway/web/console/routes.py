"""Every page of the console: method, path, who may, what answers. A page that is not here does not exist.

To add one: a function in a file named after the page, a template, a row here.
"""

from __future__ import annotations

from typing import Final

from syncline.gateway.domain.operators import Permission
from syncline.gateway.web.console import (
    account,
    api_keys,
    approvals,
    entry,
    fleet,
    groups,
    journey,
    log,
    operators,
    overview,
    people,
    plan,
    settings,
)
from syncline.gateway.web.console.page import Door, Page

_VIEW, _SET_UP, _APPROVE, _DELIVER, _PEOPLE = (
    Permission.VIEW,
    Permission.SET_UP,
    Permission.APPROVE,
    Permission.DELIVER,
    Permission.PEOPLE,
)
_HERE = "/tenants/{tenant}"

PAGES: Final = (
    # The door
    Page("GET", "/", Door.ANYONE, entry.front),
    Page("POST", "/sign-in", Door.ANYONE, entry.sign_in),
    Page("POST", "/sign-out", Door.SIGNED_IN, entry.sign_out),
    Page("GET", "/link/{link}", Door.ANYONE, entry.link),
    Page("POST", "/link/{link}", Door.ANYONE, entry.use_link),
    Page("GET", "/sign-up", Door.ANYONE, entry.sign_up_page),
    Page("POST", "/sign-up", Door.ANYONE, entry.sign_up),
    Page("GET", "/confirm", Door.SIGNED_IN, entry.confirm_page),
    Page("POST", "/confirm", Door.SIGNED_IN, entry.confirm),
    Page("POST", "/theme", Door.ANYONE, entry.theme),
    # Your own
    Page("GET", "/account", Door.SIGNED_IN, account.account),
    Page("POST", "/account/password", Door.SIGNED_IN, account.change_password, fresh=True),
    Page("POST", "/account/sign-out-everywhere", Door.SIGNED_IN, account.sign_out_everywhere),
    # The installation
    Page("POST", "/tenants", Permission.TENANTS, fleet.create_tenant),
    Page("GET", "/operators", _PEOPLE, operators.operators),
    Page("POST", "/operators", _PEOPLE, operators.invite, fresh=True),
    Page("POST", "/operators/{operator}/role", _PEOPLE, operators.give_role, fresh=True),
    Page("POST", "/operators/{operator}/remove", _PEOPLE, operators.remove, fresh=True),
    Page("POST", "/operators/{operator}/new-password", _PEOPLE, operators.new_password, fresh=True),
    Page("POST", "/invitations/{invitation}/withdraw", _PEOPLE, operators.withdraw),
    Page("GET", "/api-keys", _PEOPLE, api_keys.api_keys),
    Page("POST", "/api-keys", _PEOPLE, api_keys.create, fresh=True),
    Page("POST", "/api-keys/{key}/revoke", _PEOPLE, api_keys.revoke),
    # A tenant
    Page("GET", f"{_HERE}/overview", _VIEW, overview.overview),
    Page("GET", f"{_HERE}/set-up", _VIEW, journey.set_up),
    Page("GET", f"{_HERE}/people", _VIEW, people.people),
    Page("GET", f"{_HERE}/person", _VIEW, people.person),
    Page("POST", f"{_HERE}/person/deliver", _DELIVER, people.deliver),
    Page("POST", f"{_HERE}/person/release", _DELIVER, people.release),
    Page("POST", f"{_HERE}/person/read", _DELIVER, people.read),
    Page("POST", f"{_HERE}/person/protect", _SET_UP, people.protect),
    Page("POST", f"{_HERE}/person/unprotect", _SET_UP, people.unprotect),
    Page("GET", f"{_HERE}/groups", _VIEW, groups.groups),
    Page("GET", f"{_HERE}/groups/{{group}}", _VIEW, groups.group),
    Page("GET", f"{_HERE}/approvals", _VIEW, approvals.approvals),
    Page("POST", f"{_HERE}/approvals/grant", _APPROVE, approvals.grant, fresh=True),
    Page("POST", f"{_HERE}/approvals/release", _APPROVE, approvals.release),
    Page("POST", f"{_HERE}/approvals/adopt", _APPROVE, approvals.adopt),
    Page("GET", f"{_HERE}/plan", _VIEW, plan.plan),
    Page("POST", f"{_HERE}/plan/begin", _APPROVE, plan.begin),
    Page("POST", f"{_HERE}/plan/approve", _APPROVE, plan.approve),
    Page("GET", f"{_HERE}/plan/people.csv", Permission.AUDIT, plan.download),
    Page("GET", f"{_HERE}/log", _VIEW, log.log),
    Page("GET", f"{_HERE}/log/stream", _VIEW, log.stream),
    Page("GET", f"{_HERE}/log/export", Permission.AUDIT, log.export),
    Page("GET", f"{_HERE}/log/{{seq}}", _VIEW, log.event),
    Page("GET", f"{_HERE}/settings", _VIEW, settings.settings),
    Page("POST", f"{_HERE}/tokens", _SET_UP, settings.create_token, fresh=True),
    Page("POST", f"{_HERE}/tokens/{{token}}/revoke", _SET_UP, settings.revoke_token),
    Page("GET", f"{_HERE}/operators", _PEOPLE, operators.operators),
    Page("POST", f"{_HERE}/operators", _PEOPLE, operators.invite, fresh=True),
    Page("POST", f"{_HERE}/operators/{{operator}}/role", _PEOPLE, operators.give_role, fresh=True),
    Page("POST", f"{_HERE}/invitations/{{invitation}}/withdraw", _PEOPLE, operators.withdraw),
)
