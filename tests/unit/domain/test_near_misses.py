from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.gateway.domain.near_misses import MAX_LENGTH, nearest

from .builders import unhurried


@pytest.mark.parametrize(
    ("role", "meant"),
    [
        ("manager", "Manager"),
        ("MANAGER", "Manager"),
        (" Manager", "Manager"),
        ("Man ager", "Manager"),
        ("Mangaer", "Manager"),
        ("Managers", "Manager"),
        ("Managr", "Manager"),
        ("Menacer", "Manager"),
        ("ops", "Ops"),
    ],
)
def test_a_role_close_to_a_name_is_near(role: str, meant: str) -> None:
    assert meant == nearest(role, ("Standard User", "Manager", "Ops"))


@pytest.mark.parametrize("role", ["Manager", "Menacers", "Mgr", "", "   ", "Opts", "Standard", "Boss"])
def test_a_role_that_is_equal_or_too_far_is_not_near(role: str) -> None:
    assert nearest(role, ("Standard User", "Manager", "Ops")) is None


def test_names_of_four_characters_differ_too_easily_to_be_near() -> None:
    assert nearest("Salt", ("Sale",)) is None


def test_the_nearest_wins_and_then_the_first() -> None:
    assert nearest("Marketin", ("Marketeers", "Marketing")) == "Marketing"
    assert nearest("Sales A", ("Sales B", "Sales C")) == "Sales B"


def test_very_long_names_are_compared_only_for_sameness() -> None:
    long = "a" * (MAX_LENGTH + 1)

    assert nearest(long + "b", (long,)) is None
    assert long == nearest(long.upper(), (long,))


@unhurried
@given(st.text(alphabet="abcd", max_size=9), st.text(alphabet="abcd", max_size=9))
def test_the_narrow_band_agrees_with_the_whole_table_of_edit_distances(one: str, other: str) -> None:
    near = one != other and min(len(one), len(other)) >= 5 and _edits(one, other) <= 2

    assert (other if near else None) == nearest(one, (other,))


def _edits(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for line, letter in enumerate(one, start=1):
        before, row = row, [line]
        for column, wanted in enumerate(other, start=1):
            row.append(min(before[column - 1] + (letter != wanted), before[column] + 1, row[-1] + 1))
    return row[-1]
