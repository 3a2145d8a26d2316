"""Where a command's operation is carried out, and how it ends when that does not work."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from syncline.datafolder import DataFolder
from syncline.gateway.cli import seam
from syncline.localsocket import OperationFailed
from tests.acceptance.cli.conftest import Run, Started
from tests.support.operations import Operations, serving
from tests.support.patience import PATIENCE_SECONDS

NONE: dict[str, list[str]] = {"tenants": []}


def test_a_running_server_carries_the_operation_out(
    run: Run, started: Started, operations: Operations
) -> None:
    operations.results["tenant.list"] = NONE

    result = run("tenant", "list", "--json")

    assert (0, 0) == (result.exit_code, started.local), result.output
    assert [("tenant.list", {}, "cli:anna")] == operations.asked


def test_without_a_server_this_process_does(alone: Run, started: Started, operations: Operations) -> None:
    operations.results["tenant.list"] = NONE

    result = alone("tenant", "list", "--json")

    assert (0, 1) == (result.exit_code, started.local), result.output
    assert [("tenant.list", {}, "cli:anna")] == operations.asked


def test_the_person_behind_sudo_is_the_one_who_asked(
    alone: Run, operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    operations.results["tenant.list"] = NONE
    monkeypatch.setenv("SUDO_USER", "berta")

    alone("tenant", "list")

    assert "cli:berta" == operations.asked[0][2]


def test_data_on_the_command_line_wins_over_the_environment(
    alone: Run, operations: Operations, tmp_path: Path
) -> None:
    operations.results["tenant.create"] = {"id": "1", "name": "acme", "scim_base_url": "http://x/scim/v2"}

    alone("tenant", "create", "acme", "--data", str(tmp_path / "other"))

    assert (tmp_path / "other" / "server.lock").exists()


def test_a_data_folder_that_is_not_there_is_not_an_empty_gateway(alone: Run, tmp_path: Path) -> None:
    result = alone("tenant", "list", "--data", str(tmp_path / "typo"))

    assert 1 == result.exit_code
    assert result.stderr.startswith(f"Error: There is no data folder {tmp_path / 'typo'}; name the right one")
    assert not (tmp_path / "typo").exists()


def test_a_refusal_is_one_sentence_and_exit_code_1(run: Run, operations: Operations) -> None:
    sentence = "Set a leaver policy first: syncline policy set acme --deactivated deactivate"
    operations.results["tenant.mode"] = OperationFailed("refused", sentence)

    result = run("tenant", "mode", "acme", "live")

    assert (1, f"Error: {sentence}\n", "") == (result.exit_code, result.stderr, result.stdout)


def test_a_bad_setting_ends_the_command_with_its_name(alone: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNCLINE_PORT", "eighty")

    result = alone("tenant", "list")

    assert 1 == result.exit_code
    assert result.stderr.startswith("Error: SYNCLINE_PORT must be a whole number")


def test_a_command_waits_for_another_that_has_the_folder(
    alone: Run, operations: Operations, tmp_path: Path
) -> None:
    operations.results["tenant.list"] = NONE
    held, let_go = threading.Event(), threading.Event()

    def other() -> None:
        with DataFolder(tmp_path).hold():
            held.set()
            let_go.wait(PATIENCE_SECONDS)

    thread = threading.Thread(target=other)
    thread.start()
    held.wait(PATIENCE_SECONDS)
    threading.Timer(0.2, let_go.set).start()

    result = alone("tenant", "list")
    thread.join()

    assert 0 == result.exit_code, result.output


def test_a_command_that_waited_long_enough_says_who_has_the_folder(
    alone: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seam, "PATIENCE_MS", 0)
    with DataFolder(tmp_path).hold():
        result = alone("tenant", "list")

    assert 1 == result.exit_code
    assert "Another command is using the data folder" in result.stderr


def test_the_server_that_stopped_is_not_mistaken_for_a_running_one(
    alone: Run, started: Started, operations: Operations, tmp_path: Path
) -> None:
    operations.results["tenant.list"] = NONE
    with serving(tmp_path, operations):
        pass

    assert 0 == alone("tenant", "list").exit_code
    assert 1 == started.local


def test_serve_gets_its_settings_from_options_and_environment(
    alone: Run, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNCLINE_LOG_FORMAT", "json")

    result = alone("serve", "--port", "0", "--no-worker", "--public-url", "https://sync.example.com")

    assert 0 == result.exit_code, result.output
    settings = started.served
    assert settings is not None
    assert (0, False, "https://sync.example.com", "json", "127.0.0.1") == (
        settings.port,
        settings.worker,
        settings.public_url,
        settings.log_format,
        settings.host,
    )
