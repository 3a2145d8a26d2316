from __future__ import annotations

import subprocess
import sys

import pytest

from syncline.gateway.cli.root import NOUNS
from tests.docs.reference import PAGES, cli_page
from tests.docs.repository import ROOT


@pytest.mark.parametrize("path", PAGES)
def test_a_reference_page_says_what_the_code_does(path: str) -> None:
    written = (ROOT / path).read_text(encoding="utf-8")

    assert PAGES[path]() == written, f"{path} is out of step; run: make docs"


def test_the_reference_names_every_noun_of_the_gateway() -> None:
    page = cli_page()

    assert [] == [noun.name for noun in NOUNS if f"## syncline {noun.name}\n" not in page]


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.name)
def test_the_overview_of_commands_says_what_each_says_of_itself(noun: object) -> None:
    command = noun.load()  # type: ignore[attr-defined]

    if noun.name != "serve":  # type: ignore[attr-defined]
        assert noun.help == (command.help or "").split("\n\n")[0]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "heavy",
    ["rich", "sqlalchemy", "aiohttp", "starlette", "uvicorn", "cryptography", "prometheus_client", "asyncio"],
)
def test_the_overview_of_commands_imports_nothing_heavy(heavy: str) -> None:
    program = (
        "import sys\n"
        "from syncline.bootstrap import main\n"
        "sys.argv = ['syncline', '--help']\n"
        "try:\n"
        "    main()\n"
        "except SystemExit:\n"
        "    pass\n"
        f"sys.exit({heavy!r} in sys.modules)\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)

    assert 0 == done.returncode, done.stderr.decode()
