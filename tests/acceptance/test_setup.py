"""`scripts/setup.sh`, run with an interpreter that only pretends, so that nothing is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PRETENDER = """#!/bin/sh
# Pretends to be Python: notes each call; `-m venv DIR` puts a copy of itself where the new one would be.
echo "$@" >> {notes}
case "$*" in
    *sys.version_info*'(3, 11)'*) exit {too_old} ;;
    *ensurepip*) exit {no_venv} ;;
    *version_info*) echo 3.11 ;;
    -V) echo Python 3.11.9 ;;
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
esac
"""


class Place:
    """A copy of what the script reads, and a pretended Python first on the PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes = folder / "notes"
        for name in ("scripts/setup.sh", "pyproject.toml", "requirements/dev.txt"):
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
        (folder / "bin").mkdir()

    def python(self, *, too_old: int = 0, no_venv: int = 0) -> None:
        script = self.folder / "bin" / "python3"
        script.write_text(PRETENDER.format(notes=self.notes, too_old=too_old, no_venv=no_venv))
        script.chmod(0o755)
        for newer in ("python3.11", "python3.12", "python3.13"):
            shutil.copy(script, self.folder / "bin" / newer)

    def setup(self, **variables: str) -> subprocess.CompletedProcess[str]:
        self.notes.write_text("")
        environment = {"PATH": f"{self.folder / 'bin'}{os.pathsep}/usr/bin:/bin", **variables}
        script = ["/bin/sh", str(self.folder / "scripts/setup.sh")]
        return subprocess.run(script, env=environment, capture_output=True, text=True, check=False)

    def calls(self) -> str:
        return self.notes.read_text()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.python()
    return made


def test_setup_makes_the_environment_and_installs_by_hash(place: Place) -> None:
    done = place.setup()

    assert 0 == done.returncode, done.stderr
    assert "-m venv .venv" in place.calls()
    assert "install --require-hashes -r requirements/dev.txt" in place.calls()
    assert "install --no-build-isolation --no-deps --editable ." in place.calls()


def test_a_second_setup_calls_no_python_at_all(place: Place) -> None:
    place.setup()

    done = place.setup()

    assert (0, "", "") == (done.returncode, done.stdout, place.calls())


def test_changed_requirements_are_installed_into_the_same_environment(place: Place) -> None:
    place.setup()
    with (place.folder / "requirements/dev.txt").open("a") as requirements:
        requirements.write("# changed\n")

    done = place.setup()

    assert 0 == done.returncode, done.stderr
    assert "install --require-hashes" in place.calls()
    assert "-m venv" not in place.calls()


def test_an_interrupted_setup_is_taken_up_again(place: Place) -> None:
    place.setup()
    (place.folder / ".venv/syncline-setup").unlink()

    place.setup()

    assert "install --require-hashes" in place.calls()
    assert "-m venv" not in place.calls()


def test_another_interpreter_gets_an_environment_of_its_own(place: Place) -> None:
    place.setup()

    done = place.setup(PYTHON="python3.12")

    assert 0 == done.returncode, done.stderr
    assert "-m venv .venv" in place.calls()


def test_an_old_python_is_named_with_the_remedy(place: Place) -> None:
    place.python(too_old=1)

    done = place.setup()

    assert 1 == done.returncode
    assert "needs Python 3.11 or newer" in done.stderr
    assert "apt-get install python3" in done.stderr
    assert not (place.folder / ".venv").exists()


def test_a_missing_venv_package_is_named_with_the_remedy(place: Place) -> None:
    place.python(no_venv=1)

    done = place.setup()

    assert 1 == done.returncode
    assert "apt-get install python3-venv" in done.stderr
    assert not (place.folder / ".venv").exists()
