"""The README's first ten minutes are true: its own commands, run word for word in a new folder."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.followed import blocks, kept, on_free_ports, replaced, typed
from tests.support.patience import PATIENCE_SECONDS

CREATE = "syncline portal account create acme --with-scim"
TOKEN = "syncline token create acme"


def script() -> str:
    """Return the README's commands with free ports, and what a person copies by hand copied by the shell."""
    text = "\n".join(blocks("README.md", "The first ten minutes"))
    return on_free_ports(
        replaced(
            text,
            {
                "make setup\n": "",
                'export PATH="$PWD/.venv/bin:$PATH" ': "export ",
                CREATE: kept(CREATE, "account.json", ACCESS_TOKEN="access_token", SCIM_TOKEN="scim_token"),
                TOKEN: kept(TOKEN, "token.json", TENANT_TOKEN="token"),
                "portal serve --port 8090 &": "portal serve --port 8090 >portal.log 2>&1 &\nwait_for data/portal.json",
                "serve --port 8080 &": "serve --port 8080 >gateway.log 2>&1 &\nwait_for data/server.json",
                "syncline users list acme": "wait_until_nothing_waits\nsyncline users list acme",
                "syncline portal user list acme": "syncline portal user list acme --json > users.json",
            },
        )
    )


def test_the_first_ten_minutes_of_the_readme_end_with_fifty_people_at_hubspot(tmp_path: Path) -> None:
    with typed(script(), tmp_path) as process:
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)

    assert 0 == process.returncode, output
    users = json.loads((tmp_path / "users.json").read_text())["users"]
    assert 51 == len(users)
