"""A real Chromium for tests of pages: one process for the run, a fresh context (cookies, storage) for each test.

Import the fixtures `chromium` and `browser` into the conftest of a folder. The browser is the one the machine has;
nothing is downloaded. Tests speak to it over its debugging port, so each may run in an event loop of its own.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright, expect

from tests.support.patience import PATIENCE_SECONDS

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "no Chromium on PATH: apt-get install chromium"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
WIDE: ViewportSize = {"width": 1200, "height": 800}
PATIENCE_MS = PATIENCE_SECONDS * 1_000

expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True, slots=True)
class Chromium:
    """A browser in which each test opens a context of its own."""

    engine: Browser

    @contextlib.asynccontextmanager
    async def context(
        self, *, script: bool = True, size: ViewportSize = WIDE
    ) -> AsyncIterator[BrowserContext]:
        """Open a context that shares nothing with others; without `script` pages run no JavaScript."""
        context = await self.engine.new_context(java_script_enabled=script, viewport=size, locale="en-GB")
        context.set_default_timeout(PATIENCE_MS)
        try:
            yield context
        finally:
            await context.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[str]:
    """Run a Chromium and return the address of its debugging port; skips, saying why, where there is none."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(MISSING)
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield f"http://127.0.0.1:{_port(Path(profile) / 'DevToolsActivePort', process)}"
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Chromium]:
    """Connect to the browser of this run."""
    async with async_playwright() as playwright:
        engine = await playwright.chromium.connect_over_cdp(chromium, timeout=PATIENCE_MS)
        yield Chromium(engine)


async def screenshot(page: Page, folder: Path, name: str) -> Path:
    """Write what the page shows as a small PNG and return its path."""
    path = folder / f"{name}.png"
    await page.screenshot(path=path, animations="disabled", caret="hide")
    return path


def _port(record: Path, process: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"Chromium ended at once with {process.returncode}")
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int(record.read_text().splitlines()[0])
        time.sleep(0.05)
    raise RuntimeError("Chromium did not open its debugging port")
