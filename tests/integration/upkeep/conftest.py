from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.world import World, world


@pytest.fixture
async def acme(tmp_path: Path) -> AsyncIterator[World]:
    """A tenant connected by both channels, in plan mode, without any rule."""
    async with world(tmp_path) as made:
        yield made
