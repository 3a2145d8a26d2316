"""Random traffic of an identity provider: memory, SQLite and plain dicts tell one story of users and groups."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from syncline.gateway.domain.person import email_key
from syncline.gateway.domain.tenant import EmailSource, Policy
from syncline.gateway.services.ports import Actor, Cause
from syncline.gateway.store import records
from syncline.gateway.store.commands.groups import CreateGroup, DeleteGroup, PatchGroup, ReplaceGroup
from syncline.gateway.store.commands.setup import ChangeTenant
from syncline.gateway.store.commands.users import CreateUser, DeleteUser, PatchUser, ReplaceUser
from syncline.gateway.store.tables import (
    counters,
    deliveries,
    events,
    groups,
    members,
    user_emails,
    users,
)
from syncline.scim import json
from syncline.scim.dialects import Notes
from syncline.scim.names import comparison_key
from syncline.scim.patch import parse_patch
from syncline.scim.resource import read
from syncline.scim.schemas import GROUP, USER
from tests.support.examples import examples
from tests.unit.gateway_store.stores import COMPARED, TENANT, BothStores

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
NAMES = st.sampled_from(
    ["ada@x.example", "ADA@x.example", "ａda@x.example", "bob@x.example", "cyd", "dee@x.example"]
)
EMAILS = st.lists(
    st.sampled_from(["one@x.example", "ONE@x.example", "two@x.example"]), max_size=2, unique=True
)
GROUP_NAMES = st.sampled_from(["Sales", "SALES", "Ops", "Empty"])
MEMBERS = st.lists(st.sampled_from(["m1", "m2", "m3", "m4", "nobody"]), max_size=4)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove", "remove where", "remove all", "replace"]),
        MEMBERS,
    ),
    min_size=1,
    max_size=4,
)
WHICH = st.integers(0, 11)
MATCHES = st.sampled_from(["unasked"] * 6 + ["right", "wrong"])


Happened = tuple[str, str, int, int]
"""An event: its kind, whom it is about, how many members came and how many went."""


@dataclass
class ModelUser:
    """What a dict remembers of a user."""

    name: str
    emails: list[str]
    active: bool
    version: int = 1

    def having(self, name: str | None, emails: list[str] | None, active: bool | None) -> ModelUser:
        """Return the user with these values; None leaves one as it is. A change counts the version up."""
        changed = ModelUser(
            self.name if name is None else name,
            self.emails if emails is None else emails,
            self.active if active is None else active,
            self.version,
        )
        return changed if changed == self else replace(changed, version=self.version + 1)


@dataclass
class ModelGroup:
    """What a dict remembers of a group."""

    name: str
    members: set[str]
    version: int = 1


@dataclass
class Model:
    """Users and groups by id, in order of creation."""

    users: dict[str, ModelUser] = field(default_factory=dict)
    groups: dict[str, ModelGroup] = field(default_factory=dict)
    events: list[Happened] = field(default_factory=list)

    def name_taken(self, held: dict[str, Any], own: str, name: str) -> bool:
        return any(
            comparison_key(each.name) == comparison_key(name) for key, each in held.items() if key != own
        )


class IdentityProvider(RuleBasedStateMachine):
    """Sends writes, collected into batches of up to four, and looks at the rows after each batch."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="syncline-model-"))
        self.stores = BothStores(self.folder)
        self.model = Model()
        self.made = {"m": 0, "g": 0}
        self.now = 1_000
        self.batch: list[tuple[Any, str | None]] = []

    @initialize(source=st.sampled_from(EmailSource))
    def choose(self, source: EmailSource) -> None:
        change = {"policy": records.policy_text(Policy(email_from=source))}
        self.stores.carry_out([ChangeTenant(TENANT, change, "policy.set", {}, Actor("test", 1))])

    def send(self, command: Any, refusal: str | None, *happened: Any) -> None:
        """Put a command into the batch, with the error the model expects of it, or else the event."""
        self.batch.append((command, refusal))
        if refusal is None:
            kind, subject, came, went = (*happened, 0, 0)[:4]
            self.model.events.append((kind, subject, came, went))
        if len(self.batch) == 4:
            self.write()

    @rule()
    def write(self) -> None:
        if self.batch:
            outcomes = self.stores.carry_out([command for command, _ in self.batch])
            for outcome, (command, refusal) in zip(outcomes, self.batch, strict=True):
                told = outcome[0] if isinstance(outcome, tuple) else None
                assert refusal == told, (command, outcome)
            self.batch.clear()

    def cause(self) -> Cause:
        self.now += 1
        return Cause(self.now, f"c{self.now}")

    def new_id(self, prefix: str) -> str:
        self.made[prefix] += 1
        return f"{prefix}{self.made[prefix]}"

    def target(self, held: dict[str, Any], which: int, match: str) -> tuple[str, int | None]:
        """Return the id of somebody who is there, now and then of nobody, and the version the client believes in."""
        ids = [*held, "unknown"]
        key = ids[which % len(ids)]
        version = held[key].version if key in held else 1
        return key, {"unasked": None, "right": version, "wrong": version + 1}[match]

    # --- users ------------------------------------------------------------------------------------------------------

    @rule(name=NAMES, emails=EMAILS, active=st.booleans())
    def create_user(self, name: str, emails: list[str], active: bool) -> None:
        user_id = self.new_id("m")
        taken = self.model.name_taken(self.model.users, user_id, name)
        self.send(
            CreateUser(TENANT, user_id, self.user(name, emails, active), self.cause()),
            "Uniqueness" if taken else None,
            "user.created",
            user_id,
        )
        if not taken:
            self.model.users[user_id] = ModelUser(name, emails, active)

    @rule(which=WHICH, name=NAMES, emails=EMAILS, active=st.none() | st.booleans(), match=MATCHES)
    def replace_user(self, which: int, name: str, emails: list[str], active: bool | None, match: str) -> None:
        user, version = self.target(self.model.users, which, match)
        command = ReplaceUser(TENANT, user, self.user(name, emails, active), version, self.cause())
        self.change_user(command, user, version, name, emails, active)

    @rule(which=WHICH, active=st.none() | st.booleans(), name=st.none() | NAMES, match=MATCHES)
    def patch_user(self, which: int, active: bool | None, name: str | None, match: str) -> None:
        user, version = self.target(self.model.users, which, match)
        operations: list[Any] = []
        if active is not None:
            operations.append({"op": "replace", "path": "active", "value": active})
        if name is not None:
            operations.append({"op": "replace", "value": {"userName": name}})
        patch = parse_patch(USER, {"schemas": [PATCH], "Operations": operations}, Notes())
        command = PatchUser(TENANT, user, patch, version, self.cause(), Notes())
        self.change_user(command, user, version, name, None, active)

    def change_user(
        self,
        command: Any,
        user: str,
        version: int | None,
        name: str | None,
        emails: list[str] | None,
        active: bool | None,
    ) -> None:
        before = self.model.users.get(user)
        refusal = self.refusal(before, version)
        if refusal is not None or before is None:
            self.send(command, refusal)
            return
        changed = before.having(name, emails, active)
        if self.model.name_taken(self.model.users, user, changed.name):
            self.send(command, "Uniqueness")
            return
        switched = "reactivated" if changed.active else "deactivated"
        verb = "updated" if changed.active is before.active else switched
        self.send(command, None, f"user.{'unchanged' if changed == before else verb}", user)
        self.model.users[user] = changed

    @rule(which=WHICH, match=MATCHES)
    def delete_user(self, which: int, match: str) -> None:
        user, version = self.target(self.model.users, which, match)
        refusal = self.refusal(self.model.users.get(user), version)
        self.send(DeleteUser(TENANT, user, version, self.cause()), refusal, "user.deleted", user)
        if refusal is None:
            del self.model.users[user]
            for group in self.model.groups.values():
                group.version += user in group.members
                group.members.discard(user)

    # --- groups -----------------------------------------------------------------------------------------------------

    @rule(name=GROUP_NAMES, listed=MEMBERS)
    def create_group(self, name: str, listed: list[str]) -> None:
        group_id = self.new_id("g")
        taken = self.model.name_taken(self.model.groups, group_id, name)
        resource = self.group(name, listed)
        self.send(
            CreateGroup(TENANT, group_id, resource, self.cause()),
            "Uniqueness" if taken else None,
            "group.created",
            group_id,
            len(set(listed)),
        )
        if not taken:
            self.model.groups[group_id] = ModelGroup(name, set(listed))

    @rule(which=WHICH, name=GROUP_NAMES, listed=st.none() | MEMBERS, match=MATCHES)
    def replace_group(self, which: int, name: str, listed: list[str] | None, match: str) -> None:
        group, version = self.target(self.model.groups, which, match)
        command = ReplaceGroup(TENANT, group, self.group(name, listed), version, self.cause())
        self.change_group(command, group, version, name, set(listed or ()), keeps=listed is None)

    @rule(which=WHICH, steps=STEPS, name=st.none() | GROUP_NAMES, match=MATCHES)
    def patch_group(
        self, which: int, steps: list[tuple[str, list[str]]], name: str | None, match: str
    ) -> None:
        group, version = self.target(self.model.groups, which, match)
        operations = [OPERATIONS[step](listed) for step, listed in steps]
        if name is not None:
            operations.append({"op": "replace", "path": "displayName", "value": name})
        patch = parse_patch(GROUP, {"schemas": [PATCH], "Operations": operations}, Notes())
        before = self.model.groups.get(group)
        after = set() if before is None else set(before.members)
        for step, listed in steps:
            after = ON_SETS[step](after, set(listed))
        command = PatchGroup(TENANT, group, patch, version, self.cause(), Notes())
        self.change_group(command, group, version, name, after)

    def change_group(
        self,
        command: Any,
        group: str,
        version: int | None,
        name: str | None,
        after: set[str] | None,
        *,
        keeps: bool = False,
    ) -> None:
        before = self.model.groups.get(group)
        refusal = self.refusal(before, version)
        if refusal is not None or before is None:
            self.send(command, refusal)
            return
        named = before.name if name is None else name
        if self.model.name_taken(self.model.groups, group, named):
            self.send(command, "Uniqueness")
            return
        held = before.members if keeps else set(after or ())
        same = (named, held) == (before.name, before.members)
        came, went = len(held - before.members), len(before.members - held)
        self.send(command, None, f"group.{'unchanged' if same else 'updated'}", group, came, went)
        self.model.groups[group] = ModelGroup(named, held, before.version + (not same))

    @rule(which=WHICH, match=MATCHES)
    def delete_group(self, which: int, match: str) -> None:
        group, version = self.target(self.model.groups, which, match)
        refusal = self.refusal(self.model.groups.get(group), version)
        self.send(DeleteGroup(TENANT, group, version, self.cause()), refusal, "group.deleted", group)
        if refusal is None:
            del self.model.groups[group]

    def refusal(self, before: ModelUser | ModelGroup | None, version: int | None) -> str | None:
        if before is None:
            return "NotFound"
        return None if version in (None, before.version) else "PreconditionFailed"

    def user(self, name: str, emails: list[str], active: bool | None) -> Any:
        listed = [{"value": each} for each in emails]
        body: dict[str, Any] = {"schemas": [USER.schema.id], "userName": name}
        if emails:
            listed[0]["type"] = "work"
            body["emails"] = listed
        if active is not None:
            body["active"] = active
        return read(USER, body, Notes())

    def group(self, name: str, listed: list[str] | None) -> Any:
        body: dict[str, Any] = {"schemas": [GROUP.schema.id], "displayName": name}
        if listed is not None:
            body["members"] = [{"value": each} for each in listed]
        return read(GROUP, body, Notes())

    # --- what always holds ------------------------------------------------------------------------------------------

    @invariant()
    def the_rows_are_what_the_model_says(self) -> None:
        if self.batch:
            return
        found = {row["id"]: row for row in self.stores.rows(users)}
        assert self.model.users == {
            key: ModelUser(
                json.decode(row["document"])["userName"],
                [each["value"] for each in json.decode(row["document"]).get("emails", [])],
                row["active"],
                row["version"],
            )
            for key, row in found.items()
        }
        assert {(key, email) for key, user in self.model.users.items() for email in keys(user.emails)} == {
            (row["user_id"], row["email_key"]) for row in self.stores.rows(user_emails)
        }
        assert {key: comparison_key(user.name) for key, user in self.model.users.items()} == {
            key: row["user_name_key"] for key, row in found.items()
        }
        listed = self.stores.rows(members)
        assert self.model.groups == {
            row["id"]: ModelGroup(
                json.decode(row["document"])["displayName"],
                {each["value"] for each in listed if each["group_id"] == row["id"]},
                row["version"],
            )
            for row in self.stores.rows(groups)
        }
        assert {each["group_id"] for each in listed} <= self.model.groups.keys()
        assert {key: len(group.members) for key, group in self.model.groups.items()} == {
            row["id"]: row["members"] for row in self.stores.rows(groups)
        }

    @invariant()
    def numbers_have_no_gaps_and_totals_count_what_is_stored(self) -> None:
        if self.batch:
            return
        (numbers,) = self.stores.rows(counters)
        assert (len(self.model.users), len(self.model.groups)) == (numbers["users"], numbers["groups"])
        log = self.stores.rows(events)
        assert list(range(1, len(self.model.events) + 1)) == [row["seq"] for row in log]
        assert numbers["event_seq"] == len(log)
        assert self.model.events == [happened(row) for row in log]
        for table, ids in ((users, self.model.users), (groups, self.model.groups)):
            in_order = sorted(self.stores.rows(table), key=lambda row: row["ordinal"])
            assert list(ids) == [row["id"] for row in in_order]
            assert len({row["ordinal"] for row in in_order}) == len(in_order)

    @invariant()
    def everybody_is_delivered_by_a_row_of_his_own(self) -> None:
        if self.batch:
            return
        held = {row["key"]: row for row in self.stores.rows(deliveries)}
        for row in self.stores.rows(users):
            assert row["id"] == held[row["delivery_key"]]["user_id"]
        claimed = [row["user_id"] for row in held.values() if row["user_id"] is not None]
        assert sorted(self.model.users) == sorted(claimed)

    @invariant()
    def nobody_waits_for_an_email_that_is_free(self) -> None:
        if self.batch:
            return
        taken = {row["key"] for row in self.stores.rows(deliveries) if row["user_id"] is not None}
        waiting = {row["awaited_key"] for row in self.stores.rows(users) if row["awaited_key"] is not None}
        assert waiting <= taken

    @invariant()
    def everybody_waits_for_the_email_he_should_have_until_he_has_it(self) -> None:
        if self.batch:
            return
        wanted = {row["key"]: row["wanted_email"] for row in self.stores.rows(deliveries)}
        for row in self.stores.rows(users):
            email = wanted[row["delivery_key"]]
            has_it = email is None or email_key(email) == row["delivery_key"]
            assert (None if has_it else email_key(email)) == row["awaited_key"]

    @invariant()
    def the_neighbour_is_not_touched(self) -> None:
        assert [] == self.stores.of_neighbour()

    def teardown(self) -> None:
        try:
            self.write()
            self.the_rows_are_what_the_model_says()
            self.numbers_have_no_gaps_and_totals_count_what_is_stored()
            for table in COMPARED:
                self.stores.rows(table)
        finally:
            self.stores.close()
            shutil.rmtree(self.folder)


