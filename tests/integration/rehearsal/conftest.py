"""A recording application, a company of twelve, and Entra between them."""

from collections.abc import AsyncIterator

import pytest

from syncline.clock import ManualClock
from syncline.rehearsal import Directory, EntraSimulator
from tests.integration.rehearsal.recording_server import TOKEN, Application, recording_application


@pytest.fixture
async def application() -> AsyncIterator[Application]:
    async with recording_application() as application:
        yield application


@pytest.fixture
def company() -> Directory:
    return Directory.seeded(size=12, seed=7, domain="acme.example", clock=ManualClock())


@pytest.fixture
def entra(application: Application, company: Directory) -> EntraSimulator:
    return EntraSimulator(company, application.base_url, TOKEN, ManualClock())
