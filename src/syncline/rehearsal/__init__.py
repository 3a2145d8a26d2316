"""Identity providers that are not there: a simulated company, and Entra, Okta or Google provisioning for it.

    company = Directory.seeded(size=50, seed=7, domain="acme.example")
    entra = EntraSimulator(company, base_url, token, clock)
    await entra.test_connection()
    await entra.initial_cycle()
    company.move("adele.vance@acme.example", department="Marketing")
    await entra.incremental_cycle()

`OktaSimulator` and `GoogleSimulator` take the same company. Each knows only what its provider knows, and talks to
the application over HTTP alone.
"""

from syncline.rehearsal.cycle import EntraSimulator
from syncline.rehearsal.dialect import Dialect
from syncline.rehearsal.directory import Directory, Leaving
from syncline.rehearsal.google import GoogleSimulator
from syncline.rehearsal.google_users import Deprovisioning, GoogleUpdates
from syncline.rehearsal.job import JobError
from syncline.rehearsal.log import Action, Counts, Entry, ProvisioningLog, Status
from syncline.rehearsal.mapping import AttributeMapping
from syncline.rehearsal.objects import DirectoryError, DirectoryGroup, DirectoryUser
from syncline.rehearsal.okta import OktaSimulator
from syncline.rehearsal.okta_import import ImportResult
from syncline.rehearsal.okta_run import OktaStyle
from syncline.rehearsal.ondemand import OnDemandResult, Step
from syncline.rehearsal.results import ConnectionTest, CycleResult, Progress
from syncline.rehearsal.roles import RoleExpression

__all__ = [
    "Action",
    "AttributeMapping",
    "ConnectionTest",
    "Counts",
    "CycleResult",
    "Deprovisioning",
    "Dialect",
    "Directory",
    "DirectoryError",
    "DirectoryGroup",
    "DirectoryUser",
    "EntraSimulator",
    "Entry",
    "GoogleSimulator",
    "GoogleUpdates",
    "ImportResult",
    "JobError",
    "Leaving",
    "OktaSimulator",
    "OktaStyle",
    "OnDemandResult",
    "Progress",
    "ProvisioningLog",
    "RoleExpression",
    "Status",
    "Step",
]
