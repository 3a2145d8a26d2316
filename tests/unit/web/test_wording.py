from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import syncline.gateway
from syncline.gateway.domain.errors import Refused
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.remedies import COMMANDS, Do, Remedy
from syncline.gateway.web.console.wording import ABOUT_A_PERSON, ELSEWHERE, PLACES, helps, on_a_page, said

GATEWAY = Path(syncline.gateway.__file__).parent
ERRORS = ("NotFound", "Conflict", "Invalid", "Refused", "Unavailable")
OF_COMMANDS_ALONE = {
    "services/operators.py",
    "services/planning.py",
    "store/archive.py",
    "store/moving.py",
}
"""Where a refusal is met on the command line only, or names an operation of the admin API."""


@pytest.mark.parametrize("reason", list(HoldReason))
def test_what_releases_a_hold_leads_to_pages_and_names_no_command(reason: HoldReason) -> None:
    assert "`" not in helps(reason, "t1")
    assert 'href=""' not in helps(reason, "t1")


def test_all_there_is_to_do_has_a_command_and_one_place_in_the_console() -> None:
    assert set(Do) == set(COMMANDS)
    assert sorted(Do) == sorted([*PLACES, *ABOUT_A_PERSON, *ELSEWHERE])


def test_a_remedy_reads_on_every_surface_as_people_there_speak() -> None:
    remedy = Remedy(
        "{resume:Let it go on}, or look at {person:the person}.", "Acme Inc", "ada&co@acme.example"
    )

    assert (
        "Let it go on (`connection resume 'Acme Inc'`), or look at the person "
        "(`users show 'Acme Inc' 'ada&co@acme.example'`)." == remedy.in_commands
    )
    assert (
        '<a href="/tenants/t1/settings/connection">Let it go on</a>, or look at '
        '<a href="/tenants/t1/person?user=ada%26co%40acme.example">the person</a>.' == said(remedy, "t1")
    )


def test_what_is_done_about_a_person_nobody_has_named_leads_to_those_who_are_held() -> None:
    assert '<a href="/tenants/t1/people?state=held">Keep</a> one.' == said(Remedy("{keep:Keep} one."), "t1")


def test_a_refusal_on_a_page_shows_names_as_text_and_its_remedy_as_links() -> None:
    shown = on_a_page(Refused("<b>Acme</b> is live.", Remedy("{stop:Stop sending}.", "<b>Acme</b>")), "t1")

    assert (
        "<bdi>&lt;b&gt;Acme&lt;/b&gt; is live.</bdi> "
        '<a href="/tenants/t1/settings/danger">Stop sending</a>.' == shown.message
    )


def test_a_remedy_that_names_nothing_there_is_to_do_is_no_remedy() -> None:
    with pytest.raises(ValueError, match="is not a valid Do"):
        Remedy("{dance:Dance}.")


def test_no_refusal_names_a_command_but_in_its_remedy() -> None:
    named = {str(path.relative_to(GATEWAY)) for path in GATEWAY.rglob("*.py") if any(_named_in(path))}

    assert {each for each in named if not each.startswith("cli/")} <= OF_COMMANDS_ALONE


def _named_in(path: Path) -> Iterator[bool]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS:
            for part in ast.walk(node):
                yield isinstance(part, ast.Constant) and isinstance(part.value, str) and "`" in part.value
