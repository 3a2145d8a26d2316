"""Every migration says whether the release before it can go on working beside it, and keeps to what it says."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import syncline.gateway.store.migrations as gateway
import syncline.portal.store.migrations as portal
from tests.support import ledger_migrations

SCRIPTS = [
    pytest.param(script, id=f"{package.__name__}:{script.stem}")
    for package in (gateway, portal, ledger_migrations)
    for script in sorted(Path(package.__path__[0], "versions").glob("[0-9]*.py"))
]
ADDITIONS = {"create_table", "create_index", "add_column", "f"}
"""What a release that knows nothing of it does not notice."""


def operations(tree: ast.Module) -> list[ast.Call]:
    """Return the calls `op.…(…)` of a script."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [
        call
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "op"
    ]


def phase_of(tree: ast.Module) -> object:
    stated = [
        node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and [target.id for target in node.targets if isinstance(target, ast.Name)] == ["phase"]
    ]
    return stated[0] if stated else None


def name_of(call: ast.Call) -> str:
    assert isinstance(call.func, ast.Attribute)
    return call.func.attr


def noticed_by_the_release_before(call: ast.Call) -> bool:
    """Tell whether code that does not know the change could stumble over it."""
    if name_of(call) != "add_column":
        return name_of(call) not in ADDITIONS
    column = call.args[1]
    assert isinstance(column, ast.Call)
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in column.keywords}
    return given.get("nullable") == "False" and "server_default" not in given


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_states_its_phase(script: Path) -> None:
    assert phase_of(ast.parse(script.read_text())) in {"pre", "post"}


@pytest.mark.parametrize("script", SCRIPTS)
def test_what_runs_beside_the_release_before_only_adds(script: Path) -> None:
    tree = ast.parse(script.read_text())
    noticed = {name_of(call) for call in operations(tree) if noticed_by_the_release_before(call)}

    assert set() == noticed or phase_of(tree) == "post"


@pytest.mark.parametrize(
    ("statement", "noticed"),
    [
        ("op.create_table('t')", False),
        ("op.add_column('t', sa.Column('c', sa.Text()))", False),
        ("op.add_column('t', sa.Column('c', sa.Text(), nullable=False))", True),
        ("op.add_column('t', sa.Column('c', sa.Text(), nullable=False, server_default=''))", False),
        ("op.drop_column('t', 'c')", True),
        ("op.execute('UPDATE t SET c = 1')", True),
        ("op.rename_table('t', 'u')", True),
    ],
)
def test_what_the_release_before_would_notice(statement: str, noticed: bool) -> None:
    (call,) = operations(ast.parse(statement))

    assert noticed is noticed_by_the_release_before(call)
