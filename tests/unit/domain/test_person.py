from __future__ import annotations

from typing import Any

import pytest

from syncline.gateway.domain.person import (
    GroupRef,
    choose_email,
    email_domain,
    email_key,
    person_from,
)
from syncline.gateway.domain.tenant import EmailSource

USER_NAME, WORK = EmailSource.USER_NAME, EmailSource.WORK
MANGLED = "0123456789abcdef0123456789ABCDEFada@example.com"


def test_a_person_is_read_from_the_scim_user() -> None:
    resource = {
        "userName": "Ada@example.com",
        "name": {"givenName": " Ada ", "familyName": "Byron"},
        "active": False,
        "roles": [{"value": "Manager"}, {"value": "Sales User", "primary": True}, {"value": "Manager"}],
    }

    person = person_from("u1", resource, [GroupRef("g1", "All")], USER_NAME)

    assert (person.id, person.user_name, person.email) == ("u1", "Ada@example.com", "Ada@example.com")
    assert (person.given_name, person.family_name, person.active) == ("Ada", "Byron", False)
    assert (("Manager", "Sales User"), (GroupRef("g1", "All"),)) == (person.roles, person.groups)


def test_a_user_without_active_name_and_roles_is_active_and_has_none() -> None:
    person = person_from("u1", {"userName": "ada@example.com"}, [], USER_NAME)

    assert (person.active, person.given_name, person.family_name, person.roles) == (True, None, None, ())


def test_a_blank_name_is_no_name() -> None:
    assert person_from("u1", {"userName": "x", "name": {"givenName": "  "}}, [], USER_NAME).given_name is None


@pytest.mark.parametrize(
    "user_name",
    [
        "",
        "   ",
        "ada",
        "ada@",
        "@example.com",
        "ada@example",
        "ada@example.",
        "a da@example.com",
        "a@b@example.com",
        "a,b@example.com",
        "<a@example.com>",
        "ada@exa\nmple.com",
        "ada@exa\x00mple.com",
        f"{'x' * 65}@example.com",
        f"ada@{'a' * 250}.com",
    ],
)
def test_what_is_no_address_is_not_delivered_and_told(user_name: str) -> None:
    choice = choose_email({"userName": user_name}, USER_NAME)

    assert (choice.email, choice.mangled) == (None, False)
    assert choice.problem is not None


def test_spaces_around_an_address_are_not_part_of_it() -> None:
    assert choose_email({"userName": " ada@example.com\n"}, USER_NAME).email == "ada@example.com"


@pytest.mark.parametrize("user_name", [MANGLED, MANGLED.upper()])
def test_entras_soft_delete_name_is_recognised_and_never_an_address(user_name: str) -> None:
    choice = choose_email({"userName": user_name}, USER_NAME)

    assert (choice.email, choice.mangled) == (None, True)


def test_an_address_that_is_only_32_hexadecimal_digits_is_somebodys() -> None:
    address = "0123456789abcdef0123456789abcdef@example.com"

    assert address == choose_email({"userName": address}, USER_NAME).email


@pytest.mark.parametrize("user_name", ["ａda@example.com", "adaı@example.com", "ada@exßample.com"])
def test_an_address_that_would_pass_for_another_is_not_delivered(user_name: str) -> None:
    assert choose_email({"userName": user_name}, USER_NAME).email is None


def test_an_address_with_letters_of_its_own_is_delivered() -> None:
    assert choose_email({"userName": "adä@exämple.com"}, USER_NAME).email == "adä@exämple.com"


@pytest.mark.parametrize(
    ("emails", "expected"),
    [
        (
            [{"type": "work", "value": "w@example.com"}, {"type": "home", "value": "h@example.com"}],
            "w@example.com",
        ),
        ([{"type": "Work", "value": " w@example.com "}], "w@example.com"),
        (
            [
                {"type": "work", "value": "a@example.com"},
                {"type": "work", "value": "b@example.com", "primary": True},
            ],
            "b@example.com",
        ),
        ([{"type": "home", "value": "h@example.com", "primary": True}], None),
        ([{"type": "work"}], None),
        ([], None),
        (None, None),
    ],
)
def test_the_work_address_is_the_one_of_type_work_and_never_guessed(
    emails: Any, expected: str | None
) -> None:
    assert expected == choose_email({"userName": "ada@example.com", "emails": emails}, WORK).email


def test_a_person_without_an_address_says_why() -> None:
    person = person_from("u1", {"userName": "ada"}, [], WORK)

    assert (person.email, person.email_problem) == (None, "The work e-mail is missing.")


def test_addresses_are_compared_without_case() -> None:
    assert email_key("Ada@Example.com") == email_key("ada@EXAMPLE.com")
    assert email_domain("Ada@Example.com") == "example.com"
