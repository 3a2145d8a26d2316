"""Filters: the hard cases of the filter group, and what identity providers send."""

from __future__ import annotations

import time

import pytest

from syncline.scim.errors import InvalidFilter
from syncline.scim.filter import Equality, attributes_used, equalities, parse_filter
from syncline.scim.schemas import GROUP, USER
from tests.unit.scim.samples import CORE, ENTERPRISE, REFUSAL, attempt, entra_user, matches, read_user, user

ADELE = read_user(
    entra_user(
        emails=[
            {"type": "work", "value": "adele.vance@contoso.example", "primary": True},
            {"type": "home", "value": "Adele@Home.example"},
        ],
        roles=["Sales User"],
        **{ENTERPRISE: {"department": "Retail", "employeeNumber": "1001", "manager": {"value": "m-1"}}},
    )
) | {
    "id": "u-1",
    "groups": [{"value": "g-1", "display": "Sales"}],
    "meta": {
        "resourceType": "User",
        "created": "2026-11-01T10:00:00Z",
        "lastModified": "2026-11-21T12:00:00.500+02:00",
    },
}

HOLDS = [
    'userName eq "adele.vance@contoso.example"',
    'userName eq "ADELE.VANCE@CONTOSO.EXAMPLE"',
    'USERNAME EQ "adele.vance@contoso.example"',
    'userName eq "adele.vance\uff20contoso.example"',
    "userName eq adele.vance@contoso.example",
    f'{CORE}:userName sw "adele"',
    f'{CORE.upper()}:username ew "EXAMPLE"',
    'userName co "."',
    'externalId eq "6f9619ff-8b86-d011-b42d-00cf4fc964ff"',
    "externalId eq 6f9619ff-8b86-d011-b42d-00cf4fc964ff",
    'id eq "u-1"',
    'id eq "u-1" and urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "m-1"',
    'manager.value eq "m-1"',
    f'{ENTERPRISE}:department eq "retail"',
    f"{ENTERPRISE}:department pr",
    "employeeNumber eq 1001",
    'emails[type eq "work" and value co "@contoso"]',
    'emails[type eq "work"].value eq "ADELE.vance@contoso.example"',
    'emails[TYPE eq "work"].VALUE eq adele.vance@contoso.example',
    'emails[type eq "work"].primary eq "True"',
    'emails eq "adele@home.example"',
    'emails co "home"',
    'emails.value eq "adele@home.example"',
    'emails.type eq "work" and emails.type eq "home"',
    'emails[type eq "work"] and emails[type eq "home"]',
    'emails[not (type eq "work")]',
    "emails[primary eq true]",
    'roles[value eq "Sales User"]',
    'not (emails[type eq "home" and value co "contoso"])',
    'not (title eq "x")',
    'not (not (title eq "Retail Manager"))',
    'title eq "x" or title eq "y" or title sw "RETAIL"',
    'title eq "Retail Manager" or title eq "b" and title eq "c"',
    '(title eq "a" or title eq "Retail Manager") and active eq true',
    "active eq true",
    'active eq "True"',
    "active ne false",
    'active eq true and (meta.lastModified ge "2026-11-21T10:00:00Z" and meta.lastModified lt "2026-11-21T10:00:01Z")',
    'meta.lastModified eq "2026-11-21T10:00:00.500Z"',
    "meta.created lt 2026-11-01T12:00:01+02:00",
    'meta.resourceType eq "User"',
    "title pr",
    "name pr",
    "name.familyName pr and not (name.middleName pr)",
    "nickName eq null",
    "title ne null",
    'nickName ne "x"',
    'groups.value eq "g-1"',
    'groups eq "g-1"',
    'groups[display eq "sales"]',
    'title gt "retail" and title le "Retail manager"',
    f'schemas eq "{ENTERPRISE}"',
    'userName eq "adele.vance@contoso.example" &',
    'userName eq "adele.vance@contoso.example"?',
    'preferredLanguage eq "en\\u002dUS"',
    "((((title pr))))",
    " title   pr\t",
    'not(title eq "x")and(title pr)',
]

