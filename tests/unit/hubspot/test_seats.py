"""Seats at HubSpot: which version is asked, what is confirmed, and what its end may not be taken for."""

from __future__ import annotations

from dataclasses import replace

from syncline.gateway.domain.account import Seat
from syncline.gateway.domain.change import ChangeKind
from syncline.gateway.domain.delivery import Access
from syncline.gateway.hubspot.account import NO_SEATS, AccountReading, read_account
from syncline.gateway.hubspot.failures import FailureKind
from syncline.gateway.hubspot.outcome import Delivered, Failed
from tests.unit.hubspot.talking import (
    ACCOUNT,
    ADA,
    NOT_FOUND,
    answer,
    asked,
    carry_out,
    change,
    delivered,
    hold,
    refusal,
    user_body,
)

GA, BETA = "/settings/users/2026-03", "/settings/users/2026-09-beta"
DETAILS = answer(200, {"portalId": 4711, "accountType": "STANDARD", "timeZone": "Europe/Paris"})
NOTHING = answer(200, {"results": []})
SEATS = answer(
    200,
    {
        "results": [
            {"name": "Core", "description": "Edit access"},
            {"name": "Sales Hub", "description": "", "remainingSeats": 3},
        ]
    },
)
SELLER = replace(ADA, seat_names=("Sales Hub",))
GIVE = change(ChangeKind.UPDATE, seat_names=("Core", "Sales Hub"), access_after=Access.ACTIVE)
HOLDER = replace(ADA, seat_names=("Core",))


def test_seats_are_read_only_when_asked_for_and_then_with_their_holders() -> None:
    body = user_body(seatNames=["Sales Hub"])
    reading, calls = hold(
        read_account(seats=True), DETAILS, NOTHING, NOTHING, SEATS, answer(200, {"results": [body]}), NOTHING
    )

    assert isinstance(reading, AccountReading)
    assert (Seat("Core", "Edit access"), Seat("Sales Hub", "", 3)) == reading.account.seats
    assert (SELLER,) == reading.users
    assert [f"{BETA}/seats", BETA] == [calls[3].path, calls[4].path]

    reading, calls = hold(read_account(), DETAILS, NOTHING, NOTHING, NOTHING, NOTHING)
    assert isinstance(reading, AccountReading)
    assert reading.account.seats is None
    assert not any(BETA in call.path for call in calls)


def test_seats_that_cannot_be_seen_are_said_and_the_users_are_read_as_ever() -> None:
    for refused in (refusal(403, "Scopes.", "MISSING_SCOPES"), NOT_FOUND):
        reading, calls = hold(
            read_account(seats=True),
            DETAILS,
            NOTHING,
            NOTHING,
            refused,
            answer(200, {"results": []}),
            NOTHING,
        )

        assert isinstance(reading, AccountReading)
        assert reading.account.seats is None
        assert NO_SEATS in reading.missing
        assert GA == calls[4].path


def test_a_seat_goes_by_the_beta_with_everything_else_of_the_change() -> None:
    outcome, calls = delivered(GIVE, answer(200, user_body(seatNames=["Sales Hub", "Core"])), known=HOLDER)

    assert f"{BETA}/77" == calls[0].path
    assert {"seatNames": ["Core", "Sales Hub"]} == calls[0].body
    assert outcome.user is not None
    assert ("Core", "Sales Hub") == outcome.user.seat_names


def test_an_answer_that_is_silent_about_seats_confirms_what_was_asked() -> None:
    outcome, _ = delivered(GIVE, answer(200, user_body()), known=HOLDER)

    assert outcome.user is not None
    assert ("Core", "Sales Hub") == outcome.user.seat_names


def test_in_a_list_that_tells_seats_whoever_has_none_named_has_none() -> None:
    reading, _ = hold(
        read_account(seats=True),
        DETAILS,
        NOTHING,
        NOTHING,
        SEATS,
        answer(200, {"results": [user_body()]}),
        NOTHING,
    )

    assert isinstance(reading, AccountReading)
    assert ((),) == tuple(each.seat_names for each in reading.users)


def test_a_change_without_seats_goes_by_the_other_version_and_forgets_no_seat() -> None:
    plain = change(ChangeKind.UPDATE, first_name="Augusta", access_after=Access.ACTIVE)

    outcome, calls = delivered(plain, answer(200, user_body(firstName="Augusta")), known=HOLDER)

    assert f"{GA}/77" == calls[0].path
    assert outcome.user is not None
    assert ("Core",) == outcome.user.seat_names


def test_a_seat_that_the_answer_does_not_show_is_not_taken_for_given() -> None:
    outcome, _ = carry_out(GIVE, answer(200, user_body(seatNames=["Core"])), known=HOLDER)

    assert isinstance(outcome, Failed)
    assert ("NOT_CONFIRMED", FailureKind.RETRY) == (outcome.failure.code, outcome.failure.kind)


def test_the_end_of_the_beta_does_not_pass_for_the_person_being_gone() -> None:
    outcome, calls = carry_out(GIVE, NOT_FOUND, answer(200, user_body()), known=HOLDER)

    assert isinstance(outcome, Failed)
    assert "SEATS_UNAVAILABLE" == outcome.failure.code
    assert ["PUT users.update", "GET users.get"] == asked(calls)


def test_a_person_who_is_gone_is_gone_whatever_the_version() -> None:
    outcome, _ = carry_out(GIVE, NOT_FOUND, NOT_FOUND, known=HOLDER)

    assert isinstance(outcome, Failed)
    assert FailureKind.GONE is outcome.failure.kind


def test_stripping_takes_the_permission_set_first_and_by_the_version_that_stays() -> None:
    strip = change(ChangeKind.STRIP, permission_set_id="2", seat_names=(), access_after=Access.STRIPPED)
    outcome, calls = delivered(
        strip,
        answer(200, user_body(roleIds=["2"], roleId="2")),
        answer(200, user_body(roleIds=["2"], roleId="2", seatNames=[])),
        known=HOLDER,
    )

    assert [f"{GA}/77", f"{BETA}/77"] == [call.path for call in calls]
    assert [{"roleId": "2"}, {"seatNames": []}] == [call.body for call in calls]
    assert isinstance(outcome, Delivered)
    assert outcome.user is not None
    assert () == outcome.user.seat_names


def test_who_is_created_without_a_seat_is_known_to_hold_none_where_seats_are_watched() -> None:
    create = change(ChangeKind.CREATE, hubspot_id=None, access_after=Access.ACTIVE)
    watched = replace(ACCOUNT, seats=(Seat("Core"),))

    outcome, calls = delivered(create, answer(201, user_body()), known=None, account=watched)

    assert GA == calls[0].path
    assert outcome.user is not None
    assert () == outcome.user.seat_names
