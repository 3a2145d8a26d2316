"""What processes beside the server have in common."""

from __future__ import annotations

import os


def environment() -> dict[str, str]:
    """Return the environment for a process of ours, without our settings: it is told what it needs, and no secret."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SYNCLINE_")}