FAILS = [
    'userName eq "adele"',
    'userName eq ""',
    'externalId eq "6F9619FF-8B86-D011-B42D-00CF4FC964FF"',
    'roles eq "sales user"',
    'id eq "U-1"',
    'emails[type eq "work" and value co "home"]',
    'emails[type eq "home"].value eq "adele.vance@contoso.example"',
    'emails[type eq "other"].value pr',
    'not (emails.type eq "home")',
    'title co "%"',
    'title co "_etail"',
    'title eq "Retail Manager" and title eq "b" or title eq "c"',
    "active eq false",
    'active eq "False"',
    "nickName pr",
    'nickName eq "x"',
    'nickName gt "a"',
    "entitlements pr",
    "title eq null",
    "nickName ne null",
    'meta.created gt "2026-11-01T12:00:01+02:00"',
    'groups.value eq "g-2"',
    'name.givenName eq "Vance"',
]

REFUSED = [
    "",
    "   ",
    "title",
    "title eq",
    'title eqq "x"',
    'userName eqq "x"',
    'eq "x"',
    'title eq "x" and',
    'title eq "x" or or title pr',
    'and title eq "x"',
    'title eq "x" title eq "y"',
    'title eq "x',
    'title eq "x\\"',
    'title eq "\\q"',
    'title eq "\\ud800"',
    'title eq "\\u0000"',
    'title eq "a\x00b"',
    'title eq "\ud800"',
    '(title eq "x"',
    'title eq "x")',
    "()",
    "not title pr",
    "not ()",
    "emails[]",
    "emails[type eq]",
    'emails[type eq "work"',
    'emails[type eq "work"]]',
    'emails[type eq "work"].',
    'emails[type eq "work"].value',
    'emails[type eq "work"].nosuch eq "x"',
    'emails[nosuch eq "x"]',
    'emails[emails[type eq "work"]]',
    'emails[type eq "a"][type eq "b"]',
    'emails.value[type eq "work"]',
    'title[value eq "x"]',
    'nosuch eq "x"',
    'title eq "a" and nosuch eq "b"',
    "name.nosuch pr",
    'name eq "x"',
    'addresses eq "x"',
    f'{CORE} eq "x"',
    f"{ENTERPRISE} pr",
    '__class__ eq "x"',
    'meta.__class__ eq "x"',
    'password eq "x"',
    'password sw "S3"',
    "password pr",
    'not (PassWord eq "x")',
    f'{CORE}:password eq "x"',
    'title eq "a" or password eq "x"',
    "active gt true",
    'active co "t"',
    'active eq "yes"',
    "active eq 1",
    'meta.created gt "yesterday"',
    "meta.created gt 5",
    "title gt null",
    'title eq ("x")',
    'title "x" eq',
    '"title" eq "x"',
    'title eq "x" ; title pr',
]


@pytest.mark.parametrize("text", HOLDS)
def test_the_filter_holds(text: str) -> None:
    assert matches(text, ADELE)


@pytest.mark.parametrize("text", FAILS)
def test_the_filter_does_not_hold(text: str) -> None:
    assert not matches(text, ADELE)


@pytest.mark.parametrize("text", REFUSED)
def test_the_filter_is_refused(text: str) -> None:
    with pytest.raises(InvalidFilter):
        parse_filter(text, USER)


def test_a_deactivated_user_is_found_like_any_other() -> None:
    assert matches('userName eq "bob@corp.example"', user(active=False))


def test_a_value_with_quotes_and_backslashes_is_unescaped() -> None:
    assert matches('title eq "a \\"b\\" \\\\ c"', user(title='a "b" \\ c'))


def test_an_empty_text_is_not_present() -> None:
    assert not matches("title pr", user(title=""))


