from __future__ import annotations

import gzip
from pathlib import Path

import aiohttp
from starlette.applications import Starlette
from starlette.routing import Mount

from syncline.webkit.statics import Statics
from tests.support.serving import serve


async def test_a_file_is_kept_for_a_year_under_a_name_that_changes_with_it(tmp_path: Path) -> None:
    (tmp_path / "look.css").write_text("a{}" * 100, encoding="utf-8")
    before = Statics(tmp_path)
    (tmp_path / "look.css").write_text("b{}", encoding="utf-8")

    assert before.url("look.css") != Statics(tmp_path).url("look.css")


async def test_a_file_is_served_compressed_and_immutable(tmp_path: Path) -> None:
    (tmp_path / "look.css").write_text("a{}" * 100, encoding="utf-8")
    statics = Statics(tmp_path)
    application = Starlette(routes=[Mount("/static", statics)])
    async with serve(application) as base, aiohttp.ClientSession(auto_decompress=False) as session:
        async with session.get(base + statics.url("look.css")) as answer:
            body = await answer.read()
        async with session.get(f"{base}/static/..%2flook.css") as missing:
            status = missing.status

    assert b"a{}" * 100 == gzip.decompress(body)
    assert "public, max-age=31536000, immutable" == answer.headers["cache-control"]
    assert 404 == status
