from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.browser import browser, chromium
from tests.support.console import World, console_world

__all__ = ["browser", "chromium"]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A gateway being served."""
    async with console_world(tmp_path) as made:
        yield made