def happened(row: Any) -> Happened:
    detail = json.decode(row["detail"].encode())
    return row["kind"], row["subject"], detail.get("added", 0), detail.get("removed", 0)


def keys(emails: list[str]) -> set[str]:
    return {comparison_key(each) for each in emails}


def _where(listed: list[str]) -> dict[str, Any]:
    text = " or ".join(f'value eq "{each}"' for each in listed or ["none such"])
    return {"op": "remove", "path": f"members[{text}]"}


OPERATIONS: dict[str, Callable[[list[str]], dict[str, Any]]] = {
    "add": lambda listed: {"op": "add", "path": "members", "value": [{"value": each} for each in listed]},
    "remove": lambda listed: {
        "op": "remove",
        "path": "members",
        "value": [{"value": each} for each in listed or ["none such"]],
    },
    "remove where": _where,
    "remove all": lambda _listed: {"op": "remove", "path": "members"},
    "replace": lambda listed: {
        "op": "replace",
        "path": "members",
        "value": [{"value": each} for each in listed],
    },
}
ON_SETS: dict[str, Callable[[set[str], set[str]], set[str]]] = {
    "add": lambda held, listed: held | listed,
    "remove": lambda held, listed: held - listed,
    "remove where": lambda held, listed: held - listed,
    "remove all": lambda _held, _listed: set(),
    "replace": lambda _held, listed: set(listed),
}

TestIdentityProvider = IdentityProvider.TestCase
TestIdentityProvider.settings = settings(
    max_examples=examples(20),
    stateful_step_count=60,
    deadline=None,
    derandomize=True,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)
