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
    audit,
    entry,
    fleet,
    log,
    operators,
    overview,
    people,
    settings,
    settings_connection,
    settings_danger,
    settings_notices,
    settings_people,
    settings_policy,
    workbench,
)
from syncline.gateway.web.console.journey import (
    activating,
    agreeing,
    choices,
    connecting,
    first_person,
    rules,
    start,
    validating,
)
from syncline.gateway.web.console.page import Door, Page

_VIEW, _SET_UP, _APPROVE, _PEOPLE = (
    Permission.VIEW,
    Permission.SET_UP,
    Permission.APPROVE,
    Permission.PEOPLE,
)
_HERE = "/tenants/{tenant}"
_SETTINGS = f"{_HERE}/settings"
_STEP = f"{_HERE}/set-up"

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
    Page("GET", f"{_HERE}/people", _VIEW, people.people),
    Page("GET", f"{_HERE}/groups", _VIEW, people.groups),
    Page("GET", f"{_HERE}/approvals", _VIEW, approvals.approvals),
    Page("POST", f"{_HERE}/approvals/grant", _APPROVE, approvals.grant, fresh=True),
    Page("POST", f"{_HERE}/approvals/release", _APPROVE, approvals.release),
    Page("GET", f"{_HERE}/plan", _VIEW, approvals.plan),
    Page("POST", f"{_HERE}/plan/approve", _APPROVE, approvals.approve_plan),
    Page("GET", f"{_HERE}/log", _VIEW, log.log),
    Page("GET", f"{_HERE}/log/{{seq}}", _VIEW, log.event),
    Page("GET", f"{_HERE}/settings", _VIEW, settings.settings),
    Page("GET", f"{_SETTINGS}/connection", _VIEW, settings_connection.connection),
    Page("POST", f"{_SETTINGS}/connection/check", _SET_UP, settings_connection.check),
    Page("POST", f"{_SETTINGS}/connection/resume", _SET_UP, settings_connection.resume),
    Page("GET", f"{_SETTINGS}/policy", _VIEW, settings_policy.policy),
    Page("POST", f"{_SETTINGS}/policy", _SET_UP, settings_policy.change, fresh=True),
    Page("GET", f"{_SETTINGS}/protected", _VIEW, settings_people.protected),
    Page("POST", f"{_SETTINGS}/protected", _SET_UP, settings_people.protect),
    Page("POST", f"{_SETTINGS}/protected/remove", _SET_UP, settings_people.unprotect, fresh=True),
    Page("GET", f"{_SETTINGS}/privileged", _VIEW, settings_people.privileged),
    Page("POST", f"{_SETTINGS}/privileged", _SET_UP, settings_people.mark, fresh=True),
    Page("GET", f"{_SETTINGS}/notices", _VIEW, settings_notices.notices),
    Page("POST", f"{_SETTINGS}/notices", _SET_UP, settings_notices.subscribe, fresh=True),
    Page("POST", f"{_SETTINGS}/notices/test", _SET_UP, settings_notices.test),
    Page("POST", f"{_SETTINGS}/notices/{{subscription}}/end", _SET_UP, settings_notices.unsubscribe),
    Page("GET", f"{_SETTINGS}/retention", _VIEW, settings_danger.retention),
    Page("GET", f"{_SETTINGS}/audit", Permission.AUDIT, audit.audit),
    Page("GET", f"{_SETTINGS}/danger", _SET_UP, settings_danger.danger),
    Page("POST", f"{_SETTINGS}/danger/stop", _SET_UP, settings_danger.stop),
    Page("POST", f"{_SETTINGS}/danger/disconnect", _SET_UP, settings_danger.disconnect, fresh=True),
    Page("GET", f"{_HERE}/workbench", _SET_UP, workbench.workbench),
    Page("POST", f"{_HERE}/workbench", _SET_UP, workbench.run),
    Page("POST", f"{_HERE}/tokens", _SET_UP, settings.create_token, fresh=True),
    Page("POST", f"{_HERE}/tokens/{{token}}/revoke", _SET_UP, settings.revoke_token),
    Page("GET", f"{_HERE}/operators", _PEOPLE, operators.operators),
    Page("POST", f"{_HERE}/operators", _PEOPLE, operators.invite, fresh=True),
    Page("POST", f"{_HERE}/operators/{{operator}}/role", _PEOPLE, operators.give_role, fresh=True),
    Page("POST", f"{_HERE}/invitations/{{invitation}}/withdraw", _PEOPLE, operators.withdraw),
    # The set-up of a tenant, step by step
    Page("GET", _STEP, _VIEW, start.set_up),
    Page("GET", f"{_STEP}/directory", _VIEW, start.directory),
    Page("POST", f"{_STEP}/directory", _SET_UP, start.choose_directory),
    Page("GET", f"{_STEP}/integrations", _VIEW, start.integrations),
    Page("GET", f"{_STEP}/connect", _VIEW, connecting.connect),
    Page("POST", f"{_STEP}/connect", _SET_UP, connecting.act, fresh=True),
    Page("GET", f"{_STEP}/matching", _VIEW, choices.matching),
    Page("POST", f"{_STEP}/matching", _SET_UP, choices.choose_matching),
    Page("GET", f"{_STEP}/role", _VIEW, choices.role),
    Page("POST", f"{_STEP}/role", _SET_UP, choices.choose_role, fresh=True),
    Page("GET", f"{_STEP}/rules", _VIEW, rules.rules),
    Page("POST", f"{_STEP}/rules", _SET_UP, rules.act),
    Page("GET", f"{_STEP}/leaving", _VIEW, choices.leaving),
    Page("POST", f"{_STEP}/leaving", _SET_UP, choices.choose_leaving, fresh=True),
    Page("GET", f"{_STEP}/welcome", _VIEW, choices.welcome),
    Page("POST", f"{_STEP}/welcome", _SET_UP, choices.choose_welcome),
    Page("GET", f"{_STEP}/activate", _VIEW, activating.activate),
    Page("POST", f"{_STEP}/activate", _SET_UP, activating.make_token, fresh=True),
    Page("GET", f"{_STEP}/provider", _VIEW, activating.provider),
    Page("GET", f"{_STEP}/one", _VIEW, first_person.one),
    Page("POST", f"{_STEP}/one", Permission.DELIVER, first_person.deliver_one),
    Page("GET", f"{_STEP}/plan", _VIEW, agreeing.plan),
    Page("POST", f"{_STEP}/plan", _APPROVE, agreeing.approve),
    Page("GET", f"{_STEP}/live", _VIEW, agreeing.live),
    Page("POST", f"{_STEP}/live", _SET_UP, agreeing.go_live, fresh=True),
    Page("GET", f"{_STEP}/checklist", _VIEW, validating.checklist),
)
