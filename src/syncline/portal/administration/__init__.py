"""What the person at the keyboard does with accounts and their users: use cases over an open store.

Results are plain JSON-able dictionaries. `SetupError` says in one sentence what is wrong and what would help;
refusals of the account itself are `HubSpotError`s.
"""

from syncline.portal.administration.accounts import change_account, list_accounts, open_account, show_account
from syncline.portal.administration.apps import create_app, grant_app, list_apps, uninstall_app
from syncline.portal.administration.developers import developer_environment
from syncline.portal.administration.domains import add_domain, check_domain_now, list_domains, remove_domain
from syncline.portal.administration.faults import add_fault, clear_faults, list_faults
from syncline.portal.administration.furniture import (
    add_permission_set,
    add_team,
    delete_permission_set,
    rename_permission_set,
)
from syncline.portal.administration.projects import (
    delete_project,
    deploy_project,
    install_project,
    list_projects,
    rotate_token,
    show_project,
    show_token,
    uninstall_project,
    upload_project,
)
from syncline.portal.administration.users import (
    accept_invite,
    add_user,
    change_user,
    list_users,
    remove_user,
    set_access,
    set_password,
    show_user,
)

__all__ = [
    "accept_invite",
    "add_domain",
    "add_fault",
    "add_permission_set",
    "add_team",
    "add_user",
    "change_account",
    "change_user",
    "check_domain_now",
    "clear_faults",
    "create_app",
    "delete_permission_set",
    "delete_project",
    "deploy_project",
    "developer_environment",
    "grant_app",
    "install_project",
    "list_accounts",
    "list_apps",
    "list_domains",
    "list_faults",
    "list_projects",
    "list_users",
    "open_account",
    "remove_domain",
    "remove_user",
    "rename_permission_set",
    "rotate_token",
    "set_access",
    "set_password",
    "show_account",
    "show_project",
    "show_token",
    "show_user",
    "uninstall_app",
    "uninstall_project",
    "upload_project",
]
