"""What every implementation of Rows promises: SQLite, PostgreSQL and dicts give the same answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from syncline.sql.errors import RowConflict, RowMissing, WrongColumns
from syncline.sql.rows import Need, Needs, Rows
from tests.support.ledger_tables import TENANT, Book, Broke, Do, OpenAccount, accounts, entries
from tests.support.ledger_worlds import World


def account(account_id: str, name: str, **changes: Any) -> dict[str, Any]:
    blank = {"tenant_id": TENANT, "external_id": None, "balance": 0, "active": True}
    return {**blank, "id": account_id, "name": name, **changes}


def kinds(outcomes: list[Any]) -> list[Any]:
    """Return results as they are and exceptions by their class."""
    return [type(outcome) if isinstance(outcome, Exception) else outcome for outcome in outcomes]


async def names(world: World) -> dict[str, str]:
    return {row["id"]: row["name"] for row in await world.all(accounts)}


async def test_a_row_that_is_not_there_is_none(world: World) -> None:
    assert await world.submit(Do(lambda rows: rows.get(accounts, TENANT, "a"))) is None


async def test_an_inserted_row_is_got_with_its_defaults(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna"))
    assert account("a", "Anna") == await world.submit(Do(lambda rows: rows.get(accounts, TENANT, "a")))
    assert [account("a", "Anna")] == await world.all(accounts)


async def test_a_row_is_found_by_a_declared_look_up_in_any_order_of_its_columns(world: World) -> None:
    await world.together(OpenAccount("a", "Anna"), OpenAccount("b", "Bert"))
    expected = [account("b", "Bert")]
    assert expected == await world.submit(Do(lambda rows: rows.find(accounts, tenant_id=TENANT, name="Bert")))
    assert expected == await world.submit(Do(lambda rows: rows.find(accounts, name="Bert", tenant_id=TENANT)))


async def test_rows_are_found_by_a_prefix_of_the_key_in_key_order(world: World) -> None:
    await world.together(
        OpenAccount("c", "Cleo"), OpenAccount("a", "Anna"), OpenAccount("x", "Xeno", tenant_id="t2")
    )
    found = await world.submit(Do(lambda rows: rows.find(accounts, tenant_id=TENANT)))
    assert [row["id"] for row in found] == ["a", "c"]


async def test_rows_are_found_by_the_whole_key(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna"))
    found = await world.submit(Do(lambda rows: rows.find(accounts, tenant_id=TENANT, id="a")))
    assert [account("a", "Anna")] == found


async def test_nothing_is_found_by_none(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna", external_id=None))
    assert await world.submit(Do(lambda rows: rows.find(accounts, tenant_id=TENANT, external_id=None))) == []


async def test_nothing_is_found_by_none_where_it_was_asked_for_beforehand(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna", external_id=None))
    needs = [
        Need(accounts, ("tenant_id", "id"), (TENANT, "a")),
        Need(accounts, ("tenant_id", "external_id"), (TENANT, None)),
    ]

    assert [] == await world.submit(
        Do(lambda rows: rows.find(accounts, tenant_id=TENANT, external_id=None), needs)
    )


@pytest.mark.parametrize(
    "mistake",
    [
        lambda rows: rows.find(accounts, tenant_id=TENANT, balance=0),
        lambda rows: rows.find(accounts, id="a"),
        lambda rows: rows.get(accounts, TENANT),
        lambda rows: rows.delete(accounts, TENANT),
        lambda rows: rows.insert(accounts, {**account("b", "Bert"), "colour": "red"}),
        lambda rows: rows.update(accounts, (TENANT, "a"), colour="red"),
        lambda rows: rows.update(accounts, (TENANT, "a"), id="b"),
    ],
    ids=[
        "undeclared",
        "no-prefix",
        "short-get",
        "short-delete",
        "insert-column",
        "update-column",
        "update-key",
    ],
)
async def test_a_mistaken_call_is_refused_and_changes_nothing(world: World, mistake: Any) -> None:
    await world.submit(OpenAccount("a", "Anna"))
    with pytest.raises(WrongColumns):
        await world.submit(Do(mistake))
    assert [account("a", "Anna")] == await world.all(accounts)


ENTRY = ("tenant_id", "seq", "account_id", "amount")


def entry(seq: int, amount: int = 5) -> tuple[Any, ...]:
    return (TENANT, seq, "a", amount)


def appending(*listed: tuple[Any, ...]) -> Do:
    return Do(lambda rows: rows.append(entries, ENTRY, listed))


async def written(world: World) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in ENTRY) for row in await world.all(entries)]


async def test_what_is_appended_is_written(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna"))
    await world.together(appending(entry(2)), appending(entry(1), entry(4)), appending(entry(3)))
    assert [entry(1), entry(2), entry(3), entry(4)] == await written(world)


async def test_what_a_failing_command_appended_is_not_written(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna"))

    def append_and_fail(rows: Rows) -> None:
        rows.append(entries, ENTRY, [entry(2), entry(4)])
        raise Broke("on purpose")

    outcomes = await world.together(appending(entry(1)), Do(append_and_fail), appending(entry(3)))
    assert [None, Broke, None] == kinds(outcomes)
    assert [entry(1), entry(3)] == await written(world)


async def test_a_taken_key_of_an_appended_row_fails_only_the_guilty_of_a_batch(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna"))
    await world.submit(appending(entry(1)))
    outcomes = await world.together(appending(entry(3), entry(1, amount=9)), appending(entry(2)))
    assert [RowConflict, None] == kinds(outcomes)
    assert [entry(1), entry(2)] == await written(world)


@pytest.mark.parametrize("columns", [ENTRY[:3], (*ENTRY, "colour"), (*ENTRY[2:], *ENTRY[:2])])
async def test_only_whole_rows_are_appended(world: World, columns: tuple[str, ...]) -> None:
    with pytest.raises(WrongColumns):
        await world.submit(Do(lambda rows: rows.append(entries, columns, [entry(1)])))
    assert [] == await world.all(entries)


async def test_an_update_changes_only_the_named_columns(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna", external_id="x1"))
    await world.submit(Do(lambda rows: rows.update(accounts, (TENANT, "a"), name="Anne", active=False)))
    assert [account("a", "Anne", external_id="x1", active=False)] == await world.all(accounts)


async def test_an_update_to_what_is_there_already_changes_nothing(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna"))
    await world.submit(Do(lambda rows: rows.update(accounts, (TENANT, "a"), name="Anna")))
    assert [account("a", "Anna")] == await world.all(accounts)


async def test_updating_a_row_that_is_not_there_is_refused(world: World) -> None:
    with pytest.raises(RowMissing):
        await world.submit(Do(lambda rows: rows.update(accounts, (TENANT, "a"), name="Anne")))


async def test_a_deleted_row_is_gone(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna"))
    await world.submit(Do(lambda rows: rows.delete(accounts, TENANT, "a")))
    assert await world.all(accounts) == []


async def test_deleting_a_row_that_is_not_there_changes_nothing(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna"))
    await world.submit(Do(lambda rows: rows.delete(accounts, TENANT, "b")))
    assert [account("a", "Anna")] == await world.all(accounts)


async def test_a_command_sees_its_own_staged_writes(world: World) -> None:
    await world.together(OpenAccount("a", "Anna"), OpenAccount("b", "Bert"), OpenAccount("c", "Cleo"))

    def change(rows: Rows) -> list[Any]:
        rows.update(accounts, (TENANT, "a"), name="Zoe")
        rows.delete(accounts, TENANT, "b")
        rows.insert(accounts, account("d", "Dora"))
        changed = rows.get(accounts, TENANT, "a")
        return [
            changed and changed["name"],
            rows.get(accounts, TENANT, "b"),
            rows.find(accounts, tenant_id=TENANT, name="Anna"),
            [row["id"] for row in rows.find(accounts, tenant_id=TENANT, name="Zoe")],
            [row["id"] for row in rows.find(accounts, tenant_id=TENANT)],
        ]

    assert await world.submit(Do(change)) == ["Zoe", None, [], ["a"], ["a", "c", "d"]]


async def test_a_row_once_read_stays_as_it_was(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna"))

    def change(rows: Rows) -> Any:
        before = rows.get(accounts, TENANT, "a")
        rows.update(accounts, (TENANT, "a"), name="Zoe")
        return before

    assert account("a", "Anna") == await world.submit(Do(change))


async def test_a_row_handed_in_may_be_changed_by_its_owner_afterwards(world: World) -> None:
    row = account("a", "Anna")

    def change(rows: Rows) -> None:
        rows.insert(accounts, row)
        row["name"] = "Zoe"

    await world.submit(Do(change))
    assert await names(world) == {"a": "Anna"}


async def test_later_commands_of_a_batch_see_what_earlier_ones_staged(world: World) -> None:
    outcomes = await world.together(
        OpenAccount("a", "Anna"),
        Book("a", 1, 5),
        Book("a", 2, 7),
        Do(lambda rows: [row["amount"] for row in rows.find(entries, tenant_id=TENANT, account_id="a")]),
    )
    assert outcomes == ["a", 5, 12, [5, 7]]


async def test_results_come_in_the_order_of_submission(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna"))
    outcomes = await world.together(*(Book("a", number, 1) for number in range(100)))
    assert list(range(1, 101)) == outcomes


async def test_a_failing_command_leaves_nothing_behind(world: World) -> None:
    await world.together(OpenAccount("a", "Anna"), OpenAccount("b", "Bert"), Book("a", 1, 5))
    before = await world.all(accounts), await world.all(entries)

    def fail(rows: Rows) -> None:
        rows.insert(accounts, account("c", "Cleo"))
        rows.update(accounts, (TENANT, "c"), name="Carl")
        rows.update(accounts, (TENANT, "a"), balance=99)
        rows.update(accounts, (TENANT, "a"), name="Zoe")
        rows.delete(accounts, TENANT, "b")
        rows.insert(accounts, account("b", "Anna"))
        raise Broke("after all this")

    with pytest.raises(Broke):
        await world.submit(Do(fail))
    assert before == (await world.all(accounts), await world.all(entries))


async def test_a_failing_command_does_not_disturb_its_neighbours(world: World) -> None:
    outcomes = await world.together(
        OpenAccount("a", "Anna"),
        Book("a", 1, 5),
        Book("a", 2, -50),
        Do(lambda rows: [row["seq"] for row in rows.find(entries, tenant_id=TENANT, account_id="a")]),
        Book("a", 2, 1),
        Do(lambda rows: [row["seq"] for row in rows.find(entries, tenant_id=TENANT, account_id="a")]),
    )
    assert ["a", 5, Broke, [1], 6, [1, 2]] == kinds(outcomes)
    assert [row["seq"] for row in await world.all(entries)] == [1, 2]


async def test_a_row_that_a_failed_command_hid_is_found_again(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna", external_id="x1"))

    def hide(rows: Rows) -> None:
        rows.insert(accounts, account("a", "Zoe", external_id="x1"))  # clashes with what nobody has read
        rows.find(accounts, tenant_id=TENANT, external_id="x1")
        raise Broke("now forget it")

    outcomes = await world.together(
        Do(hide), Do(lambda rows: rows.find(accounts, tenant_id=TENANT, external_id="x1"))
    )
    assert [account("a", "Anna", external_id="x1")] == outcomes[1]


async def test_a_taken_name_fails_only_the_guilty_of_a_batch(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna"))
    outcomes = await world.together(
        OpenAccount("b", "Bert"), OpenAccount("c", "Anna"), OpenAccount("d", "Dora"), OpenAccount("e", "Bert")
    )
    assert ["b", RowConflict, "d", RowConflict] == kinds(outcomes)
    assert await names(world) == {"a": "Anna", "b": "Bert", "d": "Dora"}


async def test_a_taken_key_fails_only_the_guilty_of_a_batch(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna"))
    outcomes = await world.together(
        OpenAccount("b", "Bert"), OpenAccount("a", "Alma"), OpenAccount("b", "Ben")
    )
    assert ["b", RowConflict, RowConflict] == kinds(outcomes)
    assert await names(world) == {"a": "Anna", "b": "Bert"}


async def test_an_update_to_a_taken_name_fails_alone(world: World) -> None:
    await world.together(OpenAccount("a", "Anna"), OpenAccount("b", "Bert"))
    outcomes = await world.together(
        Do(lambda rows: rows.update(accounts, (TENANT, "b"), name="Anna")), OpenAccount("c", "Cleo")
    )
    assert [RowConflict, "c"] == kinds(outcomes)
    assert await names(world) == {"a": "Anna", "b": "Bert", "c": "Cleo"}


async def test_a_missing_value_fails_only_its_own_command(world: World) -> None:
    nameless = {"tenant_id": TENANT, "id": "b"}
    outcomes = await world.together(
        OpenAccount("a", "Anna"), Do(lambda rows: rows.insert(accounts, nameless)), OpenAccount("c", "Cleo")
    )
    assert ["a", RowConflict, "c"] == kinds(outcomes)
    assert await names(world) == {"a": "Anna", "c": "Cleo"}


async def test_a_conflict_names_the_table_and_no_value(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna"))
    with pytest.raises(RowConflict) as caught:
        await world.submit(OpenAccount("b", "Anna"))
    assert caught.value.table == "accounts"
    assert "Anna" not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"


async def test_several_rows_may_lack_what_else_is_unique(world: World) -> None:
    await world.together(OpenAccount("a", "Anna"), OpenAccount("b", "Bert"))
    assert [row["external_id"] for row in await world.all(accounts)] == [None, None]


async def test_a_name_is_free_once_its_owner_is_deleted_or_renamed(world: World) -> None:
    await world.together(OpenAccount("a", "Anna"), OpenAccount("b", "Bert"))

    def take_over(rows: Rows) -> None:
        rows.delete(accounts, TENANT, "a")
        rows.update(accounts, (TENANT, "b"), name="Ben")
        rows.insert(accounts, account("c", "Anna"))
        rows.insert(accounts, account("d", "Bert"))

    await world.submit(Do(take_over))
    assert await names(world) == {"b": "Ben", "c": "Anna", "d": "Bert"}


async def test_names_swapped_by_three_commands_of_one_batch_arrive_swapped(world: World) -> None:
    await world.together(OpenAccount("a", "Anna"), OpenAccount("b", "Bert"))
    outcomes = await world.together(
        Do(lambda rows: rows.update(accounts, (TENANT, "a"), name="between")),
        Do(lambda rows: rows.update(accounts, (TENANT, "b"), name="Anna")),
        Do(lambda rows: rows.update(accounts, (TENANT, "a"), name="Bert")),
    )
    assert outcomes == [None, None, None]
    assert await names(world) == {"a": "Bert", "b": "Anna"}


async def test_names_swapped_by_one_command_arrive_swapped(world: World) -> None:
    await world.together(OpenAccount("a", "Anna"), OpenAccount("b", "Bert"))

    def swap(rows: Rows) -> None:
        rows.update(accounts, (TENANT, "a"), name="between")
        rows.update(accounts, (TENANT, "b"), name="Anna")
        rows.update(accounts, (TENANT, "a"), name="Bert")

    await world.submit(Do(swap))
    assert await names(world) == {"a": "Bert", "b": "Anna"}


async def test_a_command_refused_halfway_leaves_nothing_behind(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna"))

    def two(rows: Rows) -> None:
        rows.insert(accounts, account("b", "Bert"))
        rows.insert(accounts, account("c", "Anna"))

    outcomes = await world.together(Do(two), OpenAccount("d", "Dora"))
    assert kinds(outcomes) == [RowConflict, "d"]
    assert await names(world) == {"a": "Anna", "d": "Dora"}


async def test_a_row_deleted_and_made_again_is_the_new_one(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna", external_id="x1"))

    def renew(rows: Rows) -> None:
        rows.delete(accounts, TENANT, "a")
        rows.insert(accounts, account("a", "Alma"))

    await world.submit(Do(renew))
    assert [account("a", "Alma")] == await world.all(accounts)


async def test_a_row_made_and_deleted_in_one_command_was_never_there(world: World) -> None:
    def flicker(rows: Rows) -> None:
        rows.insert(accounts, account("a", "Anna"))
        rows.delete(accounts, TENANT, "a")

    await world.submit(Do(flicker))
    assert await world.all(accounts) == []


async def test_parents_and_children_are_written_in_one_command(world: World) -> None:
    def open_with_entry(rows: Rows) -> None:
        rows.insert(accounts, account("a", "Anna"))
        rows.insert(entries, {"tenant_id": TENANT, "seq": 1, "account_id": "a", "amount": 5})

    def close(rows: Rows) -> None:
        rows.delete(entries, TENANT, 1)
        rows.delete(accounts, TENANT, "a")

    await world.submit(Do(open_with_entry))
    assert len(await world.all(entries)) == 1
    await world.submit(Do(close))
    assert await world.all(accounts) + await world.all(entries) == []


async def test_of_fifty_equal_inserts_at_once_one_succeeds(world: World) -> None:
    commands = [OpenAccount(str(number), "Anna") for number in range(50)]
    outcomes = await asyncio.gather(*(world.submit(command) for command in commands), return_exceptions=True)
    assert {RowConflict: 49, str: 1} == {
        kind: [type(outcome) for outcome in outcomes].count(kind) for kind in (RowConflict, str)
    }
    assert len(await world.all(accounts)) == 1


async def test_needs_of_every_shape_are_loaded(world: World) -> None:
    await world.together(
        OpenAccount("a", "Anna", external_id="x1"), OpenAccount("b", "Bert"), Book("a", 1, 5)
    )

    def read(rows: Rows) -> list[int]:
        return [
            len(rows.find(accounts, tenant_id=TENANT)),
            len(rows.find(accounts, tenant_id=TENANT, external_id="x1")),
            len(rows.find(entries, tenant_id=TENANT, account_id="a")),
            len(rows.find(entries, tenant_id=TENANT, account_id="b")),
        ]

    needs = [
        Need(accounts, ("tenant_id",), (TENANT,)),
        Need(accounts, ("tenant_id",), ("t2",)),
        Need(accounts, ("tenant_id", "external_id"), (TENANT, "x1")),
        Need(accounts, ("tenant_id", "external_id"), (TENANT, None)),
        Need(entries, ("tenant_id", "account_id"), (TENANT, "a")),
        Need(entries, ("tenant_id", "account_id"), (TENANT, "b")),
    ]
    assert await world.submit(Do(read, needs)) == [2, 1, 1, 0]


@dataclass(frozen=True)
class Balance:
    """Reads the balance of an account; many are asked for what they need at once, one by himself not."""

    account_id: str

    def prefetch(self) -> Iterable[Needs]:
        return self.prefetch_all((self,))

    @classmethod
    def prefetch_all(cls, commands: Sequence[Balance]) -> Iterable[Needs]:
        if any(each.account_id == "" for each in commands):
            raise Broke("Whose balance?")
        return [Needs(accounts, ("tenant_id", "id"), [(TENANT, each.account_id) for each in commands])]

    def apply(self, rows: Rows) -> int:
        row = rows.get(accounts, TENANT, self.account_id)
        return -1 if row is None else int(row["balance"])


async def test_of_what_many_of_a_kind_need_each_gets_his_own(world: World) -> None:
    await world.together(OpenAccount("a", "Anna"), OpenAccount("b", "Bert"), Book("b", 1, 5))
    outcomes = await world.together(Balance("a"), OpenAccount("d", "Dora"), Balance("b"), Balance("c"))
    assert [0, "d", 5, -1] == outcomes


async def test_one_of_many_that_cannot_say_what_it_needs_fails_alone(world: World) -> None:
    await world.submit(OpenAccount("a", "Anna"))
    assert [0, Broke, -1] == kinds(await world.together(Balance("a"), Balance(""), Balance("c")))


async def test_a_command_that_cannot_say_what_it_needs_fails_alone(world: World) -> None:
    needs = [Need(accounts, ("balance",), (0,))]
    outcomes = await world.together(
        OpenAccount("a", "Anna"), Do(lambda rows: None, needs), OpenAccount("b", "Bert")
    )
    assert ["a", WrongColumns, "b"] == kinds(outcomes)
