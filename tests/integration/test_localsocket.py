from __future__ import annotations

import asyncio
import json
import socket
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from syncline.datafolder import DataFolder
from syncline.localsocket import NoServer, OperationFailed, Progress, ask, listen
from tests.support.operations import Operations
from tests.support.patience import PATIENCE_SECONDS


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    with DataFolder(tmp_path).socket_path() as path:
        yield path


async def told(path: Path, *args: Any, **kwargs: Any) -> Any:
    return await asyncio.to_thread(ask, path, *args, actor="cli:anna", **kwargs)


async def test_an_operation_gets_its_arguments_and_who_asked_and_its_result_comes_back(path: Path) -> None:
    operations = Operations({"tenant.list": {"tenants": [{"name": "Zoë"}]}})

    async with listen(path, operations):
        result = await told(path, "tenant.list", {"limit": 3})

    assert {"tenants": [{"name": "Zoë"}]} == result
    assert [("tenant.list", {"limit": 3}, "cli:anna")] == operations.asked


async def test_progress_comes_in_order_before_the_result(path: Path) -> None:
    seen: list[Mapping[str, Any]] = []
    operations = Operations({"plan.show": {}}, progress=[{"stage": "read", "done": n} for n in range(3)])

    async with listen(path, operations):
        await told(path, "plan.show", {}, progress=seen.append)

    assert [0, 1, 2] == [line["done"] for line in seen]


async def test_a_refusal_comes_back_with_its_kind_and_sentence(path: Path) -> None:
    operations = Operations({"tenant.mode": OperationFailed("refused", "Set a leaver policy first.")})

    async with listen(path, operations):
        with pytest.raises(OperationFailed) as refused:
            await told(path, "tenant.mode", {})

    assert ("refused", "Set a leaver policy first.") == (refused.value.kind, refused.value.message)


async def test_what_breaks_inside_an_operation_is_not_told(path: Path) -> None:
    async with listen(path, Operations({"tenant.list": RuntimeError("canary")})):
        with pytest.raises(OperationFailed) as failed:
            await told(path, "tenant.list", {})

    assert "internal" == failed.value.kind
    assert "canary" not in failed.value.message


async def test_only_the_owner_may_open_the_socket(path: Path) -> None:
    async with listen(path, Operations()):
        assert 0o600 == stat.S_IMODE((await asyncio.to_thread(path.stat)).st_mode)


async def test_without_a_socket_there_is_no_server(path: Path) -> None:
    with pytest.raises(NoServer):
        await told(path, "tenant.list", {})


async def test_the_socket_of_a_server_that_died_is_no_server(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    with pytest.raises(NoServer):
        await told(path, "tenant.list", {})


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"not json\n",
        b"[]\n",
        b'{"operation": "x"}\n',
        b'{"operation": 1, "arguments": {}, "actor": "a"}\n',
    ],
)
async def test_a_request_that_is_no_request_is_refused(path: Path, line: bytes) -> None:
    operations = Operations()
    async with listen(path, operations):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(line)
        answer = json.loads(await reader.readline())
        writer.close()

    assert "invalid" == answer["error"]["kind"]
    assert [] == operations.asked


async def test_a_request_longer_than_the_limit_is_refused(path: Path) -> None:
    async with listen(path, Operations()):
        with pytest.raises(OperationFailed):
            await told(path, "tenant.create", {"name": "x" * 3_000_000})


async def test_a_result_far_longer_than_a_request_may_be_comes_back_whole(path: Path) -> None:
    people = [{"email": f"person{number}@example.com"} for number in range(100_000)]

    async with listen(path, Operations({"plan.show": {"people": people}})):
        result = await told(path, "plan.show", {})

    assert people == result["people"]


async def test_a_client_that_goes_away_cancels_its_operation(path: Path) -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def endless(operation: str, arguments: Mapping[str, Any], *, actor: str, progress: Progress) -> Any:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with listen(path, endless):
        _, writer = await asyncio.open_unix_connection(path)
        writer.write(b'{"operation": "x", "arguments": {}, "actor": "a"}\n')
        await begun.wait()
        writer.close()

        await asyncio.wait_for(cancelled.wait(), PATIENCE_SECONDS)


async def test_a_server_that_stops_in_the_middle_says_that_nothing_is_half_done(path: Path) -> None:
    begun = asyncio.Event()

    async def endless(operation: str, arguments: Mapping[str, Any], *, actor: str, progress: Progress) -> Any:
        begun.set()
        await asyncio.Event().wait()

    async with listen(path, endless):
        asking = asyncio.ensure_future(told(path, "x", {}))
        await begun.wait()

    with pytest.raises(OperationFailed) as stopped:
        await asking
    assert "unavailable" == stopped.value.kind


async def test_operations_run_side_by_side(path: Path) -> None:
    both = asyncio.Barrier(2)

    async def meeting(operation: str, arguments: Mapping[str, Any], *, actor: str, progress: Progress) -> Any:
        await asyncio.wait_for(both.wait(), PATIENCE_SECONDS)
        return operation

    async with listen(path, meeting):
        assert ["a", "b"] == list(await asyncio.gather(told(path, "a", {}), told(path, "b", {})))
