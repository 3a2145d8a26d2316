from __future__ import annotations

from pathlib import Path

import syncline.scim
from syncline.scim import dialects
from syncline.scim.dialects import DIALECTS, Notes

KERNEL = Path(syncline.scim.__file__).parent
CONSTANTS = {
    name: value
    for name, value in vars(dialects).items()
    if name.isupper() and not name.startswith("_") and isinstance(value, str)
}


def test_every_rule_is_in_the_table_with_who_what_and_whence() -> None:
    assert set(CONSTANTS.values()) == set(DIALECTS)
    for dialect in DIALECTS.values():
        assert all((dialect.who, dialect.rule.endswith("."), dialect.source)), dialect.name


def test_every_rule_in_the_table_is_applied_somewhere() -> None:
    source = "".join(path.read_text() for path in KERNEL.glob("*.py") if path.name != "dialects.py")

    assert [] == [name for name in CONSTANTS if f"dialects.{name}" not in source]


def test_notes_hold_each_rule_once_in_the_order_of_use() -> None:
    notes = Notes()
    for name in ("b", "a", "b"):
        notes.add(name)

    assert ["b", "a"] == notes
