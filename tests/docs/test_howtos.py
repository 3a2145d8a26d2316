"""What the how-tos tell people to type is what the programs take."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from syncline.settings import SETTINGS
from tests.docs.reference import _tree
from tests.docs.repository import ROOT

PAGES = [*sorted((ROOT / "docs" / "howto").glob("*.md")), ROOT / "Containerfile"]
_BLOCK = re.compile(r"^```(?:sh|ini|)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"(?:^|[\s/`(])syncline ((?:[a-z][a-z-]*)\b[^`#|&>\n]*)")
_NOT_OURS = {"podman", "systemctl", "useradd"}


def shell_lines(text: str) -> Iterator[str]:
    for block in _BLOCK.findall(text):
        yield from block.replace("\\\n", " ").splitlines()


def commands(page: Path) -> list[str]:
    """Return what follows `syncline` wherever the page calls it, in blocks and between backticks."""
    text = page.read_text(encoding="utf-8")
    spans = re.findall(r"`(syncline [^`]+)`", _BLOCK.sub("", text))
    return [found.strip() for line in [*shell_lines(text), *spans] for found in called(line)]


def called(line: str) -> Iterator[str]:
    for match in _COMMAND.finditer(line):
        if not _NOT_OURS & set(line[: match.start()].split()[-1:]):
            yield re.split("[<)]", match[1])[0]


def known(words: list[str]) -> bool:
    """Tell whether the command exists and has every option named."""
    command: click.Command = _tree()
    context = click.Context(command, info_name="syncline")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        below = command.get_command(context, words[0])
        if below is None:
            return False
        command, words = below, words[1:]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    named = {word.partition("=")[0] for word in words if word.startswith("--")}
    return not isinstance(command, click.Group) and named <= options | {"--help"}


def machine_calls(page: Path) -> list[str]:
    """Return the commands, without those whose `syncline` is a name of something else (a user, a volume)."""
    nouns = set(_tree().list_commands(click.Context(_tree())))
    return [command for command in commands(page) if command.split()[0] in nouns]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_howto_exists_with_its_options(page: Path) -> None:
    assert [] == [call for call in machine_calls(page) if not known(shlex.split(call, comments=True))]


def test_a_command_that_is_not_there_would_be_noticed() -> None:
    assert known(["backup", "--to", "x.tar"])
    assert not known(["backup", "--into", "x.tar"])
    assert not known(["backup-all"])
    assert ["key rotate --new-key -"] == [
        each.strip() for each in called("syncline key rotate --new-key - < k")
    ]


def test_the_howtos_of_operations_show_their_commands() -> None:
    shown = {call.split()[0] for page in PAGES for call in machine_calls(page)}

    assert {"backup", "restore", "key", "doctor", "serve", "tenant"} <= shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_setting_a_howto_names_exists(page: Path) -> None:
    settings = {row.variable for row in SETTINGS}
    named = set(re.findall(r"\bSYNCLINE_[A-Z_]+", page.read_text(encoding="utf-8")))

    assert set() == named - settings


def test_what_the_containerfile_copies_is_there() -> None:
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    copied = [
        word for line in re.findall(r"^COPY (?!--)(.*)$", text, re.MULTILINE) for word in line.split()[:-1]
    ]

    assert copied
    assert [] == [path for path in copied if not (ROOT / path).exists()]
