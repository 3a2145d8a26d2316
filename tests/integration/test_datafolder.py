from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from syncline.datafolder import (
    LONGEST_SOCKET_PATH,
    DataFolder,
    DataFolderError,
    DataFolderInUse,
    ServerRecord,
)

SERVER_THAT_IS_KILLED = """
import os, pathlib, signal, sys
from syncline.datafolder import DataFolder, ServerRecord

folder = DataFolder(pathlib.Path(sys.argv[1]))
with folder.hold(), folder.socket_path() as socket:
    socket.touch()
    folder.publish(ServerRecord(os.getpid(), "http://127.0.0.1:1", "http://127.0.0.1:1", str(socket)))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def kill_a_server_on(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", SERVER_THAT_IS_KILLED, str(folder)], check=False)
    assert -signal.SIGKILL == done.returncode


def record(folder: Path, socket: Path) -> ServerRecord:
    return ServerRecord(os.getpid(), "http://127.0.0.1:1", f"https://{folder.name}.example.com", str(socket))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    DataFolder(tmp_path / "a" / "b").create()

    assert 0o700 == mode(tmp_path / "a" / "b")


def test_a_folder_that_cannot_be_made_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DataFolderError) as refused:
        DataFolder(tmp_path / "file" / "data").create()

    assert "choose another with --data" in str(refused.value)


def test_a_second_owner_is_refused_with_the_name_of_the_first(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with folder.hold():
        folder.publish(record(tmp_path, tmp_path / "server.sock"))

        with pytest.raises(DataFolderInUse) as refused, DataFolder(tmp_path).hold():
            pass

    assert f"process {os.getpid()}, http://127.0.0.1:1" in str(refused.value)


def test_a_folder_is_free_again_when_its_owner_lets_go(tmp_path: Path) -> None:
    with DataFolder(tmp_path).hold():
        pass

    with DataFolder(tmp_path).hold():
        assert (tmp_path / "server.lock").exists()


def test_a_folder_is_free_again_when_its_owner_is_killed(tmp_path: Path) -> None:
    kill_a_server_on(tmp_path)

    with DataFolder(tmp_path).hold():
        assert (tmp_path / "server.lock").exists()


def test_the_record_tells_where_the_server_listens_and_is_gone_after_it(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with folder.hold(), folder.socket_path() as socket:
        published = record(tmp_path, socket)
        folder.publish(published)

        assert published == DataFolder(tmp_path).record()
        assert 0o600 == mode(tmp_path / "server.json")

    assert folder.record() is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', "\x00"])
def test_a_broken_record_is_no_record(tmp_path: Path, content: str) -> None:
    (tmp_path / "server.json").write_text(content)

    assert DataFolder(tmp_path).record() is None


def test_the_socket_lies_in_the_folder_when_its_path_is_short_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with DataFolder(Path("data")).hold(), DataFolder(Path("data")).socket_path() as socket:
        assert Path("data/server.sock") == socket


def test_a_folder_with_a_long_path_gets_a_short_private_place_for_its_socket(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 120)
    folder = DataFolder(long)
    folder.create()

    with folder.socket_path() as socket:
        assert len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH
        assert 0o700 == mode(socket.parent)

    assert not socket.parent.exists()


def test_what_a_killed_server_left_behind_is_cleared(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / ("x" * 120))
    kill_a_server_on(folder.path)
    left = folder.record()
    assert left is not None
    assert Path(left.socket).exists()

    with folder.hold(), folder.socket_path():
        assert not Path(left.socket).parent.exists()
        assert folder.record() is None


def test_a_record_that_points_elsewhere_removes_nothing_there(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    folder = DataFolder(tmp_path / "data")
    folder.create()
    folder.publish(record(tmp_path, precious / "server.sock"))

    with folder.socket_path():
        assert (precious / "file").exists()
