from __future__ import annotations

from pathlib import Path

from syncline.gateway.domain.holds import holds_page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "holds.md"
REMEDY = (
    "docs/reference/holds.md is out of step; write it anew with\n"
    "  python -c 'from syncline.gateway.domain.holds import holds_page; print(holds_page(), end=\"\")'"
    " > docs/reference/holds.md"
)


def test_the_page_of_reasons_to_hold_is_the_table_in_the_code() -> None:
    assert holds_page() == PAGE.read_text(encoding="utf-8"), REMEDY
