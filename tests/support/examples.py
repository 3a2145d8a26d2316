"""How many examples a property or simulation is tried on: enough in every run, many times that in `make simulate`."""

from __future__ import annotations

import os

TIMES = int(os.environ.get("SYNCLINE_TEST_TIMES", "1"))


def examples(usual: int) -> int:
    """Return how many, of a property that `usual` examples are enough for in every run."""
    return usual * TIMES
