"""HubSpot's own command line, as npm installs it, run against a portal of ours."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.repository import ROOT
from tests.support.patience import PATIENCE_SECONDS

MANIFEST = ROOT / "tests" / "hubspot_cli"
NODE_LOCK = ROOT / "requirements" / "node.txt"
OLDEST_NODE = 20
INSTALL_SECONDS = 600


@dataclass(frozen=True)
class Printed:
    """What `hs` printed, both streams together, and its exit code: 0 good, 1 error, 2 warning."""

    status: int
    text: str


@dataclass(frozen=True)
class HubSpotCli:
    """`hs` with a home of its own; `environment` is what the portal told to export."""

    program: Path
    node: Path
    home: Path
    environment: Mapping[str, str]

    def run(self, *words: str, folder: Path, **further: str) -> Printed:
        """Run one command in a folder, with nobody to answer its questions."""
        done = subprocess.run(
            [self.node, self.program, *words],
            cwd=folder,
            env={**self.variables, **further},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        return Printed(done.returncode, done.stdout)

    @property
    def variables(self) -> dict[str, str]:
        """The whole environment of a run."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        return {**kept, "HOME": str(self.home), "CI": "true", "NO_COLOR": "1", **self.environment}


def installed() -> tuple[Path, Path]:
    """Return Node and the `hs` program, installed below `.venv` once for each version of the lock.

    Skips the test, saying why, when npm cannot install it; in continuous integration that is a failure.
    """
    lock = (MANIFEST / "package-lock.json").read_bytes()
    folder = ROOT / ".venv" / "hubspot-cli" / hashlib.sha256(lock).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        try:
            node, npm = _node()
            if not (folder / "installed").exists():
                _install(npm, folder)
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or str(error)
            reason = f"HubSpot's command line could not be installed by npm: {str(said).strip()[-300:]}"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
    return node, folder / "node_modules" / "@hubspot" / "cli" / "bin" / "hs.js"


def _install(npm: list[str | Path], folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(MANIFEST / name, folder / name)
    _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    (folder / "installed").write_text("")


def _node() -> tuple[Path, list[str | Path]]:
    """Return Node 20 or newer and the way to call npm: the machine's, or those of a Python package."""
    for place in (None, str(Path(sys.executable).parent)):
        node, npm = shutil.which("node", path=place), shutil.which("npm", path=place)
        if node and npm and _major(node) >= OLDEST_NODE:
            return Path(node), [npm]
    _run([sys.executable, "-m", "pip", "install", "-q", "--require-hashes", "-r", NODE_LOCK], ROOT)
    beside = Path(sys.executable).parent
    return beside / "node", [beside / "npm"]


def _major(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    number = said.stdout.strip().removeprefix("v").partition(".")[0]
    return int(number) if number.isdecimal() else 0


def _run(command: list[str | Path], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)


def pinned_version() -> str:
    """Return the version of the command line the tests are written for."""
    manifest = json.loads((MANIFEST / "package.json").read_bytes())
    return str(manifest["dependencies"]["@hubspot/cli"])
