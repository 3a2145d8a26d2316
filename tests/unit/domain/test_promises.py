"""What holds for every person, delivery, HubSpot user and set-up, whatever they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st
from msgspec import structs

from syncline.gateway.domain.account import Account, AccountUser
from syncline.gateway.domain.change import Change, ChangeKind
from syncline.gateway.domain.crm import CrmAttribute
from syncline.gateway.domain.decision import Decision, decide
from syncline.gateway.domain.delivery import Access, Delivery, Intent, Origin, Urgency
from syncline.gateway.domain.gate import GATE, Case, Hold, HoldReason, Send
from syncline.gateway.domain.person import GroupRef, Person, email_key
from syncline.gateway.domain.placement import Output, Placements, place
from syncline.gateway.domain.rules import Rule, RuleBook, RuleKind, in_order, matches
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import LeaverPolicy, Policy, TenantId, TenantMode

from .builders import ACCOUNT, EMPTY, MANAGER, SALES, STANDARD, make_known, make_person, unhurried

ADDRESSES = ["ada@example.com", "Ada@Example.com", "bob@example.com", "ada@other.org"]
WORDS = ["Manager", "Sales User", "sales user", "Twin", "x", "y"]
SETS = [STANDARD, SALES, MANAGER, EMPTY, "ps-gone"]
TEAMS = ["team-1", "team-2", "team-3", "team-gone"]

addresses = st.sampled_from(ADDRESSES)
names = st.sampled_from([None, "", "Ada", "Bob"])
some_teams = st.lists(st.sampled_from(TEAMS), max_size=3, unique=True).map(tuple)

people = st.builds(
    lambda email, active, roles, group, names, department: make_person(
        email=email,
        active=active,
        roles=tuple(roles),
        groups=(GroupRef("g1", "Group"),) if group else (),
        names=names,
        department=department,
    ),
    email=addresses | st.sampled_from(["ada", "0123456789abcdef0123456789abcdefada@example.com"]),
    active=st.booleans(),
    roles=st.lists(st.sampled_from(WORDS), max_size=3),
    group=st.booleans(),
    names=st.tuples(names, names),
    department=st.none() | st.sampled_from(["Sales", "Support"]),
)


@st.composite
def rules(draw: st.DrawFn, sets: list[str] = SETS, teams: list[str] = TEAMS) -> tuple[Rule, ...]:
    made: list[Rule] = []
    for number in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(RuleKind))
        match = {RuleKind.ROLE: WORDS, RuleKind.GROUP: ["g1", "g2"], RuleKind.ATTRIBUTE: ["department"]}[kind]
        made.append(
            Rule(
                id=f"r{number}",
                position=draw(st.integers(0, 3)),
                kind=kind,
                match=draw(st.sampled_from(match)),
                equals="Sales" if kind is RuleKind.ATTRIBUTE else None,
                permission_set_id=draw(st.none() | st.sampled_from(sets)),
                primary_team_id=draw(st.none() | st.sampled_from(teams)),
                secondary_team_ids=tuple(draw(st.lists(st.sampled_from(teams), max_size=3, unique=True))),
            )
        )
    return tuple(made)


policies = st.builds(
    Policy,
    deactivated=st.none() | st.sampled_from(LeaverPolicy),
    deleted=st.none() | st.sampled_from(LeaverPolicy),
    strip_to=st.none() | st.sampled_from([EMPTY, "ps-gone"]),
    match_role_names=st.booleans(),
    default_permission_set=st.none() | st.sampled_from(SETS),
    domains=st.sampled_from([(), ("example.com",)]),
    create_users=st.booleans(),
    update_users=st.booleans(),
    deactivate_users=st.booleans(),
)
setups = st.builds(
    Setup,
    tenant_id=st.just(TenantId("t1")),
    mode=st.sampled_from(TenantMode),
    policy=policies,
    rules=rules(),
    account=st.none() | st.sampled_from([ACCOUNT, Account(portal_id=2)]),
    protected=st.frozensets(addresses.map(email_key), max_size=2),
    scim_channel=st.booleans(),
    plan_approved=st.booleans(),
    grant_holder=st.none() | addresses.map(email_key),
)
open_setups = st.builds(
    Setup,
    tenant_id=st.just(TenantId("t1")),
    mode=st.just(TenantMode.LIVE),
    policy=st.builds(
        Policy,
        deactivated=st.sampled_from(LeaverPolicy),
        deleted=st.none() | st.sampled_from(LeaverPolicy),
        strip_to=st.just(EMPTY),
        match_role_names=st.booleans(),
        default_permission_set=st.none() | st.sampled_from(SETS[:3]),
    ),
    rules=rules(sets=SETS[:3], teams=TEAMS[:3]),
    account=st.just(ACCOUNT),
    scim_channel=st.just(True),
    plan_approved=st.just(True),
)
"""Set-ups that hold little, so that what is sent is looked at often."""
deliveries = st.builds(
    Delivery,
    key=addresses.map(email_key),
    email=st.none() | addresses,
    intent=st.sampled_from(Intent),
    hubspot_id=st.sampled_from([None, "100", "200"]),
    origin=st.none() | st.sampled_from(Origin),
    access=st.sampled_from(Access),
    renamed_from=st.none() | addresses,
    claimed_by=st.none() | st.just("bob@example.com"),
    may_reactivate=st.booleans(),
)
users = st.builds(
    AccountUser,
    hubspot_id=st.sampled_from(["100", "200"]),
    email=addresses,
    first_name=names,
    last_name=names,
    permission_set_ids=st.lists(st.sampled_from(SETS), max_size=2, unique=True).map(tuple),
    primary_team_id=st.none() | st.sampled_from(TEAMS),
    secondary_team_ids=some_teams,
    super_admin=st.booleans(),
    active=st.sampled_from([None, True, False]),
)
anybody = st.none() | people
anyone_known = st.none() | users


def sends(decision: Decision) -> bool:
    """Something leaves for HubSpot, or a HubSpot user comes under our care."""
    return decision.verdict == Send() and decision.change.kind is not ChangeKind.NONE


@unhurried
@given(anybody, deliveries, anyone_known, setups, anyone_known)
def test_decide_answers_everything_and_always_the_same(
    person: Person | None,
    delivery: Delivery,
    known: AccountUser | None,
    setup: Setup,
    occupant: AccountUser | None,
) -> None:
    first = decide(person, delivery, known, setup, occupant=occupant)

    assert first == decide(person, delivery, known, setup, occupant=occupant)


@unhurried
@given(anybody, deliveries, anyone_known, open_setups | setups, anyone_known)
def test_nothing_is_sent_outside_live_mode(
    person: Person | None,
    delivery: Delivery,
    known: AccountUser | None,
    setup: Setup,
    occupant: AccountUser | None,
) -> None:
    for mode in (TenantMode.COLLECTING, TenantMode.PLAN):
        assert not sends(decide(person, delivery, known, replace(setup, mode=mode), occupant=occupant))


@unhurried
@given(anybody, deliveries, users, open_setups)
def test_a_super_admin_is_never_changed(
    person: Person | None, delivery: Delivery, known: AccountUser, setup: Setup
) -> None:
    admin = replace(known, super_admin=True)

    for count in (1, 2):
        account = replace(ACCOUNT, super_admin_count=count)
        assert not sends(decide(person, delivery, admin, replace(setup, account=account)))


@unhurried
@given(anybody, deliveries, anyone_known, open_setups)
def test_a_protected_person_and_the_grant_holder_are_never_changed(
    person: Person | None, delivery: Delivery, known: AccountUser | None, setup: Setup
) -> None:
    addresses = [person.email if person else None, known.email if known else None, delivery.email]
    for address in addresses:
        if address is None:
            continue
        key = email_key(address)
        assert not sends(decide(person, delivery, known, replace(setup, protected=frozenset({key}))))
        assert not sends(decide(person, delivery, known, replace(setup, grant_holder=key)))


@unhurried
@given(people, deliveries, anyone_known, open_setups)
def test_the_default_role_is_only_for_people_we_create_or_have_stripped(
    person: Person, delivery: Delivery, known: AccountUser | None, setup: Setup
) -> None:
    decision = decide(person, delivery, known, setup)

    if decision.placement and decision.placement.source_of(Output.PERMISSION_SET) == "default":
        created = delivery.origin is Origin.CREATED and delivery.access is not Access.REMOVED
        assert known is None or delivery.claimed_by or created or delivery.access is Access.STRIPPED


@unhurried
@given(anybody, deliveries, users, open_setups)
def test_without_an_approved_plan_no_user_who_was_there_before_is_touched(
    person: Person | None, delivery: Delivery, known: AccountUser, setup: Setup
) -> None:
    stranger = structs.replace(delivery, origin=None, hubspot_id=None, access=Access.NONE)

    assert not sends(decide(person, stranger, known, replace(setup, plan_approved=False)))


@unhurried
@given(anybody, deliveries, anyone_known, open_setups | setups)
def test_an_adoption_without_an_approved_plan_is_held(
    person: Person | None, delivery: Delivery, known: AccountUser | None, setup: Setup
) -> None:
    decision = decide(person, delivery, known, replace(setup, plan_approved=False))

    if decision.change.kind is ChangeKind.ADOPT:
        assert isinstance(decision.verdict, Hold)


@unhurried
@given(anybody, deliveries, anyone_known, open_setups | setups)
def test_strip_never_claims_that_access_is_revoked(
    person: Person | None, delivery: Delivery, known: AccountUser | None, setup: Setup
) -> None:
    change = decide(person, delivery, known, setup).change

    if change.kind is ChangeKind.STRIP:
        assert not change.access_after.revoked
        assert "access" not in {difference.field for difference in change.differences}


@unhurried
@given(anybody, deliveries, users, open_setups)
def test_a_deactivation_by_somebody_else_stays_until_it_is_released(
    person: Person | None, delivery: Delivery, known: AccountUser, setup: Setup
) -> None:
    assume(delivery.access is not Access.DEACTIVATED)
    deactivated = replace(known, active=False)

    assert not sends(decide(person, structs.replace(delivery, may_reactivate=False), deactivated, setup))


@unhurried
@given(st.lists(st.tuples(people, st.booleans()), max_size=6), rules(), policies, st.booleans(), st.data())
def test_whoever_is_placed_as_somebody_before_him_is_placed_as_if_he_were_alone(
    several: list[tuple[Person, bool]],
    some_rules: tuple[Rule, ...],
    policy: Policy,
    with_attributes: bool,
    data: st.DataObject,
) -> None:
    policy = replace(policy, crm_attributes=tuple(CrmAttribute) if with_attributes else ())
    account = replace(ACCOUNT, crm_users=True)
    placements = Placements(RuleBook(some_rules), policy, account)

    for person, existing in data.draw(st.permutations([*several, *several])):
        alone = place(person, some_rules, policy, account, existing=existing)
        assert alone == placements.of(person, existing=existing)


@unhurried
@given(people, rules(), policies, st.booleans())
def test_the_first_rule_that_sets_an_output_wins_and_secondary_teams_are_the_union(
    person: Person, some_rules: tuple[Rule, ...], policy: Policy, existing: bool
) -> None:
    placement = place(person, some_rules, policy, ACCOUNT, existing=existing)

    matched = [rule for rule in in_order(some_rules) if matches(rule, person)]
    sets = [rule.permission_set_id for rule in matched if rule.permission_set_id is not None]
    primaries = [rule.primary_team_id for rule in matched if rule.primary_team_id is not None]
    union = {team for rule in matched for team in rule.secondary_team_ids}
    if sets:
        assert placement.permission_set_id == sets[0]
    assert placement.primary_team_id == (primaries[0] if primaries else None)
    assert set(placement.secondary_team_ids or ()) == union
    named = {reason.source for reason in placement.reasons}
    setting = [
        rule for rule in matched if rule.permission_set_id or rule.primary_team_id or rule.secondary_team_ids
    ]
    assert {f"rule:{rule.id}" for rule in setting} == {each for each in named if each.startswith("rule:")}


@unhurried
@given(people, deliveries, st.sampled_from([None, "100"]), users, open_setups)
def test_once_a_change_is_carried_out_nothing_is_left_to_do(
    person: Person, delivery: Delivery, hubspot_id: str | None, user: AccountUser, setup: Setup
) -> None:
    known = None if hubspot_id is None else replace(user, hubspot_id=hubspot_id, super_admin=False)
    before = decide(person, structs.replace(delivery, claimed_by=None), known, setup)
    if not sends(before):
        return

    after = decide(person, *_carried_out(delivery, known, before.change), setup)

    assert (after.change.kind, after.change.differences) == (ChangeKind.NONE, ())


def _carried_out(
    delivery: Delivery, known: AccountUser | None, change: Change
) -> tuple[Delivery, AccountUser | None]:
    """Do to the HubSpot user what the change says, and keep the row and what is known of him as the drain does."""
    hubspot_id = change.hubspot_id or "300"
    settled = structs.replace(
        delivery,
        origin=change.origin_after,
        access=change.access_after,
        hubspot_id=hubspot_id,
        renamed_from=None,
        claimed_by=None,
    )
    if change.kind is ChangeKind.REMOVE:
        return settled, None
    fields: dict[str, Any] = {
        "email": change.email,
        "first_name": change.first_name,
        "last_name": change.last_name,
        "permission_set_ids": None if change.permission_set_id is None else (change.permission_set_id,),
        "secondary_team_ids": change.secondary_team_ids,
        "active": change.access_after is not Access.DEACTIVATED,
    }
    written = {name: value for name, value in fields.items() if value is not None}
    before = known or AccountUser(hubspot_id=hubspot_id, email=change.email or "")
    after = replace(before, **written)
    if change.primary_team_id is not None:
        after = replace(after, primary_team_id=change.primary_team_id or None)
    return settled, after


@unhurried
@given(people, deliveries, users, open_setups)
def test_whoever_was_brought_in_step_as_active_can_still_be_made_to_leave(
    person: Person, delivery: Delivery, known: AccountUser, setup: Setup
) -> None:
    present = structs.replace(person, active=True)
    first = decide(present, delivery, known, setup)
    if first.verdict != Send():
        return
    settled, after = _carried_out(delivery, known, first.change) if sends(first) else (delivery, known)

    leaving = decide(structs.replace(person, active=False), settled, after, setup)

    assert sends(leaving) or known.super_admin
    assert leaving.change.kind.is_leaving


@unhurried
@given(people, deliveries, users, open_setups)
def test_no_leaver_who_is_ours_stays_active_at_hubspot(
    person: Person, delivery: Delivery, known: AccountUser, setup: Setup
) -> None:
    assume(delivery.access is not Access.STRIPPED and delivery.claimed_by is None)
    active = replace(
        known, hubspot_id=delivery.hubspot_id or known.hubspot_id, active=True, super_admin=False
    )
    settled = structs.replace(delivery, delivered_revision=delivery.desired_revision)

    assert sends(decide(structs.replace(person, active=False), settled, active, setup))


@unhurried
@given(anybody, deliveries, anyone_known, open_setups | setups)
def test_leaving_is_urgent_and_nothing_else_is(
    person: Person | None, delivery: Delivery, known: AccountUser | None, setup: Setup
) -> None:
    change = decide(person, delivery, known, setup).change

    if change.kind is not ChangeKind.NONE:
        assert (change.urgency is Urgency.URGENT) == change.kind.is_leaving


@unhurried
@given(anybody, deliveries, anyone_known, open_setups | setups)
def test_an_active_person_never_leaves_and_a_leaver_never_joins(
    person: Person | None, delivery: Delivery, known: AccountUser | None, setup: Setup
) -> None:
    kind = decide(person, delivery, known, setup).change.kind

    if kind is not ChangeKind.NONE:
        assert kind.is_leaving == (person is None or not person.active)


@unhurried
@given(anybody, deliveries, anyone_known, setups)
@example(make_person(), Delivery(key="k"), make_known(), Setup(tenant_id=TenantId("t"), mode=TenantMode.PLAN))
def test_the_reason_told_is_the_first_that_holds_and_approval_skips_only_what_it_lifts(
    person: Person | None, delivery: Delivery, known: AccountUser | None, setup: Setup
) -> None:
    assume(person is not None or delivery.intent is not Intent.RELEASED)
    assume(delivery.hubspot_id is None or known is None or known.hubspot_id == delivery.hubspot_id)
    decision = decide(person, delivery, known, setup)
    waiting = delivery.claimed_by is not None and delivery.origin is None and delivery.hubspot_id is None
    case = Case(
        person=person,
        delivery=structs.replace(delivery, access=Access.NONE) if waiting else delivery,
        known=None if waiting else known,
        occupant=None,
        setup=setup,
        placement=decision.placement,
        change=decision.change,
        policy=setup.policy.leaver_policy(deleted=person is None)
        if person is None or not person.active
        else None,
    )

    held = [row for row in GATE if row.test(case) is not None]

    assert _reason(decision.verdict) == (held[0].reason if held else None)
    lasting = [row.reason for row in held if not row.lifted_by_approval]
    assert _reason(decision.would_hold or Send()) == (lasting[0] if lasting else None)


def _reason(verdict: Send | Hold) -> HoldReason | None:
    return verdict.reason if isinstance(verdict, Hold) else None
