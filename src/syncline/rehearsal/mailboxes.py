"""The principal names in use: who holds which, and the next free one for a name."""

from __future__ import annotations

from syncline.rehearsal.objects import DirectoryError


class Mailboxes:
    """Principal names are unique in any case; a namesake gets the next number: `li.wang2@acme.example`."""

    def __init__(self, domain: str) -> None:
        self._domain = domain
        self._owners: dict[str, str] = {}
        self._namesakes: dict[str, int] = {}

    def owner(self, address: str) -> str | None:
        """Return the object id of the person who holds this principal name."""
        return self._owners.get(address.casefold())

    def free(self, given: str, family: str) -> str:
        """Return a principal name for these Latin names that nobody holds."""
        local = ".".join(part for part in (given, family) if part) or "user"
        number = self._namesakes.get(local, 0)
        while True:
            number += 1
            address = f"{local}{number if number > 1 else ''}@{self._domain}"
            if self.owner(address) is None:
                self._namesakes[local] = number
                return address

    def check_free(self, address: str, object_id: str) -> None:
        """Raise DirectoryError when the address is no principal name or somebody else holds it."""
        local, at, domain = address.partition("@")
        if not (local and at and domain) or any(c.isspace() for c in address):
            raise DirectoryError(f"{address!r} is no principal name. Give one like name@{self._domain}.")
        if self.owner(address) not in (None, object_id):
            raise DirectoryError(f"{address} belongs to somebody else in the directory. Choose another name.")

    def claim(self, address: str, object_id: str) -> None:
        """Let this person hold the principal name."""
        self._owners[address.casefold()] = object_id

    def release(self, address: str, object_id: str) -> None:
        """Give the principal name back, if this person holds it."""
        if self.owner(address) == object_id:
            del self._owners[address.casefold()]
