"""`syncline config` as a person uses it: a file exported, changed, compared and applied."""

from __future__ import annotations

from pathlib import Path

from tests.support.programs import Syncline


def test_a_file_is_exported_changed_compared_and_applied(tmp_path: Path) -> None:
    syncline = Syncline(tmp_path / "data")
    syncline.run("tenant", "create", "acme")
    exported = syncline.run("config", "export", "acme").out
    file = tmp_path / "acme.yaml"
    file.write_text(exported.replace("welcome_email: false", "welcome_email: true"), encoding="utf-8")

    compared = syncline.run("config", "diff", "acme", str(file))
    applied = syncline.run("config", "apply", "acme", str(file))
    again = syncline.run("config", "apply", "acme", "-", stdin=file.read_text(encoding="utf-8"))

    assert exported.startswith("version: 1\npolicy:\n")
    assert [0, 0, 0] == [compared.status, applied.status, again.status]
    assert "policy.welcome_email" in compared.out
    assert "not connected to HubSpot yet" in compared.out
    assert "policy.welcome_email" in applied.out
    assert "Everything is so already" in again.out
    assert file.read_text(encoding="utf-8") == syncline.run("config", "export", "acme").out


def test_a_file_that_cannot_be_applied_says_where_and_saves_nothing(tmp_path: Path) -> None:
    syncline = Syncline(tmp_path / "data")
    syncline.run("tenant", "create", "acme")
    before = syncline.run("config", "export", "acme").out
    file = tmp_path / "acme.yaml"
    for text, says in (
        ("policy:\n  domains: [acme.example]\ndefault_role: Seller\n", "default_role: Connect the tenant"),
        ("policy: {welcome_email: nein}\n", "policy.welcome_email is true or false"),
        ("rules: []\nrules: []\n", "'rules' is there twice"),
        ("rules: [", "cannot be read"),
    ):
        file.write_text(text, encoding="utf-8")
        refused = syncline.run("config", "apply", "acme", str(file))

        assert (1, True) == (refused.status, says in refused.err), refused.err
        assert before == syncline.run("config", "export", "acme").out
