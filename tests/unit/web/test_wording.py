from __future__ import annotations

import pytest

from syncline.gateway.domain.health import Health
from syncline.gateway.domain.holds import HOLDS, HoldReason
from syncline.gateway.web.console.wording import MENDS, helps


@pytest.mark.parametrize("reason", list(HoldReason))
def test_no_page_sends_anybody_to_the_command_line(reason: HoldReason) -> None:
    assert "`" not in helps(reason.value, HOLDS[reason].release)


def test_every_trouble_of_a_connection_has_its_words_on_a_page() -> None:
    assert set(Health) - {Health.HEALTHY} == set(MENDS)
