"""Identity providers that are not there: a simulated company, and Entra's provisioning service speaking for it.

    company = Directory.seeded(size=50, seed=7, domain="acme.example")
    entra = EntraSimulator(company, base_url, token, clock)
    await entra.test_connection()
    await entra.initial_cycle()
    company.move("adele.vance@acme.example", department="Marketing")
    await entra.incremental_cycle()

It knows only what Entra knows, and talks to the application over HTTP alone.
"""

from syncline.rehearsal.cycle import ConnectionTest, CycleResult, EntraSimulator, Progress
from syncline.rehearsal.directory import Directory, Leaving
from syncline.rehearsal.log import Action, Counts, Entry, ProvisioningLog, Status
from syncline.rehearsal.mapping import AttributeMapping
from syncline.rehearsal.objects import DirectoryError, DirectoryGroup, DirectoryUser
from syncline.rehearsal.ondemand import OnDemandResult, Step
from syncline.rehearsal.roles import RoleExpression

__all__ = [
    "Action",
    "AttributeMapping",
    "ConnectionTest",
    "Counts",
    "CycleResult",
    "Directory",
    "DirectoryError",
    "DirectoryGroup",
    "DirectoryUser",
    "EntraSimulator",
    "Entry",
    "Leaving",
    "OnDemandResult",
    "Progress",
    "ProvisioningLog",
    "RoleExpression",
    "Status",
    "Step",
]
