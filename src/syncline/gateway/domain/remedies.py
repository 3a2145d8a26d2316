"""What helps, as data: sentences that name what can be done, which every surface says in its own words. Pure.

The command line, notices and the admin API add the command; the console links the words to the page that does it.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from string import Formatter
from typing import Final


class Do(StrEnum):
    """Something a person can do."""

    ACCEPT_DRIFT = "accept_drift"
    ADD_RULE = "add_rule"
    ALLOW_ACTIONS = "allow_actions"
    APPROVE_PLAN = "approve_plan"
    CHECK = "check"
    CONNECT = "connect"
    CONNECT_SCIM = "connect_scim"
    DEFAULT_ROLE = "default_role"
    DELIVER = "deliver"
    DISCONNECT = "disconnect"
    DOMAINS = "domains"
    DRIFT = "drift"
    EMAIL_FROM = "email_from"
    END_EXCEPTION = "end_exception"
    EXCEPTIONS = "exceptions"
    FOUR_EYES = "four_eyes"
    GIVE_BACK = "give_back"
    GO_LIVE = "go_live"
    GRANT = "grant"
    GIVE_ROLE = "give_role"
    GRANTS = "grants"
    GROUPS = "groups"
    HELD = "held"
    KEEP = "keep"
    KEYS = "keys"
    LEAVER_POLICY = "leaver_policy"
    LEAVERS = "leavers"
    LET_BACK_IN = "let_back_in"
    LOG = "log"
    MAKE_TOKEN = "make_token"  # noqa: S105 - a name
    NOTICES = "notices"
    OPERATORS = "operators"
    PEOPLE = "people"
    PERSON = "person"
    PLAN = "plan"
    PRESENCE = "presence"
    PROTECTED = "protected"
    READ = "read"
    RESUME = "resume"
    RETRYING = "retrying"
    RULES = "rules"
    SEATS = "seats"
    STOP = "stop"
    STRIP_TO = "strip_to"
    TELL = "tell"
    TENANTS = "tenants"
    TOKENS = "tokens"
    UNPROTECT = "unprotect"


COMMANDS: Final[Mapping[Do, str]] = {
    Do.ACCEPT_DRIFT: "`drift accept {tenant} {user}`",
    Do.ADD_RULE: "`rule add {tenant}`",
    Do.ALLOW_ACTIONS: "`policy set {tenant}` with `--create-users`, `--update-users` or `--deactivate-users`",
    Do.APPROVE_PLAN: "`plan approve {tenant}`",
    Do.CHECK: "`connection check {tenant}`",
    Do.CONNECT: "`connection set {tenant}` or `connection authorize {tenant}`",
    Do.CONNECT_SCIM: "`connection set {tenant} --scim-base-url … --scim-token …`",
    Do.DEFAULT_ROLE: "`role default {tenant} NAME`",
    Do.DELIVER: "`plan deliver {tenant} {user}`",
    Do.DISCONNECT: "`connection revoke {tenant}`",
    Do.DOMAINS: "`policy set {tenant} --domain …`",
    Do.DRIFT: "`drift list {tenant}`",
    Do.EMAIL_FROM: "`policy set {tenant} --email-from userName|work`",
    Do.END_EXCEPTION: "`leavers exceptions end {tenant} {user}`",
    Do.EXCEPTIONS: "`leavers exceptions list {tenant}`",
    Do.FOUR_EYES: "`policy set {tenant} --four-eyes off`",
    Do.GIVE_BACK: "`leavers restore {tenant} {user}`",
    Do.GO_LIVE: "`tenant mode {tenant} live`",
    Do.GRANT: "`connection authorize {tenant}`",
    Do.GIVE_ROLE: "`operator role EMAIL ROLE`",
    Do.GRANTS: "`approvals list {tenant}` and `approvals grant {tenant} {user}`",
    Do.GROUPS: "`groups list {tenant}`",
    Do.HELD: "`users list {tenant} --state held`",
    Do.KEEP: "`leavers keep {tenant} {user}`",
    Do.KEYS: "`api-key list`",
    Do.LEAVER_POLICY: "`policy set {tenant} --deactivated deactivate|remove|strip`",
    Do.LEAVERS: "`leavers list {tenant}`",
    Do.LET_BACK_IN: "`users release {tenant} {user}`",
    Do.LOG: "`events list {tenant} --reads`",
    Do.MAKE_TOKEN: "`token create {tenant}`",
    Do.NOTICES: "`notice list {tenant}`",
    Do.OPERATORS: "`operator list`",
    Do.PEOPLE: "`users list {tenant}`",
    Do.PERSON: "`users show {tenant} {user}`",
    Do.PLAN: "`plan show {tenant}`",
    Do.PRESENCE: "`policy set {tenant} --drift presence=enforce`",
    Do.PROTECTED: "`protect list {tenant}`",
    Do.READ: "`reconcile {tenant}`",
    Do.RESUME: "`connection resume {tenant}`",
    Do.RETRYING: "`users list {tenant} --state retrying`",
    Do.RULES: "`rule list {tenant}`",
    Do.SEATS: "`seats list {tenant}`",
    Do.STOP: "`tenant mode {tenant} plan`",
    Do.STRIP_TO: "`policy set {tenant} --strip-to NAME`",
    Do.TELL: "`notice subscribe {tenant}`",
    Do.TENANTS: "`tenant list`",
    Do.TOKENS: "`token list {tenant}`",
    Do.UNPROTECT: "`protect remove {tenant} {user}`",
}
"""What each of them is on the command line."""


@dataclass(frozen=True, slots=True)
class Deed:
    """A part of a sentence that somebody can do."""

    do: Do
    words: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """What helps: a sentence with `{name:words}` wherever something is to be done, the name being that of a `Do`.

    `tenant` and `user` are whom it is about, where that is known. Raises `ValueError` for a name that is none.
    """

    text: str
    tenant: str | None = None
    user: str | None = None

    def __post_init__(self) -> None:
        for _ in self.parts():
            pass

    def about(self, tenant: str | None, user: str | None = None) -> Remedy:
        """Return the same about that tenant and that person."""
        return replace(self, tenant=tenant, user=user)

    def parts(self) -> Iterator[str | Deed]:
        """Return the sentence in parts: text, and what is to be done."""
        for text, name, words, _ in Formatter().parse(self.text):
            yield text
            if name is not None:
                yield Deed(Do(name), words or "")

    @property
    def in_commands(self) -> str:
        """The sentence with a command for all there is to do; TENANT and USER stand for whoever is not known."""
        tenant = "TENANT" if self.tenant is None else shlex.quote(self.tenant)
        user = "USER" if self.user is None else shlex.quote(self.user)
        return "".join(
            f"{each.words} ({COMMANDS[each.do].format(tenant=tenant, user=user)})"
            if isinstance(each, Deed)
            else each
            for each in self.parts()
        )
