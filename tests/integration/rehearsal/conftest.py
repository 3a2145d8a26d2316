"""A recording application, a watched store, a company of twelve, and Entra between them."""

from collections.abc import AsyncIterator

import pytest

from syncline.clock import ManualClock
from syncline.rehearsal import Directory, EntraSimulator
from tests.integration.rehearsal.recording_server import TOKEN, Application, recording_application
from tests.integration.rehearsal.watched_store import WatchedStore, watched_store
from tests.support.clock import LeapingClock


@pytest.fixture
async def application() -> AsyncIterator[Application]:
    async with recording_application() as application:
        yield application


@pytest.fixture
async def store() -> AsyncIterator[WatchedStore]:
    async with watched_store() as watched:
        yield watched


@pytest.fixture
def clock() -> LeapingClock:
    return LeapingClock()


@pytest.fixture
def company() -> Directory:
    return Directory.seeded(size=12, seed=7, domain="acme.example", clock=ManualClock())


@pytest.fixture
def entra(application: Application, company: Directory) -> EntraSimulator:
    return EntraSimulator(company, application.base_url, TOKEN, ManualClock())
