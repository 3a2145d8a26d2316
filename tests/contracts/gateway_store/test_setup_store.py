"""What every `SetupStore` promises: tenants and what operators set up for them."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from syncline.gateway.domain.account import PermissionSet, Team
from syncline.gateway.domain.configuration import (
    Configuration,
    Protection,
    configuration_fingerprint,
    protections,
)
from syncline.gateway.domain.consent import Consent
from syncline.gateway.domain.errors import Conflict, NotFound, Refused
from syncline.gateway.domain.grant import StaticToken
from syncline.gateway.domain.rules import Rule, RuleKind
from syncline.gateway.domain.tenant import EmailSource, LeaverPolicy, Policy, TenantId, TenantMode
from syncline.gateway.services.ports import Actor, ProtectedUser, Tenant, Token
from syncline.gateway.services.ports.notices import ChannelKind, Subscription
from tests.support.acme import START, Acme, arrived, at_hubspot, connection, settlement


def a_token(token_id: str, tenant_id: str = "t1", **instead: object) -> Token:
    token = Token(
        id=token_id,
        tenant_id=TenantId(tenant_id),
        fingerprint=bytes(range(32)),
        description="Entra",
        created_at=START,
        created_by="anna",
        expires_at=None,
        revoked_at=None,
        last_used_at=None,
        last_used_from=None,
    )
    return replace(token, **instead)  # type: ignore[arg-type]


def a_rule(rule_id: str, role: str, **sets: str) -> Rule:
    return Rule(id=rule_id, position=0, kind=RuleKind.ROLE, match=role, **sets)  # type: ignore[arg-type]


async def tenant_of(acme: Acme) -> Tenant:
    tenant = await acme.store.setup.tenant(acme.id)
    assert tenant is not None
    return tenant


# --- tenants --------------------------------------------------------------------------------------------------------
async def test_a_new_tenant_collects_under_the_default_policy(acme: Acme) -> None:
    expected = Tenant(
        id=acme.id,
        name="acme",
        mode=TenantMode.COLLECTING,
        policy=Policy(),
        placement_epoch=1,
        plan_approved_at=None,
        plan_approved_by=None,
        created_at=START,
    )

    assert expected == await tenant_of(acme)


async def test_a_tenant_is_found_by_id_and_by_name_in_any_case(acme: Acme) -> None:
    setup = acme.store.setup

    found = [await setup.tenant(name) for name in ("t1", "acme", "ACME", "ＡＣＭＥ", "acm", "nobody")]

    assert [acme.id] * 4 + [None] * 2 == [tenant and tenant.id for tenant in found]


async def test_a_name_taken_in_another_case_is_a_conflict_and_nothing_is_created(acme: Acme) -> None:
    with pytest.raises(Conflict, match="choose another name"):
        await acme.store.setup.create_tenant(TenantId("t2"), "Acme", acme.actor)

    assert ["acme"] == [tenant.name for tenant in await acme.store.setup.tenants()]


async def test_tenants_are_listed_by_name(acme: Acme) -> None:
    for number, name in enumerate(("Zeta", "beta", "alpha"), start=2):
        await acme.store.setup.create_tenant(TenantId(f"t{number}"), name, acme.actor)

    assert ["acme", "alpha", "beta", "Zeta"] == [tenant.name for tenant in await acme.store.setup.tenants()]


async def test_mode_policy_and_approval_are_kept_and_have_everybody_decided_again(acme: Acme) -> None:
    changes = {
        "deactivated": LeaverPolicy.STRIP,
        "strip_to": "9",
        "email_from": EmailSource.WORK,
        "domains": ("acme.example",),
        "create_users": False,
    }
    policy = replace(Policy(), **changes)  # type: ignore[arg-type]
    await acme.store.setup.set_mode(acme.id, TenantMode.LIVE, acme.actor)
    assert policy == await acme.store.setup.change_policy(acme.id, changes, acme.actor)
    await acme.store.setup.approve_plan(acme.id, {"create": 3}, Actor("bert", START + 5))

    tenant = await tenant_of(acme)

    assert (TenantMode.LIVE, policy, START + 5, "bert", 4) == (
        tenant.mode,
        tenant.policy,
        tenant.plan_approved_at,
        tenant.plan_approved_by,
        tenant.placement_epoch,
    )


# --- tokens ---------------------------------------------------------------------------------------------------------
async def test_a_token_is_found_by_its_public_id_alone(acme: Acme) -> None:
    await acme.store.setup.create_token(a_token("k1"), acme.actor)

    assert (a_token("k1"), None) == (await acme.store.setup.token("k1"), await acme.store.setup.token("k2"))


async def test_tokens_are_listed_oldest_first_with_the_revoked_ones(acme: Acme) -> None:
    setup = acme.store.setup
    for token in (a_token("new", created_at=START + 9), a_token("b"), a_token("a")):
        await setup.create_token(token, acme.actor)
    await setup.revoke_token(acme.id, "a", Actor("bert", START + 20))

    listed = [(token.id, token.revoked_at) for token in await setup.tokens(acme.id)]

    assert [("a", START + 20), ("b", None), ("new", None)] == listed


async def test_a_token_revoked_twice_keeps_the_first_moment(acme: Acme) -> None:
    await acme.store.setup.create_token(a_token("k1"), acme.actor)
    for moment in (START + 1, START + 2):
        await acme.store.setup.revoke_token(acme.id, "k1", Actor("anna", moment))

    assert [START + 1] == [token.revoked_at for token in await acme.store.setup.tokens(acme.id)]


async def test_nobody_revokes_the_token_of_another_tenant(acme: Acme) -> None:
    await acme.store.setup.create_tenant(TenantId("t2"), "other", acme.actor)
    await acme.store.setup.create_token(a_token("k1"), acme.actor)

    with pytest.raises(NotFound, match="token list"):
        await acme.store.setup.revoke_token(TenantId("t2"), "k1", acme.actor)

    assert [None] == [token.revoked_at for token in await acme.store.setup.tokens(acme.id)]


async def test_the_latest_use_of_a_token_is_the_last_contact(acme: Acme) -> None:
    await acme.store.setup.create_token(a_token("k1"), acme.actor)
    assert None is (await acme.store.backlog.totals(acme.id)).last_contact_at
    for moment, client in ((START + 5, "10.0.0.5"), (START + 3, "10.0.0.3")):
        await acme.store.setup.note_token_use("k1", moment, client)
    await acme.store.setup.note_token_use("unknown", START + 9, None)

    (token,) = await acme.store.setup.tokens(acme.id)

    assert (START + 5, "10.0.0.5") == (token.last_used_at, token.last_used_from)
    assert START + 5 == (await acme.store.backlog.totals(acme.id)).last_contact_at


# --- the connection -------------------------------------------------------------------------------------------------
async def test_credentials_come_back_as_they_were_given(acme: Acme) -> None:
    await acme.connect()

    assert connection(acme.id) == await acme.store.setup.connection(acme.id)


async def test_a_tenant_without_a_connection_has_none(acme: Acme) -> None:
    assert None is await acme.store.setup.connection(acme.id)


async def test_connecting_ends_collecting_and_leaves_a_live_tenant_live(acme: Acme) -> None:
    await acme.connect()
    assert TenantMode.PLAN is (await tenant_of(acme)).mode
    await acme.store.setup.set_mode(acme.id, TenantMode.LIVE, acme.actor)
    await acme.connect()

    assert TenantMode.LIVE is (await tenant_of(acme)).mode


async def test_an_account_belongs_to_one_tenant(acme: Acme) -> None:
    await acme.connect()
    other = TenantId("t2")
    await acme.store.setup.create_tenant(other, "other", acme.actor)

    with pytest.raises(Conflict, match="belongs to another tenant"):
        await acme.store.setup.set_connection(connection(other), acme.actor)

    assert None is await acme.store.setup.connection(other)
    await acme.store.setup.set_connection(connection(other, portal_id=8), acme.actor)
    assert 8 == (await acme.store.setup.connection(other)).portal_id  # type: ignore[union-attr]


async def test_new_credentials_for_the_same_account_keep_what_was_read_of_its_users(acme: Acme) -> None:
    await acme.add("ada@acme.example")
    await acme.connect()
    await acme.keep([at_hubspot("11", "ada@acme.example")])
    await acme.connect(credential=StaticToken("fresh"), scim_base_url=None, scim_token=None)
    assert at_hubspot("11", "ada@acme.example") == (await acme.item("ada@acme.example")).known

    await acme.connect(portal_id=8)

    assert None is (await acme.item("ada@acme.example")).known


async def test_trouble_is_noted_and_ends_and_only_a_change_is_an_event(acme: Acme) -> None:
    await acme.connect()
    told = [("EXPIRED", "sign in again"), ("EXPIRED", "again"), (None, None), (None, None)]
    seen = []
    for trouble, detail in told:
        await acme.store.setup.note_trouble(acme.id, trouble, detail, acme.cause())
        link = await acme.store.setup.connection(acme.id)
        assert link is not None
        seen.append((link.trouble, link.trouble_detail))

    assert [("EXPIRED", "sign in again")] * 2 + [(None, None)] * 2 == seen
    events = await acme.store.journal.events(acme.id, subject=None, kind="connection.", before=None, limit=10)
    assert ["connection.recovered", "connection.trouble"] == [event.kind for event in events]


# --- what was read of the account -----------------------------------------------------------------------------------
async def test_a_reading_is_kept_whole_with_its_moment(acme: Acme) -> None:
    await acme.connect()
    acme.now += 1_000
    await acme.keep([], permission_sets=(PermissionSet("1", "Sales", True),), teams=(Team("2", "North"),))

    link = await acme.store.setup.connection(acme.id)

    assert link is not None
    assert link.account is not None
    assert (START + 1_000, (PermissionSet("1", "Sales", True),), (Team("2", "North"),)) == (
        link.account_read_at,
        link.account.permission_sets,
        link.account.teams,
    )


async def test_a_reading_replaces_the_last_one(acme: Acme) -> None:
    for name in ("ada", "bob"):
        await acme.add(f"{name}@acme.example")
    await acme.connect()
    await acme.keep([at_hubspot("11", "ada@acme.example"), at_hubspot("12", "bob@acme.example")])
    acme.now += 1_000
    await acme.keep([at_hubspot("12", "bob@acme.example", first_name="Bob")])

    known = [(await acme.item(f"{name}@acme.example")).known for name in ("ada", "bob")]

    assert [None, at_hubspot("12", "bob@acme.example", first_name="Bob")] == known


async def test_an_answer_that_came_while_a_reading_was_under_way_knows_better(acme: Acme) -> None:
    for name in ("ada", "bob"):
        await acme.add(f"{name}@acme.example")
    await acme.connect()
    await acme.keep([at_hubspot("12", "bob@acme.example", first_name="Old")])
    begun = acme.now + 1_000
    acme.now = begun + 1
    await acme.arrive("ada@acme.example", "11")
    bob = await acme.delivery("bob@acme.example")
    newer = at_hubspot("12", "bob@acme.example", first_name="New")
    done = arrived(bob, "12")
    assert done.standing is not None
    await acme.settle(replace(done, standing=replace(done.standing, user=newer)))

    acme.now = begun
    await acme.keep([at_hubspot("12", "bob@acme.example", first_name="Old")])

    assert at_hubspot("11", "ada@acme.example") == (await acme.item("ada@acme.example")).known
    assert newer == (await acme.item("bob@acme.example")).known


async def test_only_a_reading_with_other_lists_has_everybody_decided_again(acme: Acme) -> None:
    await acme.connect()
    ada, north = at_hubspot("11", "ada@acme.example"), Team("2", "North")
    epochs = [await acme.epoch()]
    for users, teams in (([ada], ()), ([ada], ()), ([ada], (north,)), ([], (north,)), ([], (north,))):
        acme.now += 1_000
        await acme.keep(users, teams=teams)
        epochs.append(await acme.epoch())

    assert [1, 0, 1, 0, 0] == [after - before for before, after in itertools.pairwise(epochs)]


async def test_a_reading_without_a_connection_is_dropped(acme: Acme) -> None:
    await acme.keep([at_hubspot("11", "ada@acme.example")])

    assert None is await acme.store.setup.connection(acme.id)


# --- rules, protected people, release -------------------------------------------------------------------------------
async def test_rules_come_back_in_the_order_they_were_put(acme: Acme) -> None:
    setup = acme.store.setup
    first, second, third = a_rule("z", "A", permission_set_id="1"), a_rule("m", "B"), a_rule("a", "C")
    assert replace(third, position=1) == await setup.add_rule(acme.id, third, None, acme.actor)
    assert replace(first, position=1) == await setup.add_rule(acme.id, first, 1, acme.actor)
    assert replace(second, position=2) == await setup.add_rule(acme.id, second, 2, acme.actor)
    assert ["z", "m", "a"] == [rule.id for rule in await setup.rules(acme.id)]
    assert replace(third, position=1) == await setup.move_rule(acme.id, "a", -5, acme.actor)
    assert replace(second, position=3) == await setup.remove_rule(acme.id, "m", acme.actor)

    assert [replace(third, position=1), replace(first, position=2)] == await setup.rules(acme.id)


async def test_a_protected_person_is_known_by_his_address_in_any_case(acme: Acme) -> None:
    setup = acme.store.setup
    epoch = await acme.epoch()
    boss = ProtectedUser(email="Boss@acme.example", reason="owner", created_at=START, created_by="anna")
    await setup.protect(acme.id, boss, acme.actor)
    await setup.protect(acme.id, replace(boss, email="BOSS@acme.example", reason="chair"), acme.actor)
    await setup.protect(acme.id, replace(boss, email="aide@acme.example"), acme.actor)
    assert [("aide@acme.example", "owner"), ("Boss@acme.example", "chair")] == [
        (user.email, user.reason) for user in await setup.protected_users(acme.id)
    ]

    lifted = [await setup.unprotect(acme.id, "boss@ACME.example", acme.actor) for _ in range(2)]

    assert ([Consent.DONE, Consent.NOTHING], epoch + 4) == (lifted, await acme.epoch())
    assert ["aide@acme.example"] == [user.email for user in await setup.protected_users(acme.id)]


async def test_releasing_somebody_makes_him_due_again(acme: Acme) -> None:
    await acme.add("ada@acme.example")
    await acme.settle(
        settlement(await acme.delivery("ada@acme.example"), hold_reason="deactivated-at-hubspot")
    )
    assert [] == await acme.due()
    acme.now += 10

    released = [await acme.store.setup.release(acme.id, key, acme.actor) for key in ("ada@acme.example", "x")]

    assert [True, False] == released
    assert ["ada@acme.example"] == await acme.due()
    assert (await acme.delivery("ada@acme.example")).may_reactivate


async def test_a_set_up_has_all_that_decisions_depend_on(acme: Acme) -> None:
    assert None is await acme.store.backlog.setup(TenantId("nobody"), 0)
    await acme.connect()
    await acme.keep([], teams=(Team("2", "North"),))
    for rule in (a_rule("z", "A"), a_rule("a", "B")):
        await acme.store.setup.add_rule(acme.id, rule, None, acme.actor)
    boss = ProtectedUser(email="Boss@acme.example", reason="", created_at=START, created_by="anna")
    await acme.store.setup.protect(acme.id, boss, acme.actor)
    await acme.store.setup.approve_plan(acme.id, {}, acme.actor)

    setup = await acme.store.backlog.setup(acme.id, 0)

    assert setup is not None
    assert setup.account is not None
    assert (TenantMode.PLAN, ("z", "a"), (Team("2", "North"),), {"boss@acme.example"}, True, True) == (
        setup.mode,
        tuple(rule.id for rule in setup.rules),
        setup.account.teams,
        set(setup.protected),
        setup.scim_channel,
        setup.plan_approved,
    )


# --- all choices at once --------------------------------------------------------------------------------------------
def a_configuration(**instead: object) -> Configuration:
    chosen = Configuration(
        policy=Policy(deactivated=LeaverPolicy.REMOVE, domains=("acme.example",)),
        rules=(replace(a_rule("r1", "Lead", permission_set_id="10"), position=1),),
        privileged=frozenset({"10"}),
        protected=protections(
            [Protection("Boss@acme.example", "founder"), Protection("temp@acme.example", "audit", START)]
        ),
        notices=frozenset({("webhook", "https://hooks.example/x")}),
    )
    return replace(chosen, **instead)  # type: ignore[arg-type]


def a_subscription(address: str = "https://hooks.example/x") -> Subscription:
    return Subscription(
        tenant_id=TenantId("t1"),
        id="s1",
        channel=ChannelKind.WEBHOOK,
        address=address,
        secret="whsec_x",
        created_at=START,
        created_by="anna",
    )


async def configuration_of(acme: Acme) -> Configuration:
    setup = acme.store.setup
    protected = await setup.protected_users(acme.id)
    subscribers = await acme.store.notices.subscriptions(acme.id)
    return Configuration(
        policy=(await tenant_of(acme)).policy,
        rules=tuple(await setup.rules(acme.id)),
        privileged=await setup.privileged(acme.id),
        protected=protections(Protection(each.email, each.reason, each.until) for each in protected),
        notices=frozenset((each.channel.value, each.address) for each in subscribers),
    )


async def test_all_choices_are_replaced_at_once(acme: Acme) -> None:
    await acme.store.setup.add_rule(acme.id, a_rule("old", "Seller"), None, acme.actor)
    await acme.store.setup.mark_privileged(acme.id, "99", marked=True, actor=acme.actor)
    chosen = a_configuration()
    await acme.store.setup.configure(acme.id, chosen, [a_subscription()], acme.actor)

    assert chosen == await configuration_of(acme)
    assert ["whsec_x"] == [each.secret for each in await acme.store.notices.subscriptions(acme.id)]

    await acme.store.setup.configure(acme.id, Configuration(), [], acme.actor)

    assert Configuration() == await configuration_of(acme)


async def test_choices_that_cannot_be_carried_out_leave_everything_as_it_was(acme: Acme) -> None:
    chosen = a_configuration(policy=Policy(deactivated=LeaverPolicy.STRIP))
    with pytest.raises(Refused):
        await acme.store.setup.configure(acme.id, chosen, [a_subscription()], acme.actor)

    assert Configuration() == await configuration_of(acme)


async def test_choices_are_saved_as_they_were_previewed_or_not_at_all(acme: Acme) -> None:
    epoch = (await tenant_of(acme)).placement_epoch
    expect = configuration_fingerprint(epoch, a_configuration())
    with pytest.raises(Conflict):
        await acme.store.setup.configure(acme.id, Configuration(), [], acme.actor, expect)
    await acme.store.setup.configure(acme.id, a_configuration(), [a_subscription()], acme.actor, expect)
    with pytest.raises(Conflict):
        await acme.store.setup.configure(acme.id, a_configuration(), [], acme.actor, expect)

    assert a_configuration() == await configuration_of(acme)
    assert epoch + 1 == (await tenant_of(acme)).placement_epoch


async def test_the_audit_log_is_read_backwards_in_pages(acme: Acme) -> None:
    await acme.store.setup.configure(acme.id, a_configuration(), [a_subscription()], acme.actor)
    [last] = await acme.store.journal.audit(acme.id, None, 1)
    before = await acme.store.journal.audit(acme.id, last.seq, 10)

    assert ("config.applied", "anna", acme.now) == (last.action, last.actor, last.at)
    assert "whsec_x" not in str(last.detail)
    assert ["tenant.created"] == [each.action for each in before]


async def test_the_audit_log_names_the_groups_that_rules_look_at(acme: Acme) -> None:
    await acme.add_group("Sellers")
    for group_id in ("g-Sellers", "g-gone"):
        rule = replace(a_rule(group_id, group_id), kind=RuleKind.GROUP)
        await acme.store.setup.add_rule(acme.id, rule, None, acme.actor)
    [last] = await acme.store.journal.audit(acme.id, None, 1)

    assert ["group = Sellers", "group = g-gone"] == last.detail["rules"]


async def test_tenants_are_read_in_pages_by_name_in_any_case(acme: Acme) -> None:
    for tenant_id, name in (("t2", "Zeta"), ("t3", "beta")):
        await acme.store.setup.create_tenant(TenantId(tenant_id), name, acme.actor)
    first = await acme.store.setup.tenants_after("", 2)
    second = await acme.store.setup.tenants_after(first[-1].name, 2)

    assert [["acme", "beta"], ["Zeta"]] == [[each.name for each in page] for page in (first, second)]
