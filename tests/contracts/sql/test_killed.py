"""Acknowledged is durable: a program killed at any instant has lost nothing it has answered."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import select, text

from syncline.sql.engines import is_sqlite, open_engine
from tests.support.ledger_tables import TENANT, accounts, entries

ROOT = Path(__file__).parents[3]
BALANCES = select(accounts.c.id, accounts.c.balance)


class Acknowledged(NamedTuple):
    account: str
    seq: int
    balance: int


def run_and_kill(url: str, seed: int) -> list[Acknowledged]:
    """Run the program, kill it after a number of answers drawn from the seed; return all it had given."""
    patience = random.Random(seed).randrange(1, 1500)
    command = [sys.executable, "-m", "tests.support.ledger_child", url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(patience)]
        os.kill(child.pid, signal.SIGKILL)
        lines += child.stdout.readlines()
    assert child.returncode == -signal.SIGKILL
    whole = [line.decode().split() for line in lines if line.endswith(b"\n")]
    assert len(whole) >= patience
    return [Acknowledged(account, int(seq), int(balance)) for account, seq, balance in whole]


@pytest.mark.parametrize("seed", range(5))
def test_whatever_was_acknowledged_is_there_after_kill_9(database_url: str, seed: int) -> None:
    acknowledged = run_and_kill(database_url, seed)
    engine = open_engine(database_url)
    try:
        with engine.connect() as connection:
            if is_sqlite(engine):
                assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
            rows = connection.execute(select(entries.c.account_id, entries.c.seq, entries.c.amount)).all()
            balances = {key: balance for key, balance in connection.execute(BALANCES) if balance}
    finally:
        engine.dispose()
    booked = {(account, seq) for account, seq, _ in rows}
    totals: Counter[str] = Counter()
    for account, _, amount in rows:
        totals[account] += amount
    assert {(each.account, each.seq) for each in acknowledged} - booked == set()
    assert [each for each in acknowledged if balances[each.account] < each.balance] == []
    # An entry and its balance are one command: both are there or neither.
    assert balances == totals


def test_a_killed_program_can_be_started_again_on_what_it_left(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    run_and_kill(url, seed=7)
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(accounts.insert().values(tenant_id=TENANT, id="new", name="new"))
        connection.execute(accounts.delete().where(accounts.c.id == "new"))
        connection.execute(entries.delete())
        connection.execute(accounts.delete())
    engine.dispose()
    assert len(run_and_kill(url, seed=8)) > 0
