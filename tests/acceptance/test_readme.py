"""The README's first ten minutes are true: its own commands, run word for word in a new folder."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def first_ten_minutes() -> list[str]:
    text = (ROOT / "README.md").read_text()
    section = text.partition("## The first ten minutes")[2].partition("\n## ")[0]
    return _BLOCK.findall(section)


def capturing(command: str, file: str) -> str:
    return f"{command} --json > {file}"


def script(folder: Path) -> str:
    """Return the README's commands with free ports, and what a person copies by hand copied by the shell."""
    begin, connect, provision = first_ten_minutes()
    lines = (
        begin.replace("make setup\n", "").replace("$PWD/.venv", f"{Path(sys.executable).parent.parent}")
        + connect
        + provision
    ).splitlines()
    created = "syncline portal account create acme --with-scim"
    token = "syncline token create acme"
    text = "\n".join(line.partition("  #")[0].rstrip() for line in lines)
    assert created in text
    assert token in text
    text = text.replace(
        created,
        capturing(created, "account.json")
        + _exports("account.json", ACCESS_TOKEN="access_token", SCIM_TOKEN="scim_token"),
    )
    text = text.replace(token, capturing(token, "token.json") + _exports("token.json", TENANT_TOKEN="token"))
    text = text.replace("serve --port 8080 &", "serve --port 8080 >gateway.log 2>&1 &\nwait_for server.json")
    text = text.replace(
        "portal serve --port 8090 &", "portal serve --port 8090 >portal.log 2>&1 &\nwait_for portal.json"
    )
    text = text.replace("syncline users list acme", "wait_until_nothing_waits\nsyncline users list acme")
    text = text.replace(
        "syncline portal user list acme", "syncline portal user list acme --json > users.json"
    )
    return _PRELUDE + text.replace("8080", free_port()).replace("8090", free_port())


def _exports(file: str, **names: str) -> str:
    return "".join(
        f"\nexport {name}=$(python3 -c \"import json; print(json.load(open('{file}'))['{key}'])\")"
        for name, key in names.items()
    )


_PRELUDE = """
set -euo pipefail
wait_for() {
    for _ in $(seq 300); do
        [ -e "data/$1" ] && return
        sleep 0.1
    done
    echo "no $1" >&2; cat ./*.log >&2; exit 1
}
wait_until_nothing_waits() {
    for _ in $(seq 60); do
        syncline tenant show acme --json | grep -q '"waiting": 0' && return
        sleep 0.5
    done
    echo "the backlog does not drain" >&2; exit 1
}
"""


def test_the_first_ten_minutes_of_the_readme_end_with_fifty_people_at_hubspot(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(
        ["bash", "-c", script(tmp_path)],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=180)
    finally:
        os.killpg(process.pid, signal.SIGTERM)

    assert 0 == process.returncode, output
    users = json.loads((tmp_path / "users.json").read_text())["users"]
    assert 51 == len(users)
