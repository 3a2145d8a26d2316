"""A machine over gate and placement alone: people and set-ups change, plans are approved, HubSpot is a dictionary.

Everything is decided by `decide_item`, as in the drain and in the plan; what is kept of it is what the store keeps.
What must never happen is checked at every change that leaves, against what the machine did, not against the gate.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec import structs

from syncline.gateway.domain.account import Account, AccountUser, PermissionSet, Seat, Team
from syncline.gateway.domain.change import NO_TEAM, Change, ChangeKind, approval_of
from syncline.gateway.domain.decision import Decision
from syncline.gateway.domain.delivery import LEAVE, Access, Delivery, Intent, Origin, grant_of
from syncline.gateway.domain.gate import Hold
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.person import Person, person_from
from syncline.gateway.domain.rules import Rule, RuleKind, with_rule, without_rule
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import EmailSource, LeaverPolicy, Policy, TenantId, TenantMode
from syncline.gateway.domain.threshold import DeletionThreshold
from syncline.gateway.services.delivering import decide_item
from syncline.gateway.services.ports import WorkItem
from tests.support.examples import examples

STEPS = 30
LIMIT = 2
DAY = 24 * 3_600_000
APPROVAL_DAYS = 2
NAMES = ("ada", "bob", "cyd", "eve", "admin", "owner")
ROLES = ("Lead", "Seller", "Boss", "Sales User")
TEAMS = (Team("t-1", "Sales"), Team("t-2", "Service"))
SETS = (
    PermissionSet("s-0", "Standard User"),
    PermissionSet("s-1", "Sales User"),
    PermissionSet("s-2", "Manager"),
    PermissionSet("s-3", "Administrator"),
    PermissionSet("s-9", "Empty"),
)
PRIVILEGED = "s-3"
SEATS = ("Core", "Sales Hub")
BY_HAND = "Service Hub"
"""A seat that no rule ever names."""
names = st.sampled_from(NAMES)
roles = st.lists(st.sampled_from(ROLES), max_size=2, unique=True).map(tuple)
some_sets = st.none() | st.sampled_from([each.id for each in SETS])


def address(name: str) -> str:
    return f"{name}@{'else' if name == 'eve' else 'acme'}.example"


class GateAndPlacement(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.people: dict[str, Person] = {}
        self.deliveries: dict[str, Delivery] = {}
        self.hubspot: dict[str, AccountUser] = {
            "1": AccountUser(
                hubspot_id="1", email=address("admin"), super_admin=True, active=True, seat_names=()
            ),
            "2": AccountUser(
                hubspot_id="2",
                email=address("bob"),
                permission_set_ids=("s-1",),
                active=True,
                seat_names=("Core", BY_HAND),
            ),
        }
        self.setup = Setup(
            tenant_id=TenantId("t"),
            mode=TenantMode.PLAN,
            policy=Policy(deactivated=LeaverPolicy.DEACTIVATE, strip_to="s-9"),
            scim_channel=True,
            grant_holder=address("owner"),
        )
        self.left: set[str] = set()
        self.moment = DAY
        self.let_go: dict[str, int] = {}
        self.agreed: dict[tuple[str, str], int] = {}
        self.kept: dict[str, int] = {}
        """Until when each of these counts: the machine's own memory, not the rows'."""
        self.numbers = 100
        self.bought = {"Core": 2, "Sales Hub": 1}

    # --- the world ---------------------------------------------------------------------------------------------------
    def account(self) -> Account:
        admins = sum(user.super_admin and user.active is True for user in self.hubspot.values())
        seats = (*(Seat(name, remaining=self.free(name)) for name in SEATS), Seat(BY_HAND))
        return Account(portal_id=1, permission_sets=SETS, teams=TEAMS, super_admin_count=admins, seats=seats)

    def free(self, seat: str) -> int:
        sitting = [user for user in self.hubspot.values() if user.active is not False]
        return self.bought[seat] - sum(seat in (user.seat_names or ()) for user in sitting)

    def now(self) -> Setup:
        threshold = DeletionThreshold(limit=LIMIT, gone=len(self.left))
        return replace(self.setup, account=self.account(), threshold=threshold, at=self.moment)

    def item(self, key: str) -> WorkItem:
        gone_at = self.moment if key in self.left else None
        delivery = structs.replace(self.deliveries[key], gone_at=gone_at)
        known = self.hubspot.get(delivery.hubspot_id or "")
        found = next((user for user in self.hubspot.values() if user.email == key), None)
        person = self.people.get(key)
        return WorkItem(
            delivery=delivery, person=person, known=known or found, occupant=None, correlation_id="c"
        )

    def decided(self, key: str) -> Decision:
        return decide_item(self.item(key), self.now())

    def mark(self, key: str, intent: Intent) -> None:
        before = self.deliveries.get(key) or Delivery(key=key, email=key, user_id=key, desired_revision=0)
        approvals = before.approvals - {LEAVE} if intent is Intent.PRESENT else before.approvals
        self.deliveries[key] = structs.replace(
            before,
            intent=intent,
            user_id=None if intent is Intent.DELETED else key,
            desired_revision=before.desired_revision + 1,
            hold_reason=None,
            approvals=approvals,
            kept_until=None if intent is Intent.PRESENT else before.kept_until,
        )
        if intent is Intent.PRESENT:
            self.let_go.pop(key, None)
            self.kept.pop(key, None)

    def send(self, key: str, decision: Decision) -> None:
        """Carry a change out at HubSpot, keep what came of it, and check that it was allowed to leave."""
        change = decision.change
        self.check(key, change)
        delivery = self.deliveries[key]
        self.numbers += 1
        known = self.item(key).known
        user = effect(change, known, str(self.numbers))
        self.check_seats(change, known, user)
        if user is None:
            self.hubspot.pop(change.hubspot_id or "", None)
        else:
            self.hubspot[user.hubspot_id] = user
        if change.kind.is_leaving:
            self.left.add(key)
        self.deliveries[key] = structs.replace(
            delivery,
            hubspot_id=user.hubspot_id if user is not None else delivery.hubspot_id,
            origin=change.origin_after,
            access=change.access_after,
            delivered_revision=delivery.desired_revision,
            hold_reason=None,
            approvals=frozenset(),
        )

    # --- what must never happen --------------------------------------------------------------------------------------
    def check_seats(self, change: Change, before: AccountUser | None, after: AccountUser | None) -> None:
        had = set(before.seat_names or ()) if before is not None and before.active is not False else set()
        has = set(after.seat_names or ()) if after is not None and after.active is not False else set()
        for seat in (has - had) & set(SEATS):
            assert self.free(seat) > 0, f"a seat was taken that nobody has bought: {seat}"
        by_hand = before is not None and BY_HAND in (before.seat_names or ())
        assert not by_hand or change.kind.is_leaving or BY_HAND in has, "a seat given by hand was taken"

    def check(self, key: str, change: Change) -> None:
        policy, setup, known = self.setup.policy, self.setup, self.item(key).known
        said = self.agreed.get((key, approval_of(change)), 0) > self.moment
        assert setup.mode is TenantMode.LIVE or said, f"{change.kind} left in plan mode"
        assert key not in setup.protected
        assert key != setup.grant_holder
        assert known is None or not known.super_admin
        ours = self.deliveries[key].origin is not None
        assert ours or known is None or setup.plan_approved or said, "adopted without approval"
        outside = bool(policy.domains) and not key.endswith(tuple(f"@{each}" for each in policy.domains))
        assert not outside or (change.kind.is_leaving and ours), "outside the domains"
        if change.permission_set_id == PRIVILEGED and not change.kind.is_leaving:
            end = self.deliveries[key].approvals_end.get(grant_of(PRIVILEGED), 0)
            assert end > self.moment, "privileged without approval"
        if change.kind.is_leaving:
            past = key not in self.left and len(self.left) >= LIMIT
            let_go = self.let_go.get(key, 0) > self.moment
            assert not past or let_go, "past the brake"
            staged = self.deliveries[key].hold_reason is HoldReason.STAGED_DELETION
            assert not staged or let_go, "staged, and gone by himself"
            assert self.kept.get(key, 0) <= self.moment, "gone while he was kept"
            assert policy.deactivate_users
        elif change.kind is ChangeKind.CREATE:
            assert policy.create_users
        else:
            assert policy.update_users

    @invariant()
    def the_last_super_admin_stands(self) -> None:
        assert any(user.super_admin and user.active is True for user in self.hubspot.values())

    @initialize(
        mode=st.sampled_from([TenantMode.PLAN, TenantMode.LIVE, TenantMode.LIVE]),
        approved=st.booleans(),
        first=st.dictionaries(names, roles, min_size=2),
        given=some_sets,
    )
    def begin(
        self, mode: TenantMode, approved: bool, first: dict[str, tuple[str, ...]], given: str | None
    ) -> None:
        self.setup = replace(self.setup, mode=mode, plan_approved=approved)
        self.add_rule("Lead", given, None)
        for name, theirs in first.items():
            self.provision(name, theirs, active=True, then_drain=False)
        self.drain()

    # --- what the identity provider does -----------------------------------------------------------------------------
    @rule(name=names, given=roles, active=st.booleans(), then_drain=st.booleans())
    def provision(self, name: str, given: tuple[str, ...], active: bool, then_drain: bool) -> None:
        key = address(name)
        resource = {"userName": key, "active": active, "roles": [{"value": each} for each in given]}
        self.people[key] = person_from(key, resource, (), EmailSource.USER_NAME)
        self.mark(key, Intent.PRESENT if active else Intent.DEACTIVATED)
        if then_drain:
            self.drain()

    @rule(who=st.sets(names, min_size=1), deleted=st.booleans())
    def people_leave(self, who: set[str], deleted: bool) -> None:
        for name in sorted(who):
            person = self.people.get(address(name))
            if person is not None and deleted:
                del self.people[address(name)]
                self.mark(address(name), Intent.DELETED)
            elif person is not None:
                self.provision(name, person.roles, active=False, then_drain=False)
        self.drain()

    # --- what operators do -------------------------------------------------------------------------------------------
    @rule(
        role=st.sampled_from(ROLES),
        given=some_sets,
        team=st.none() | st.sampled_from(["t-1", "t-2"]),
        seat=st.none() | st.sampled_from(SEATS),
    )
    def add_rule(self, role: str, given: str | None, team: str | None, seat: str | None = None) -> None:
        self.numbers += 1
        made = Rule(
            id=f"r{self.numbers}",
            position=0,
            kind=RuleKind.ROLE,
            match=role,
            permission_set_id=given,
            primary_team_id=team,
            seat=seat,
        )
        self.setup = replace(self.setup, rules=with_rule(self.setup.rules, made, 1))
        self.drain()

    @precondition(lambda self: self.setup.rules)
    @rule(data=st.data())
    def remove_rule(self, data: st.DataObject) -> None:
        gone = data.draw(st.sampled_from(self.setup.rules))
        self.setup = replace(self.setup, rules=without_rule(self.setup.rules, gone.id))

    @rule(
        changes=st.fixed_dictionaries(
            {},
            optional={
                "deactivated": st.sampled_from(LeaverPolicy),
                "deleted": st.none() | st.sampled_from(LeaverPolicy),
                "default_permission_set": some_sets,
                "match_role_names": st.booleans(),
                "domains": st.sampled_from([(), ("acme.example",)]),
                "create_users": st.booleans(),
                "update_users": st.booleans(),
                "deactivate_users": st.booleans(),
            },
        )
    )
    def choose(self, changes: dict[str, Any]) -> None:
        self.setup = replace(self.setup, policy=replace(self.setup.policy, **changes))

    @rule(name=names, protected=st.booleans())
    def protect(self, name: str, protected: bool) -> None:
        key = frozenset({address(name)})
        chosen = self.setup.protected | key if protected else self.setup.protected - key
        self.setup = replace(self.setup, protected=chosen)

    @rule(mode=st.sampled_from([TenantMode.PLAN, TenantMode.LIVE]))
    def set_mode(self, mode: TenantMode) -> None:
        self.setup = replace(self.setup, mode=mode)

    @rule(name=names)
    def approve_one(self, name: str) -> None:
        """Agree to what the plan shows of one person, as `plan approve --only` and `plan deliver` do."""
        key = address(name)
        if key not in self.deliveries:
            return
        decision = self.decided(key)
        if decision.would_hold is None and decision.change.kind is not ChangeKind.NONE:
            approval = approval_of(decision.change)
            self.agreed[key, approval] = self.moment + APPROVAL_DAYS * DAY
            self.approve(key, approval)

    @rule(name=names)
    def let_one_go(self, name: str) -> None:
        key = address(name)
        delivery = self.deliveries.get(key)
        if delivery is not None and delivery.hold_reason is HoldReason.STAGED_DELETION:
            self.let_go[key] = self.moment + APPROVAL_DAYS * DAY
            self.approve(key, LEAVE)

    @rule(name=names)
    def grant_one(self, name: str) -> None:
        key = address(name)
        delivery = self.deliveries.get(key)
        if delivery is not None and delivery.hold_reason is HoldReason.PRIVILEGED_GRANT:
            self.approve(key, grant_of(PRIVILEGED))

    def approve(self, key: str, what: str) -> None:
        delivery = self.deliveries[key]
        ends = {**delivery.approvals_end, what: self.moment + APPROVAL_DAYS * DAY}
        self.deliveries[key] = structs.replace(
            delivery, approvals=delivery.approvals | {what}, approvals_end=ends
        )

    @rule(name=names, days=st.integers(1, 3))
    def keep_one(self, name: str, days: int) -> None:
        """Keep somebody who has left, or give him back what he has lost."""
        key = address(name)
        delivery = self.deliveries.get(key)
        if delivery is None or delivery.intent not in (Intent.DEACTIVATED, Intent.DELETED):
            return
        self.kept[key] = self.moment + days * DAY
        self.let_go.pop(key, None)
        self.deliveries[key] = structs.replace(
            delivery, kept_until=self.kept[key], approvals=frozenset(), approvals_end={}
        )

    # --- what follows ------------------------------------------------------------------------------------------------
    @rule(seat=st.sampled_from(SEATS))
    def a_seat_is_bought(self, seat: str) -> None:
        self.bought[seat] += 1

    @rule()
    def a_day_passes(self) -> None:
        self.left.clear()
        self.moment += DAY

    @rule(key=st.sampled_from(NAMES).map(address))
    def somebody_changes_hubspot_by_hand(self, key: str) -> None:
        for user in list(self.hubspot.values()):
            if user.email == key and not user.super_admin:
                self.hubspot[user.hubspot_id] = replace(user, permission_set_ids=("s-2",))

    @rule()
    def drain(self) -> None:
        for key in sorted(self.deliveries):
            self.settle(key)

    def settle(self, key: str) -> None:
        decision = self.decided(key)
        delivery = self.deliveries[key]
        if isinstance(decision.verdict, Hold):
            kept = (
                delivery.approvals if delivery.intent is not Intent.PRESENT else delivery.approvals - {LEAVE}
            )
            self.deliveries[key] = structs.replace(
                delivery, hold_reason=decision.verdict.reason, approvals=kept
            )
        elif decision.change.kind is ChangeKind.NONE:
            left = frozenset(each for each in delivery.approvals if not each.startswith("change:"))
            self.deliveries[key] = structs.replace(
                delivery, delivered_revision=delivery.desired_revision, hold_reason=None, approvals=left
            )
        else:
            self.send(key, decision)

    @rule()
    def at_rest_the_newest_intent_has_won(self) -> None:
        """Drain twice: whoever is not held is as the identity provider last said, and nothing is left to send."""
        self.drain()
        self.drain()
        for key in self.deliveries:
            decision = self.decided(key)
            if isinstance(decision.verdict, Hold):
                continue
            assert decision.change.kind is ChangeKind.NONE, "something is still to be sent"
            known, person = self.item(key).known, self.people.get(key)
            if person is not None and person.active:
                assert known is not None
                assert known.active is not False
                self.check_placement(person, known)
            elif known is not None and self.deliveries[key].access is not Access.STRIPPED:
                assert self.deliveries[key].access in (Access.DEACTIVATED, Access.REMOVED, Access.NONE)
                assert known.active is False or self.deliveries[key].access is Access.NONE

    def check_placement(self, person: Person, known: AccountUser) -> None:
        """Compare with the rules read one after the other, from scratch."""
        matching = [each for each in self.setup.rules if each.match in person.roles]
        given = next((each.permission_set_id for each in matching if each.permission_set_id), None)
        team = next((each.primary_team_id for each in matching if each.primary_team_id), None)
        if given is not None:
            assert (given,) == known.permission_set_ids
        if team is not None:
            assert team == known.primary_team_id
        seat = next((each.seat for each in matching if each.seat), None)
        if seat is not None:
            assert seat in (known.seat_names or ())

    @precondition(lambda self: self.setup.mode is TenantMode.PLAN)
    @rule()
    def approving_a_plan_makes_hubspot_what_it_showed(self) -> None:
        """Keep what the plan shows of everybody, approve it, go live, drain: HubSpot is that.

        But for the staged, and for those whom the last free seat did not reach.
        """
        shown: dict[str, AccountUser | None] = {}
        for key in self.deliveries:
            decision = self.decided(key)
            if decision.would_hold is None and decision.change.kind is not ChangeKind.NONE:
                shown[key] = effect(decision.change, self.item(key).known, "new")
        self.setup = replace(self.setup, plan_approved=True, mode=TenantMode.LIVE)
        self.drain()
        for key, expected in shown.items():
            if self.deliveries[key].hold_reason in (HoldReason.STAGED_DELETION, HoldReason.NO_SEAT_FREE):
                continue
            found = next((user for user in self.hubspot.values() if user.email == key), None)
            if expected is None or found is None:
                assert expected is found
            else:
                assert replace(expected, hubspot_id="") == replace(found, hubspot_id="")


def effect(change: Change, known: AccountUser | None, new_id: str) -> AccountUser | None:
    """Return the HubSpot user once a change is done; None for one who is removed."""
    if change.kind is ChangeKind.REMOVE:
        return None
    user = known or AccountUser(hubspot_id=new_id, email=change.email or "", active=True, seat_names=())
    if change.kind is ChangeKind.DEACTIVATE:
        return replace(user, active=False)
    team = user.primary_team_id if change.primary_team_id is None else change.primary_team_id
    given = user.permission_set_ids if change.permission_set_id is None else (change.permission_set_id,)
    also = user.secondary_team_ids if change.secondary_team_ids is None else change.secondary_team_ids
    return replace(
        user,
        active=True if change.kind is not ChangeKind.STRIP else user.active,
        permission_set_ids=given,
        primary_team_id=None if team == NO_TEAM else team,
        secondary_team_ids=also,
        seat_names=user.seat_names if change.seat_names is None else change.seat_names,
    )


def test_the_machine_notices_what_must_not_leave() -> None:
    machine = GateAndPlacement()
    machine.provision("ada", (), active=True, then_drain=False)
    decision = machine.decided(address("ada"))
    machine.deliveries[address("ada")] = structs.replace(
        machine.deliveries[address("ada")], origin=Origin.CREATED
    )

    try:
        machine.send(address("ada"), decision)
    except AssertionError as error:
        assert "plan mode" in str(error)  # noqa: PT017 - the machine's own assertion is what is tested
    else:
        raise AssertionError("a change left in plan mode and nobody noticed")


TestGateAndPlacement = GateAndPlacement.TestCase
TestGateAndPlacement.settings = settings(
    max_examples=examples(100),
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=True,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)
