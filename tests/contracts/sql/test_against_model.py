"""Random batches of random commands: the Writer on SQLite, MemoryRows and a plain dict tell one story."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import select

from syncline.sql.engines import open_engine
from syncline.sql.errors import RowConflict, RowMissing
from syncline.sql.memory import MemoryRows
from syncline.sql.rows import Need, Rows
from syncline.sql.writer import Writer
from tests.support.examples import examples
from tests.support.ledger_tables import TENANT, Broke, accounts, metadata
from tests.support.ledger_worlds import forget_the_disk, submit_together

IDS = st.sampled_from(["a", "b", "c", "d"])
NAMES = st.sampled_from(["Anna", "Bert", "Cleo"])
EXTERNAL = st.sampled_from([None, "x1", "x2"])

STEPS = st.one_of(
    st.tuples(st.just("insert"), IDS, NAMES, EXTERNAL),
    st.tuples(st.just("rename"), IDS, NAMES),
    st.tuples(st.just("link"), IDS, EXTERNAL),
    st.tuples(st.just("pay"), IDS, st.integers(-3, 9)),
    st.tuples(st.just("delete"), IDS),
    st.tuples(st.just("get"), IDS),
    st.tuples(st.just("find"), NAMES),
    st.tuples(st.just("linked"), EXTERNAL),
    st.tuples(st.just("all")),
    st.tuples(st.just("fail")),
)
Step = tuple[Any, ...]


@dataclass(frozen=True)
class Script:
    """A command that takes steps one after the other and tells what it saw; a debt fails it."""

    steps: tuple[Step, ...]
    announced: bool

    def prefetch(self) -> list[Need]:
        if not self.announced:
            return []
        ids = {step[1] for step in self.steps if step[0] in ("insert", "rename", "pay", "get", "delete")}
        return [Need(accounts, ("tenant_id", "id"), (TENANT, each)) for each in ids]

    def apply(self, rows: Rows) -> list[Any]:
        return [_ON_ROWS[step[0]](rows, *step[1:]) for step in self.steps]


def insert_row(rows: Rows, key: str, name: str, external_id: str | None) -> None:
    # A careful command looks first: only then do all stores refuse at the same moment.
    rows.get(accounts, TENANT, key)
    rows.find(accounts, tenant_id=TENANT, name=name)
    rows.insert(accounts, {"tenant_id": TENANT, "id": key, "name": name, "external_id": external_id})


def rename(rows: Rows, key: str, name: str) -> None:
    rows.find(accounts, tenant_id=TENANT, name=name)
    rows.update(accounts, (TENANT, key), name=name)


def pay(rows: Rows, key: str, amount: int) -> int:
    row = rows.get(accounts, TENANT, key) or {"balance": 0}
    balance = int(row["balance"]) + amount
    rows.update(accounts, (TENANT, key), balance=balance)
    if balance < 0:
        raise Broke(key)
    return balance


def fail(_rows: Rows) -> None:
    raise Broke("on purpose")


_ON_ROWS: dict[str, Callable[..., Any]] = {
    "insert": insert_row,
    "rename": rename,
    "link": lambda rows, key, external_id: rows.update(accounts, (TENANT, key), external_id=external_id),
    "pay": pay,
    "delete": lambda rows, key: rows.delete(accounts, TENANT, key),
    "get": lambda rows, key: rows.get(accounts, TENANT, key),
    "find": lambda rows, name: rows.find(accounts, tenant_id=TENANT, name=name),
    "linked": lambda rows, external_id: rows.find(accounts, tenant_id=TENANT, external_id=external_id),
    "all": lambda rows: rows.find(accounts, tenant_id=TENANT),
    "fail": fail,
}


class Model:
    """The same story told over one dict, without a word of the code under test."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}

    def run(self, script: Script) -> Any:
        kept = {key: dict(row) for key, row in self.rows.items()}
        try:
            return [getattr(self, step[0])(*step[1:]) for step in script.steps]
        except (Broke, RowConflict, RowMissing) as error:
            self.rows = kept
            return type(error)

    def insert(self, key: str, name: str, external_id: str | None) -> None:
        if key in self.rows or self.find(name):
            raise RowConflict("taken")
        given = {"tenant_id": TENANT, "id": key, "name": name, "external_id": external_id}
        self.rows[key] = {**given, "balance": 0, "active": True}

    def rename(self, key: str, name: str) -> None:
        row = self._existing(key)
        if any(other["id"] != key for other in self.find(name)):
            raise RowConflict("taken")
        row["name"] = name

    def link(self, key: str, external_id: str | None) -> None:
        self._existing(key)["external_id"] = external_id

    def pay(self, key: str, amount: int) -> int:
        row = self._existing(key)
        row["balance"] += amount
        if row["balance"] < 0:
            raise Broke(key)
        return int(row["balance"])

    def delete(self, key: str) -> None:
        self.rows.pop(key, None)

    def get(self, key: str) -> dict[str, Any] | None:
        return dict(self.rows[key]) if key in self.rows else None

    def find(self, name: str) -> list[dict[str, Any]]:
        return [row for row in self.all() if row["name"] == name]

    def linked(self, external_id: str | None) -> list[dict[str, Any]]:
        return [row for row in self.all() if external_id is not None and row["external_id"] == external_id]

    def all(self) -> list[dict[str, Any]]:
        return [dict(self.rows[key]) for key in sorted(self.rows)]

    def fail(self) -> None:
        raise Broke("on purpose")

    def _existing(self, key: str) -> dict[str, Any]:
        if key not in self.rows:
            raise RowMissing("missing")
        return self.rows[key]


class Ledger(RuleBasedStateMachine):
    """Submits batches to all three and compares every answer, and after each batch every row."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.engine = open_engine(f"sqlite:///{Path(self.folder.name) / 'ledger.db'}")
        forget_the_disk(self.engine)
        metadata.create_all(self.engine)
        self.runner = asyncio.Runner()
        self.writer = Writer(self.engine, max_batch=4)
        self.writer.start()
        self.model = Model()
        self.memory = MemoryRows()

    @rule(
        scripts=st.lists(
            st.builds(Script, st.lists(STEPS, min_size=1, max_size=5).map(tuple), st.booleans()),
            min_size=1,
            max_size=6,
        )
    )
    def submit(self, scripts: list[Script]) -> None:
        outcomes = self.runner.run(submit_together(self.writer, *scripts))
        expected = [self.model.run(script) for script in scripts]
        assert expected == [type(each) if isinstance(each, Exception) else each for each in outcomes]
        assert expected == [self.run_in_memory(script) for script in scripts]

    def run_in_memory(self, script: Script) -> Any:
        try:
            return self.memory.run(script)
        except (Broke, RowConflict, RowMissing) as error:
            return type(error)

    @invariant()
    def the_rows_are_the_same(self) -> None:
        with self.engine.connect() as connection:
            rows = connection.execute(select(accounts).order_by(accounts.c.id)).mappings().all()
        assert self.model.all() == [dict(row) for row in rows]

    def teardown(self) -> None:
        self.runner.run(self.writer.close())
        self.runner.close()
        self.engine.dispose()
        self.folder.cleanup()


TestLedger = Ledger.TestCase
TestLedger.settings = settings(
    max_examples=examples(20),
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
