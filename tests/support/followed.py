"""Following a page word by word: its shell blocks run by bash in a new folder, on free ports.

What a person does besides typing (copying what was printed, waiting until a server listens, pasting a secret) is put in
by the test, by replacing lines of the page; a line that is no longer there fails the test.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.patience import PATIENCE_SECONDS
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)

PRELUDE = f"""
set -euo pipefail
export PATH="{Path(sys.executable).parent}:$PATH"
wait_for() {{
    until [ -s "$1" ]; do
        (( SECONDS < {PATIENCE_SECONDS:.0f} )) || {{ echo "no $1" >&2; cat ./*.log >&2; exit 1; }}
        sleep 0.1
    done
}}
wait_until_nothing_waits() {{
    until syncline tenant show acme --json | grep -q '"waiting": 0'; do
        (( SECONDS < {PATIENCE_SECONDS:.0f} )) || {{ echo "the backlog does not drain" >&2; exit 1; }}
        sleep 0.5
    done
}}
"""


def blocks(page: str, heading: str) -> list[str]:
    """Return the shell blocks of one section of a page, without comments."""
    text = (ROOT / page).read_text(encoding="utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = _BLOCK.findall(section)
    assert found, f"{page} has no commands under {heading}"
    return ["\n".join(line.partition("  #")[0].rstrip() for line in block.splitlines()) for block in found]


def replaced(script: str, replacements: Mapping[str, str]) -> str:
    """Return the script with what a person does put in; every line named must be there."""
    for line, instead in replacements.items():
        assert line in script, f"the page no longer says {line!r}"
        script = script.replace(line, instead)
    return script


def on_free_ports(script: str) -> str:
    """Return the script with other ports than 8080 and 8090, which may be in use."""
    return script.replace("8080", str(free_port())).replace("8090", str(free_port()))


def kept(command: str, file: str, **names: str) -> str:
    """Return the command with its answer kept in a file, and members of it exported under those names."""
    reads = (
        f"\nexport {name}=$(python3 -c \"import json; print(json.load(open('{file}'))['{key}'])\")"
        for name, key in names.items()
    )
    return f"{command} --json > {file}" + "".join(reads)


@contextmanager
def typed(script: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the script in a folder, as somebody without any setting; whatever it started ends with the block."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(
        ["bash", "-c", PRELUDE + script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=PATIENCE_SECONDS)
