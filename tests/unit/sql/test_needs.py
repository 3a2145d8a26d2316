"""Commands of one kind are asked at once for what they need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from syncline.sql.rows import Need, Needs, Rows, needs_of
from tests.support.ledger_tables import TENANT, Do, accounts

BY_ID = ("tenant_id", "id")


class Crowd:
    """A command whose kind is asked for all; `asked` keeps of how many at a time."""

    asked: list[int]

    def __init__(self, name: str) -> None:
        self.name = name

    def prefetch(self) -> Iterable[Needs]:
        return self.prefetch_all((self,))

    @classmethod
    def prefetch_all(cls, commands: Sequence[Crowd]) -> Iterable[Needs]:
        cls.asked.append(len(commands))
        return [Needs(accounts, BY_ID, [(TENANT, each.name) for each in commands])]

    def apply(self, rows: Rows) -> Any:
        return rows.get(accounts, TENANT, self.name)


def test_a_kind_is_asked_once_for_all_its_commands_whoever_stands_between_them() -> None:
    Crowd.asked = []
    single = Need(accounts, BY_ID, (TENANT, "x"))
    needs = needs_of([Crowd("a"), Do(lambda _rows: None, [single]), Crowd("b")])
    assert [2] == Crowd.asked
    assert [((TENANT, "a"), (TENANT, "b")), ((TENANT, "x"),)] == [tuple(need.many) for need in needs]
