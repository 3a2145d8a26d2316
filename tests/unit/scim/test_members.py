"""PATCH on groups: members as deltas."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.scim.errors import InvalidValue, Mutability, PayloadTooLarge, ScimError
from syncline.scim.members import MemberChange
from syncline.scim.patch import apply_patch, parse_patch
from syncline.scim.resource import Notes
from syncline.scim.schemas import GROUP
from tests.unit.scim.samples import GROUP_URN, group_patch, operation, operations, quick

ONE, TWO, THREE = ({"value": f"u{n}"} for n in (1, 2, 3))


def change(*operations: dict[str, Any]) -> MemberChange:
    found = group_patch(*operations).member_change
    assert found is not None
    return found


def delta(
    clear: bool = False, add: tuple[dict[str, Any], ...] = (), remove: tuple[str, ...] = ()
) -> MemberChange:
    return MemberChange(clear, {member["value"]: member for member in add}, frozenset(remove))


def test_members_are_added_without_what_is_null_or_ours_to_say() -> None:
    value = [
        {"$ref": None, "value": "u1"},
        {"$ref": "https://x.example/Users/u2", "value": "u2", "display": "Two"},
    ]

    assert delta(add=(ONE, {"value": "u2", "display": "Two"})) == change(operation("Add", "members", value))


@pytest.mark.parametrize("value", [[ONE], ONE, ["u1"], "u1"])
def test_one_member_is_added_or_removed_in_every_form(value: Any) -> None:
    assert delta(add=(ONE,)) == change(operation("add", "Members", value))
    assert delta(remove=("u1",)) == change(operation("Remove", "members", value))


def test_entra_removes_exactly_the_members_it_lists() -> None:
    assert delta(remove=("u1", "u2")) == change(operation("Remove", "members", [ONE, {**TWO, "$ref": None}]))


def test_removing_an_empty_list_removes_nobody() -> None:
    assert delta() == change(operation("Remove", "members", []))


def test_members_are_removed_by_value_filter() -> None:
    assert delta(remove=("u1",)) == change(operation("remove", 'members[value eq "u1"]'))
    assert delta(remove=("u1", "u2")) == change(
        operation("remove", 'members[value eq "u1" or value eq "u2"]')
    )
    assert delta(remove=("u1",)) == change(operation("remove", 'members[value eq "u1"]', None))


@pytest.mark.parametrize("value", [[], [ONE, TWO]])
def test_replace_is_the_whole_truth(value: list[dict[str, Any]]) -> None:
    assert delta(clear=True, add=tuple(value)) == change(operation("replace", "members", value))
    assert delta(clear=True, add=tuple(value)) == change(
        operation("replace", None, {"members": value, "id": "g"})
    )


def test_remove_without_value_empties_the_group() -> None:
    assert delta(clear=True) == change(operation("remove", "members"))


def test_a_rename_leaves_members_alone() -> None:
    patch = group_patch(operation("replace", None, {"id": "g", "displayName": "New"}))
    group = {"schemas": [GROUP_URN], "displayName": "Old"}

    assert patch.member_change is None
    assert {**group, "displayName": "New"} == apply_patch(GROUP, group, patch, Notes())


def test_null_members_beside_other_keys_leave_members_alone() -> None:
    assert (
        group_patch(operation("replace", None, {"displayName": "New", "members": None})).member_change is None
    )


@pytest.mark.parametrize("op", ["add", "replace"])
@pytest.mark.parametrize(
    "value", [None, [{}], [{"value": ""}], [{"value": None}], [{"display": "x"}], 7, [[]], {}]
)
def test_members_without_value_are_refused_not_read_as_nobody(op: str, value: Any) -> None:
    with pytest.raises(InvalidValue):
        group_patch(operation(op, "members", value))


@pytest.mark.parametrize("value", [[{}], [{"value": None}], {}, [""]])
def test_removing_members_without_value_is_refused_not_read_as_everybody(value: Any) -> None:
    with pytest.raises(ScimError):
        group_patch(operation("Remove", "members", value))


@pytest.mark.parametrize(
    "given",
    [
        operation("replace", 'members[value eq "u1"].value', "u2"),
        operation("replace", 'members[value eq "u1"].display', "x"),
        operation("remove", 'members[value eq "u1"].value'),
        operation("add", "members.value", "u1"),
        operation("replace", 'members[value eq "u1"]', {"value": "u2"}),
        operation("replace", 'members[display eq "x"]', {"value": "u2"}),
    ],
)
def test_a_member_is_immutable(given: dict[str, Any]) -> None:
    with pytest.raises(Mutability):
        group_patch(given)


def test_adding_at_a_value_filter_adds_that_member() -> None:
    expected = delta(add=({"value": "u1", "type": "User"},))

    assert expected == change(operation("add", 'members[value eq "u1"]', {"type": "User"}))
    assert expected == change(operation("replace", 'members[value eq "u1"]', {"value": "u1", "type": "User"}))


def test_a_null_at_a_value_filter_says_nothing() -> None:
    assert group_patch(operation("add", 'members[value eq "u1"]', None)).member_change is None


def test_operations_count_in_their_order() -> None:
    add, remove, replace = (
        operation("add", "members", [ONE]),
        operation("remove", "members", [ONE]),
        operation("replace", "members", [TWO]),
    )

    assert delta(remove=("u1",)) == change(add, remove)
    assert delta(add=(ONE,)) == change(remove, add)
    assert delta(clear=True, add=(TWO,)) == change(add, replace)
    assert delta(clear=True, add=(TWO, ONE)) == change(replace, add)
    assert delta(clear=True, add=(TWO,)) == change(replace, add, remove)


def test_adding_a_member_twice_merges_what_is_said_of_him() -> None:
    given = operation("add", "members", [ONE, {**ONE, "display": "One"}]), operation("add", "members", [ONE])

    assert delta(add=({"value": "u1", "display": "One"},)) == change(*given)


def test_a_member_who_is_there_is_not_duplicated_by_another_name() -> None:
    after = change(operation("add", "members", [{**ONE, "display": "New"}])).apply(
        [{**ONE, "display": "Old"}, TWO]
    )

    assert [{**ONE, "display": "New"}, TWO] == after


def test_removing_a_member_who_is_not_there_changes_nothing() -> None:
    assert [ONE] == change(operation("remove", 'members[value eq "u2"]')).apply([ONE])


def test_other_filters_need_the_present_members() -> None:
    patch = group_patch(
        operation("add", "members", [THREE]),
        operation("remove", 'members[display sw "T" or type eq "Group"]'),
        operation("replace", "displayName", "New"),
    )
    present = [{**ONE, "type": "Group"}, {**TWO, "display": "Two"}, {"value": "u4", "display": "Four"}]

    assert (True, None) == (patch.needs_members, patch.member_change)
    assert delta(add=(THREE,), remove=("u1", "u2")) == patch.resolve_members(present)


def test_comparisons_with_every_member_are_bounded() -> None:
    with pytest.raises(PayloadTooLarge):
        group_patch(*[operation("remove", 'members[display eq "x"]')] * 51)


def test_members_of_a_user_are_unknown_and_groups_of_a_group_too() -> None:
    notes = Notes()

    patch = parse_patch(GROUP, operations(operation("add", "groups", [ONE])), notes)

    assert ((), ["common:unknown-attribute"]) == (patch.changes, notes)


def test_adding_one_member_costs_the_same_in_a_group_of_any_size() -> None:
    patch = group_patch(operation("add", "members", [ONE]))
    group = {
        "schemas": [GROUP_URN],
        "displayName": "x",
        "members": [{"value": f"m{n}"} for n in range(100_000)],
    }

    started = time.process_time()
    for _ in range(1000):
        apply_patch(GROUP, group, patch, Notes())

    assert time.process_time() - started < 0.5


IDS = st.sampled_from(["a", "b", "c", "d", "e"])
LISTS = st.lists(IDS, max_size=4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), LISTS),
        st.tuples(st.just("remove"), LISTS),
        st.tuples(st.just("replace"), LISTS),
        st.tuples(st.just("filter"), IDS),
        st.tuples(st.just("clear"), st.none()),
        st.tuples(st.just("group"), st.none()),
    ),
    max_size=8,
)


def as_operation(kind: str, value: Any) -> dict[str, Any]:
    if kind == "filter":
        return operation("remove", f'members[value eq "{value}"]')
    if kind == "clear":
        return operation("remove", "members")
    if kind == "group":
        return operation("remove", 'members[type eq "Group"]')
    return operation(kind, "members", [{"value": member} for member in value])


def as_set(members: set[str], kind: str, value: Any, groups: set[str]) -> set[str]:
    """The same step on a plain set."""
    if kind == "add":
        return members | set(value)
    if kind == "remove":
        return members - set(value)
    if kind == "replace":
        return set(value)
    if kind == "filter":
        return members - {value}
    return set() if kind == "clear" else members - groups


@quick
@given(st.sets(IDS), STEPS)
def test_the_fold_of_all_operations_does_what_sets_do(
    present: set[str], steps: list[tuple[str, Any]]
) -> None:
    members = [{"value": member, "type": "Group" if member in "ab" else "User"} for member in sorted(present)]
    model = set(present)
    typed = {member for member in present if member in "ab"}
    for kind, value in steps:
        # Whoever leaves and comes back is named without type.
        after = as_set(model, kind, value, typed)
        typed &= after if kind != "replace" else set()
        model = after
    patch = group_patch(*[as_operation(kind, value) for kind, value in steps])

    resolved = patch.resolve_members(members)
    changes = [resolved] if patch.member_change is None else [resolved, patch.member_change]

    for found in changes:
        assert model == {member["value"] for member in found.apply(members)}
        assert not found.remove & found.add.keys()
