from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from syncline.gateway.domain.account import Account, PermissionSet, Seat, Team
from syncline.gateway.domain.configuration import Configuration, Protection, protections
from syncline.gateway.domain.consent import DAY
from syncline.gateway.domain.drift import CHOSEN
from syncline.gateway.domain.rules import Rule, RuleKind
from syncline.gateway.domain.tenant import DriftPolicy, EmailSource, LeaverPolicy, Policy
from syncline.gateway.services.configuration_changes import changes_between
from syncline.gateway.services.configuration_document import configuration_of, document_of

ACCOUNT = Account(
    seats=(Seat("Sales Hub"),),
    portal_id=1,
    permission_sets=(
        PermissionSet("10", "Manager"),
        PermissionSet("11", "Twin"),
        PermissionSet("12", "Twin"),
        PermissionSet("13", "10"),
    ),
    teams=(Team("20", "Sales"), Team("21", "EMEA"), Team("22", "EMEA")),
)
SETS, TEAMS = st.sampled_from(["10", "11", "12", "13"]), st.sampled_from(["20", "21", "22"])
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)
LEAVING = st.sampled_from(LeaverPolicy)


@st.composite
def rules(draw: st.DrawFn) -> tuple[Rule, ...]:
    found = []
    for position in range(1, draw(st.integers(0, 5)) + 1):
        kind = draw(st.sampled_from(RuleKind))
        is_attribute = kind is RuleKind.ATTRIBUTE
        found.append(
            Rule(
                id=f"r{position}",
                position=position,
                kind=kind,
                match="department" if is_attribute else draw(TEXT),
                equals=draw(TEXT) if is_attribute else None,
                permission_set_id=draw(SETS),
                primary_team_id=draw(st.none() | TEAMS),
                secondary_team_ids=tuple(draw(st.lists(TEAMS, max_size=2, unique=True))),
                seat=draw(st.none() | st.just("Sales Hub")),
            )
        )
    return tuple(found)


POLICIES = st.builds(
    Policy,
    deactivated=st.none() | LEAVING,
    deleted=st.none() | LEAVING,
    strip_to=SETS,
    email_from=st.sampled_from(EmailSource),
    welcome_email=st.booleans(),
    match_role_names=st.booleans(),
    default_permission_set=st.none() | SETS,
    domains=st.sampled_from([(), ("acme.example",), ("b.example", "a.example")]),
    create_users=st.booleans(),
    deletion_threshold=st.none() | st.integers(0, 100),
    crm_attributes=st.sampled_from([(), ("phone",), ("job_title", "language")]),
    drift=st.sampled_from([{}, {CHOSEN[0].value: DriftPolicy.ENFORCE}]),
)
PROTECTED = st.lists(
    st.builds(
        Protection,
        TEXT.map(lambda text: f"{text}@acme.example"),
        TEXT,
        st.none() | st.integers(0, 4_000).map(lambda days: days * DAY) | st.integers(0, 4_000_000_000_000),
    ),
    max_size=3,
)
CONFIGURATIONS = st.builds(
    Configuration,
    policy=POLICIES,
    rules=rules(),
    privileged=st.frozensets(SETS),
    protected=PROTECTED.map(protections),
    notices=st.frozensets(st.tuples(st.sampled_from(["email", "webhook"]), TEXT), max_size=3),
)


@given(CONFIGURATIONS)
def test_what_is_exported_is_applied_as_it_was(configuration: Configuration) -> None:
    applied = configuration_of(document_of(configuration, ACCOUNT), Configuration(), ACCOUNT)

    assert configuration.content() == applied.content()


@given(CONFIGURATIONS, CONFIGURATIONS)
def test_there_are_changes_where_and_only_where_the_content_differs(
    one: Configuration, other: Configuration
) -> None:
    differs = one.content() != other.content()

    assert differs is bool(changes_between(one, other, ACCOUNT))
    assert [] == changes_between(one, one, ACCOUNT)


@given(CONFIGURATIONS, CONFIGURATIONS)
def test_a_rule_that_stays_keeps_its_id(one: Configuration, other: Configuration) -> None:
    applied = configuration_of(document_of(one, ACCOUNT), other, ACCOUNT)
    again = configuration_of(document_of(one, ACCOUNT), applied, ACCOUNT)

    assert applied.rules == again.rules
    assert len({rule.id for rule in applied.rules}) == len(applied.rules)
