"""Whatever people say, however often and when: an approval is given only by two of them, within its days."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.gateway.domain.consent import DAY
from syncline.gateway.domain.delivery import LEAVE, grant_of
from syncline.gateway.domain.operators import OperatorRole
from syncline.gateway.services.ports import Actor
from syncline.gateway.services.ports.operators import ApiKey
from syncline.gateway.store.memory import memory_store
from syncline.sql.sealing import Sealer
from tests.support.acme import START, Acme

DAYS = 30
PEOPLE = ("anna", "bob", "api-key:k1")
BEHIND = {"anna": "anna", "bob": "bob", "api-key:k1": "anna"}
WORDS = (LEAVE, grant_of("s-1"))
words = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from(WORDS), st.integers(0, 20)), min_size=1, max_size=12
)
