from __future__ import annotations

import io
import sys

import pytest

from syncline.gateway.cli.output import facts, plain, progress_bar, table


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_of_a_long_operation_is_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")

    with progress_bar() as progress:
        progress({"stage": "Reading HubSpot users", "done": 3, "total": 10})
        progress({"stage": "Deciding\x1b[2J", "done": 1, "total": None})

    assert "Reading HubSpot users" in terminal.getvalue()
    assert "30%" in terminal.getvalue()
    assert "Deciding\\x1b[2J" in terminal.getvalue()


def test_without_a_terminal_progress_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)

    with progress_bar() as progress:
        progress({"stage": "Reading", "done": 3, "total": 10})

    assert "" == stream.getvalue()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "yes"),
        (0, "0"),
        ("Zoë Ångström 李", "Zoë Ångström 李"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\u202eexe", "\\u202eexe"),
        ("\ud800", "\\ud800"),
    ],
)
def test_text_from_outside_is_shown_without_its_control_characters(value: object, shown: str) -> None:
    assert shown == plain(value)


def test_facts_without_a_value_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    facts([("Name", "acme"), ("Nothing", None), ("Long label", 3)])

    assert "Name        acme\nLong label  3\n" == capsys.readouterr().out


def test_an_empty_table_is_nothing_but_its_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    table(("a", "b"), [], empty="Nobody.")

    assert "Nobody.\n" == capsys.readouterr().out
