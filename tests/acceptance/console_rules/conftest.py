from __future__ import annotations

from tests.acceptance.console_trouble.conftest import stage
from tests.support.browser import browser, chromium

__all__ = ["browser", "chromium", "stage"]
