"""A SCIM server of the rehearsal's own: it records every request and knows just what Entra's default dialect needs.

It is deliberately strict: a request whose form was never recorded of Entra is answered 400.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

from aiohttp import web
from aiohttp.test_utils import TestServer

TOKEN = "the-secret-token"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

Document = dict[str, Any]

_ATTRIBUTE = re.compile(r'(?P<name>\w+)(?:\[(?P<by>\w+) eq "(?P<is>[^"]*)"\])?(?:\.(?P<sub>\w+))?')
_FILTER = re.compile(r'(?P<name>userName|externalId|displayName) eq "(?P<value>(?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Request:
    """One request as it came: the path and query undecoded."""

    method: str
    target: str
    headers: dict[str, str]
    body: Any


Trouble = Callable[[Request], web.Response | None]


@dataclass
class Application:
    """The resources by endpoint, the requests in order, and a hook that answers in place of the server."""

    shelves: dict[str, dict[str, Document]] = field(default_factory=lambda: {"Users": {}, "Groups": {}})
    requests: list[Request] = field(default_factory=list)
    trouble: Trouble | None = None
    base_url: str = ""

    @property
    def users(self) -> dict[str, Document]:
        """Users by userName."""
        return {user["userName"]: user for user in self.shelves["Users"].values()}

    @property
    def groups(self) -> dict[str, Document]:
        """Groups by displayName."""
        return {group["displayName"]: group for group in self.shelves["Groups"].values()}

    def of(self, method: str, start: str = "") -> list[Request]:
        """Return the recorded requests of a method whose target starts like this."""
        return [r for r in self.requests if r.method == method and r.target.startswith(start)]

    def operations(self) -> list[Document]:
        """Return every PATCH operation that came, in order."""
        return [operation for r in self.of("PATCH") for operation in r.body["Operations"]]

    def forget_requests(self) -> None:
        """Start recording anew."""
        self.requests.clear()

    async def answer(self, http: web.Request) -> web.Response:
        """Answer one request as an RFC 7644 server would."""
        text = await http.text()
        request = Request(http.method, http.raw_path, dict(http.headers), json.loads(text) if text else None)
        self.requests.append(request)
        if http.headers.get("Authorization") != f"Bearer {TOKEN}":
            return error(401, "This token opens nothing.")
        if self.trouble is not None and (response := self.trouble(request)) is not None:
            return response
        path, _, query = http.raw_path.partition("?")
        _, endpoint, *rest = path.split("/")
        shelf = self.shelves.get(endpoint)
        if shelf is None:
            return error(404, f"There is no {endpoint} here.")
        if not rest:
            return self._collection(request, endpoint, shelf, query)
        return self._resource(request, shelf, rest[0], query)

    def _collection(
        self, request: Request, endpoint: str, shelf: dict[str, Document], query: str
    ) -> web.Response:
        if request.method == "POST":
            return self._create(request.body, endpoint, shelf)
        parameters = dict(part.split("=", 1) for part in query.split("&"))
        match = _FILTER.fullmatch(unquote_plus(parameters["filter"]))
        if match is None:
            return error(400, f"No such filter was recorded: {query}", "invalidFilter")
        wanted = re.sub(r"\\(.)", r"\1", match["value"]).casefold()
        found = [d for d in shelf.values() if str(d.get(match["name"])).casefold() == wanted]
        shown = [rendered(d, "members" in query) for d in found]
        return answer(200, {"schemas": [LIST], "totalResults": len(found), "Resources": shown})

    def _create(self, body: Document, endpoint: str, shelf: dict[str, Document]) -> web.Response:
        unique = "userName" if endpoint == "Users" else "displayName"
        if any(d[unique].casefold() == body[unique].casefold() for d in shelf.values()):
            return error(409, f"{unique} {body[unique]} is taken.", "uniqueness")
        document = {**body, "id": f"{endpoint.lower()}-{len(self.requests)}"}
        shelf[document["id"]] = document
        return answer(201, rendered(document, False))

    def _resource(
        self, request: Request, shelf: dict[str, Document], resource_id: str, query: str
    ) -> web.Response:
        document = shelf.get(resource_id)
        if document is None:
            return error(404, f"There is no {resource_id}.")
        if request.method == "GET":
            return answer(200, rendered(document, "members" in query))
        if request.method == "DELETE":
            del shelf[resource_id]
            for group in self.shelves["Groups"].values():
                group["members"] = [m for m in group.get("members", ()) if m["value"] != resource_id]
            return web.Response(status=204)
        taken = {d["userName"].casefold() for d in shelf.values() if d is not document and "userName" in d}
        changed = json.loads(json.dumps(document))
        for operation in request.body["Operations"]:
            apply(changed, operation)
        if str(changed.get("userName")).casefold() in taken:
            return error(409, f"userName {changed['userName']} is taken.", "uniqueness")
        shelf[resource_id] = changed
        return web.Response(status=204)


def apply(document: Document, operation: Document) -> None:
    """Apply one operation of the default dialect; anything else raises."""
    op, path = operation["op"], operation["path"]
    value: Any = operation.get("value")
    assert op in ("Add", "Replace", "Remove"), operation
    if path == "members":
        _apply_members(document, op, value)
        return
    holder = document
    if path.startswith(f"{ENTERPRISE}:"):
        holder, path = document.setdefault(ENTERPRISE, {}), path.removeprefix(f"{ENTERPRISE}:")
    match = _ATTRIBUTE.fullmatch(path)
    assert match is not None, operation
    if op == "Remove":
        holder.pop(match["name"])
    elif match["by"]:
        _apply_element(holder, match, value)
    elif match["sub"]:
        holder.setdefault(match["name"], {})[match["sub"]] = value
    else:
        boolean = {"True": True, "False": False}
        holder[path] = boolean[value] if path == "active" else value


def _apply_members(document: Document, op: str, value: list[Document]) -> None:
    held = {member["value"]: member for member in document.get("members", ())}
    for member in value:
        if op == "Add":
            held[member["value"]] = {"value": member["value"]}
        else:
            held.pop(member["value"], None)
    document["members"] = list(held.values())


def _apply_element(holder: Document, match: re.Match[str], value: Any) -> None:
    elements = holder.setdefault(match["name"], [])
    wanted: Any = match["is"] == "True" if match["by"] == "primary" else match["is"]
    element = next((e for e in elements if e.get(match["by"]) == wanted), None)
    if element is None:
        element = {match["by"]: wanted}
        elements.append(element)
    element[match["sub"]] = value


def rendered(document: Document, without_members: bool) -> Document:
    """Return a resource as it is answered."""
    return {k: v for k, v in document.items() if not (without_members and k == "members")}


def answer(status: int, body: Document) -> web.Response:
    """Return an answer with a SCIM body."""
    return web.Response(status=status, text=json.dumps(body), content_type="application/scim+json")


def error(status: int, detail: str, scim_type: str | None = None) -> web.Response:
    """Return a SCIM error."""
    body = {"schemas": [ERROR], "status": str(status), "detail": detail}
    return answer(status, {**body, "scimType": scim_type} if scim_type else body)


@contextlib.asynccontextmanager
async def recording_application() -> AsyncIterator[Application]:
    """Serve a new application on loopback while the block runs."""
    application = Application()
    served = web.Application()
    served.router.add_route("*", "/{path:.*}", application.answer)
    async with TestServer(served) as server:
        application.base_url = str(server.make_url("")).rstrip("/")
        yield application
