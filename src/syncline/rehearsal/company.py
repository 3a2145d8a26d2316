"""The founding of a simulated company: departments, titles, a chain of managers, groups and app roles.

Person 1 runs the company, one head leads each department, every eighth person leads a team. Department groups
are assigned to the application without a role; most people also have a direct assignment with one, so that
both ways into the scope, and people without any role, occur in every company.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from syncline.rehearsal.objects import DEFAULT_ACCESS, DirectoryUser

if TYPE_CHECKING:
    from syncline.rehearsal.directory import Directory

TEAM = 8
"""People per team lead."""


@dataclass(frozen=True, slots=True)
class Department:
    """A department, its share of the people, and the titles in it; the first title is the head's."""

    name: str
    share: int
    head: str
    lead: str
    titles: tuple[str, ...]


DEPARTMENTS = (
    Department(
        "Sales",
        30,
        "VP Sales",
        "Sales Manager",
        ("Account Executive", "Sales Development Rep", "Account Manager"),
    ),
    Department(
        "Marketing",
        22,
        "VP Marketing",
        "Marketing Manager",
        ("Content Strategist", "Campaign Manager", "SEO Analyst"),
    ),
    Department(
        "Customer Success",
        18,
        "VP Customer Success",
        "CS Team Lead",
        ("Customer Success Manager", "Onboarding Lead"),
    ),
    Department(
        "Support", 18, "Head of Support", "Support Team Lead", ("Support Engineer", "Support Specialist")
    ),
    Department(
        "Operations", 12, "Head of Operations", "RevOps Lead", ("CRM Administrator", "Revenue Analyst")
    ),
)


@dataclass(frozen=True, slots=True)
class Office:
    """Where people sit: the address Entra calls work, the room it calls office location."""

    street: str
    city: str
    state: str | None
    postal_code: str
    country: str
    dialling: str


OFFICES = (
    Office("Keizersgracht 121", "Amsterdam", None, "1015 CJ", "Netherlands", "+31 20 555 01"),
    Office("Rua Augusta 1508", "São Paulo", "SP", "01304-001", "Brazil", "+55 11 5550 01"),
    Office("9256 Towne Center Dr., Suite 400", "San Diego", "CA", "92121", "United States", "+1 619 555 01"),
    Office("ul. Świętokrzyska 12", "Warszawa", None, "00-916", "Poland", "+48 22 555 01"),
    Office("渋谷2丁目15-1", "東京", "東京都", "150-0002", "Japan", "+81 3 5550 01"),
    Office("MG Road 44", "Bengaluru", "KA", "560001", "India", "+91 80 5550 01"),
)


def found_company(directory: Directory, size: int, outside: int) -> None:
    """Fill an empty directory: `size` people in scope, their groups, `outside` people without the app."""
    groups = {d.name: directory.create_group(f"HubSpot {d.name}", department=d.name) for d in DEPARTMENTS}
    for group in groups.values():
        directory.assign_group(group)
    company = _Company(directory)
    for number in range(size):
        company.hire(number)
    for number in range(size, size + outside):
        company.hire_outside(number)


class _Company:
    """The state of the hiring: who leads what so far."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._chief: DirectoryUser | None = None
        self._heads: dict[str, DirectoryUser] = {}
        self._leads: dict[str, DirectoryUser] = {}
        self._count: dict[str, int] = {}
        self._roles = tuple(directory.roles)

    def hire(self, number: int) -> None:
        rng = self._directory.draw("place")
        if number == 0:
            self._chief = self._join(
                rng, number, "Chief Executive Officer", "Operations", None, self._roles[-1]
            )
            return
        if number <= len(DEPARTMENTS):
            department = DEPARTMENTS[number - 1]
            head = self._join(rng, number, department.head, department.name, self._chief, self._role(1))
            self._heads[department.name] = head
            return
        department = rng.choices(DEPARTMENTS, [d.share for d in DEPARTMENTS])[0]
        rank = self._count.get(department.name, 0)
        self._count[department.name] = rank + 1
        if rank % TEAM == 0:
            head = self._heads[department.name]
            self._leads[department.name] = self._join(
                rng, number, department.lead, department.name, head, self._role(1)
            )
            return
        # One in five keeps the default access: the application has to place somebody who brings no role.
        role = DEFAULT_ACCESS if rng.random() < 0.2 else self._role(0)
        title = rng.choice(department.titles)
        self._join(rng, number, title, department.name, self._leads[department.name], role)

    def hire_outside(self, number: int) -> None:
        rng = self._directory.draw("place")
        self._join(rng, number, "Facilities Technician", "Facilities", self._chief, None)

    def _role(self, rank: int) -> str:
        return self._roles[min(rank, len(self._roles) - 1)]

    def _join(
        self,
        rng: Random,
        number: int,
        title: str,
        department: str,
        manager: DirectoryUser | None,
        role: str | None,
    ) -> DirectoryUser:
        office = rng.choice(OFFICES)
        return self._directory.join(
            department=department,
            job_title=title,
            manager=manager,
            role=role,
            employee_id=f"{1001 + number}",
            telephone_number=f"{office.dialling}{rng.randrange(100):02d}",
            mobile=f"{office.dialling}{rng.randrange(100):02d}" if rng.random() < 0.5 else None,
            street_address=office.street,
            city=office.city,
            state=office.state,
            postal_code=office.postal_code,
            country=office.country,
            office=f"{rng.randrange(1, 30)}/{rng.randrange(1000, 3000)}",
        )
