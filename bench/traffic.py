"""The requests of each operation on one server, and what is remembered of its answers."""

from __future__ import annotations

import random
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from bench import people
from bench.wire import Answer

PAGE = 100
_CHANGED = (200, 204)

Keep = Callable[[Answer], None]


class Request(NamedTuple):
    """The bytes to send, the statuses that are right, and who wants to see the answer."""

    data: bytes
    expected: tuple[int, ...]
    keep: Keep | None = None


class UnexpectedAnswer(Exception):
    """A server answered otherwise than it must; figures about it would mean nothing."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a server's SCIM endpoint is, and the token that opens it."""

    port: int
    prefix: str
    token: str

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
        """Return the bytes of one request."""
        head = (
            f"{method} {self.prefix}{path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Authorization: Bearer {self.token}\r\nAccept: application/scim+json\r\n"
        )
        if body is None:
            return f"{head}\r\n".encode()
        data = orjson.dumps(body)
        return (
            f"{head}Content-Type: application/scim+json\r\nContent-Length: {len(data)}\r\n\r\n".encode()
            + data
        )


class Traffic:
    """What the load generator knows of one server; the same seed gives every server the same requests."""

    def __init__(self, target: Target, seed: int) -> None:
        self.target = target
        self.users: list[tuple[int, str]] = []
        """Number and id of everybody who stays."""
        self._passing: deque[str] = deque()
        """Those of the last `create`, for `delete`."""
        self._groups: dict[int, str] = {}
        self._inside: defaultdict[int, deque[str]] = defaultdict(deque)
        self._random = random.Random(seed)
        self._number = 0
        self._operations: dict[str, Callable[[], Request | None]] = {
            "create": self._create,
            "get": self._get,
            "filter": self._filter,
            "list": self._list,
            "patch_one": self._patch_one,
            "patch_eight": self._patch_eight,
            "replace": self._replace,
            "delete": self._delete,
        }

    def next(self, operation: str, members: int | None) -> Request | None:
        """Return the next request of that operation; None when there is nothing left to do."""
        if members is not None:
            return self._member(members)
        return self._operations[operation]()

    def stay(self) -> Request:
        """Return the creation of a user who stays."""
        number = self._take_number()
        return self._creation(number, lambda answer: self.users.append((number, _id(answer))))

    def group(self, members: int) -> Request:
        """Return the creation of the group of that size."""

        def keep(answer: Answer) -> None:
            self._groups[members] = _id(answer)

        data = self.target.request("POST", "/Groups", people.group(len(self._groups), members))
        return Request(data, (201,), keep)

    def same_again(self, number: int, user_id: str) -> Request:
        """Return a PATCH that changes nothing."""
        title = people.user(number)["title"]
        body = people.patch({"op": "Replace", "path": "title", "value": title})
        return Request(self.target.request("PATCH", f"/Users/{user_id}", body), _CHANGED)

    def _create(self) -> Request:
        return self._creation(self._take_number(), lambda answer: self._passing.append(_id(answer)))

    def _delete(self) -> Request | None:
        if not self._passing:
            return None
        return Request(self.target.request("DELETE", f"/Users/{self._passing.popleft()}"), (204,))

    def _get(self) -> Request:
        return Request(self.target.request("GET", f"/Users/{self._anybody()[1]}"), (200,))

    def _filter(self) -> Request:
        name = people.user_name(self._anybody()[0])
        path = "/Users?filter=" + quote(f'userName eq "{name}"')
        return Request(self.target.request("GET", path), (200,), _found_one)

    def _list(self) -> Request:
        start = 1 + self._random.randrange(max(1, len(self.users) - PAGE))
        return Request(self.target.request("GET", f"/Users?startIndex={start}&count={PAGE}"), (200,))

    def _patch_one(self) -> Request:
        return self._change("PATCH", people.one_change(self._take_number()))

    def _patch_eight(self) -> Request:
        return self._change("PATCH", people.eight_changes(self._take_number()))

    def _replace(self) -> Request:
        number, user_id = self._anybody()
        body = people.user(number, f"Title {self._take_number()}")
        return Request(self.target.request("PUT", f"/Users/{user_id}", body), _CHANGED)

    def _member(self, members: int) -> Request:
        """Take one out for each that was put in, so that the group keeps its size; puts lead by one in flight each."""
        path = f"/Groups/{self._groups[members]}"
        inside = self._inside[members]
        if inside and self._number % 2:
            self._number += 1
            value = inside.popleft()
            return Request(self.target.request("PATCH", path, people.member_out(value)), _CHANGED)
        value = f"6e2f5c2e-0000-4000-8000-{self._take_number():012d}"

        def keep(_answer: Answer) -> None:
            inside.append(value)

        return Request(self.target.request("PATCH", path, people.member_in(value)), _CHANGED, keep)

    def _change(self, method: str, body: dict[str, Any]) -> Request:
        return Request(self.target.request(method, f"/Users/{self._anybody()[1]}", body), _CHANGED)

    def _creation(self, number: int, keep: Keep) -> Request:
        return Request(self.target.request("POST", "/Users", people.user(number)), (201,), keep)

    def _anybody(self) -> tuple[int, str]:
        return self.users[self._random.randrange(len(self.users))]

    def _take_number(self) -> int:
        self._number += 1
        return self._number


def _id(answer: Answer) -> str:
    return str(orjson.loads(answer.body)["id"])


def _found_one(answer: Answer) -> None:
    if b'"totalResults":1' not in answer.body.replace(b" ", b""):
        raise UnexpectedAnswer(f"A filter on a userName found not one user: {answer.body[:200]!r}")
