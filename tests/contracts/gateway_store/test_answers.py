"""The store in memory knows an answer to every query of the store on SQL."""

from __future__ import annotations

from sqlalchemy import SelectBase

from syncline.gateway.store import operator_statements, reading_statements, statements
from syncline.gateway.store.memory import ANSWERS


def test_every_statement_is_answered_in_memory() -> None:
    queries = {
        name: each
        for module in (statements, reading_statements, operator_statements)
        for name, each in vars(module).items()
        if isinstance(each, SelectBase)
    }

    assert len(queries) > 40
    assert [] == [name for name, each in queries.items() if each not in ANSWERS]
