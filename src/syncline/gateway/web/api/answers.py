"""What each operation answers when all is well, as JSON Schema: read from `answers.json`, which the tests keep true."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import orjson


@cache
def answers() -> Mapping[str, Any]:
    """Return the schemas by operation."""
    found: dict[str, Any] = orjson.loads(files(__package__).joinpath("answers.json").read_bytes())
    return found