def test_a_group_is_found_by_member_or_name() -> None:
    group = {"displayName": "Sales Team", "members": [{"value": "u1"}, {"value": "u2"}]}

    assert matches('displayName eq "sales team" and members[value eq "u2"]', group, GROUP)
    assert not matches('members.value eq "u3"', group, GROUP)
    assert not matches('members.value eq "U1"', group, GROUP)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('userName eq "Bob"', [Equality("userName", "Bob")]),
        ("username eq bob", [Equality("userName", "bob")]),
        (
            'emails[type eq "work"].value eq "x"',
            [Equality("emails.type", "work"), Equality("emails.value", "x")],
        ),
        ('emails eq "x"', [Equality("emails.value", "x")]),
        (
            f'id eq "u" and {ENTERPRISE}:manager eq "m"',
            [Equality("id", "u"), Equality(f"{ENTERPRISE}:manager.value", "m")],
        ),
        (
            'userName eq "a" and (externalId eq "b" and active eq "True")',
            [
                Equality("userName", "a"),
                Equality("externalId", "b"),
                Equality("active", True),
            ],
        ),
        ('userName eq "a" or externalId eq "b"', []),
        ('not (userName eq "a")', []),
        ('userName sw "a"', []),
        ("userName eq null", []),
        ('title pr and (userName eq "a" or title pr) and externalId eq "b"', [Equality("externalId", "b")]),
    ],
)
def test_only_comparisons_that_must_hold_are_offered_for_look_ups(
    text: str, expected: list[Equality]
) -> None:
    assert expected == equalities(parse_filter(text, USER))


def test_the_attributes_a_filter_needs_are_told() -> None:
    text = (
        f'groups.value eq "g" and (meta.created pr or not (emails[type eq "x"])) and {ENTERPRISE}:division pr'
    )

    assert frozenset({"groups", "meta", "emails", ENTERPRISE}) == attributes_used(parse_filter(text, USER))


def test_equal_filters_are_equal_values() -> None:
    assert parse_filter('USERNAME eq "a"', USER) == parse_filter("userName EQ a", USER)


def test_fifty_comparisons_are_read_and_fifty_one_refused() -> None:
    term = 'title eq "a"'

    assert not matches(" or ".join([term] * 50), ADELE)
    with pytest.raises(InvalidFilter):
        parse_filter(" or ".join([term] * 51), USER)


def test_twenty_brackets_are_read_and_twenty_one_refused() -> None:
    assert matches("(" * 20 + "title pr" + ")" * 20, ADELE)
    assert matches("not(" * 20 + "title pr" + ")" * 20, ADELE)
    with pytest.raises(InvalidFilter):
        parse_filter("(" * 21 + "title pr" + ")" * 21, USER)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "not(" * 100_000,
        "not (" * 800,
        "(" * 4_096,
        "[" * 4_000,
        "emails[" * 500,
        '"' + "a" * 4_000,
        '"' + "\\" * 4_001,
        " " * 4_095 + '"',
        "a" * 4_096,
        'title eq "a" and ' * 240,
        "title pr or " * 300,
        "userName eq " + "\\" * 4_000,
        "x." * 2_000,
        'title eq "' + "\u0300\u0316" * 2_000 + '"',
    ],
    ids=lambda text: f"{text[:12]!r}x{len(text)}",
)
def test_hostile_filters_are_settled_within_fifty_milliseconds(text: str) -> None:
    started = time.process_time()
    assert attempt(lambda: matches(text, ADELE)) in (True, False, REFUSAL)

    assert time.process_time() - started < 0.05


def test_the_time_to_read_a_filter_grows_with_its_length_alone() -> None:
    def seconds(length: int) -> float:
        text = 'title eq "' + "a\\n" * (length // 3)
        started = time.process_time()
        for _ in range(50):
            with pytest.raises(InvalidFilter):
                parse_filter(text, USER)
        return time.process_time() - started

    assert seconds(4_000) < 20 * max(seconds(400), 0.001)
