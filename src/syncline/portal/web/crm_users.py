"""Users as CRM records: `/crm/v3/objects/users` and `/crm/objects/2026-03/users` (object type 0-115)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_

from syncline.portal.domain.crm import DEFAULT_PROPERTIES, Record, check_properties, no_such_record
from syncline.portal.domain.errors import Detail, HubSpotError, ObjectNotFound, ValidationError
from syncline.portal.domain.scopes import READ_RECORDS, WRITE_RECORDS
from syncline.portal.store import crm_reads
from syncline.portal.store.commands.crm import WriteRecord
from syncline.portal.web.answer import Answer
from syncline.portal.web.batch import batch_answer, check_batch
from syncline.portal.web.call import Call
from syncline.portal.web.crm_search import DEEPEST, SearchRequest, names
from syncline.portal.web.endpoint import Operation
from syncline.portal.web.paging import page_answer, page_bounds
from syncline.scimserver.rendering import timestamp

PREFIXES = (
    "/crm/v3/objects/users",
    "/crm/v3/objects/0-115",
    "/crm/objects/2026-03/users",
    "/crm/objects/2026-03/0-115",
    "/crm/objects/2026-09/users",
)
DEFAULT_PAGE, LARGEST_PAGE, LARGEST_BATCH = 10, 100, 100


class RecordInput(msgspec.Struct, frozen=True):
    """Properties to be written; null or "" clears one."""

    properties: dict[str, str | None]


class NamedInput(msgspec.Struct, frozen=True, rename="camel"):
    """Properties to be written to the record a batch names."""

    id: str
    properties: dict[str, str | None]
    id_property: str | None = None


class NamedInputs(msgspec.Struct, frozen=True):
    """A batch of writes."""

    inputs: list[NamedInput]


class RecordId(msgspec.Struct, frozen=True):
    """The record a batch asks for."""

    id: str


class ReadRequest(msgspec.Struct, frozen=True, rename="camel"):
    """A batch of reads."""

    inputs: list[RecordId]
    properties: list[str] = []
    id_property: str | None = None


async def list_records(call: Call) -> Answer:
    """Return a page of records in the order of their ids; archived ones cannot be asked for."""
    if call.switch("archived"):
        raise ValidationError("Archived objects of type 0-115 can't be listed.")
    after, limit = page_bounds(call, LARGEST_PAGE, default=DEFAULT_PAGE)
    exists, properties = _exists(call), _properties(call)
    found = await call.store.reader.point(
        lambda connection: crm_reads.records_after(connection, exists, after, limit + 1)
    )
    return page_answer(
        call, found, limit, lambda record: shown(record, properties), lambda one: one.user.record_id
    )


async def get_record(call: Call) -> Answer:
    """Return one record by record id, or by another unique property."""
    record = await _named(call, call.query("idProperty"))
    return Answer(200, shown(record, _properties(call)))


async def update_record(call: Call) -> Answer:
    """Write the properties named and return the record."""
    properties = (await call.body(RecordInput)).properties
    check_properties(properties)
    record = await _named(call, call.query("idProperty"))
    return Answer(200, shown(await _write(call, record, properties), tuple(properties)))


async def search(call: Call) -> Answer:
    """Return the records a search finds, and how many there are."""
    request = await call.body(SearchRequest)
    offset, limit = request.bounds()
    condition = and_(_exists(call), *request.conditions())
    order = request.order()
    found, total = await call.store.reader.scan(
        lambda connection: crm_reads.search(connection, condition, order, offset, limit)
    )
    properties = tuple(names(request.properties))
    body: dict[str, Any] = {"total": total, "results": [shown(record, properties) for record in found]}
    following = offset + len(found)
    if following < min(total, DEEPEST):
        body["paging"] = {"next": {"after": str(following)}}
    return Answer(200, body)


async def read_batch(call: Call) -> Answer:
    """Return the records named; 207 when some are not there."""
    request = await call.body(ReadRequest)
    check_batch(request.inputs, LARGEST_BATCH)
    wanted = list(dict.fromkeys(one.id for one in request.inputs))
    found = await _find(call, request.id_property, wanted)
    properties = tuple(names(request.properties))
    results = [shown(found[text], properties) for text in wanted if text in found]
    missing = [text for text in wanted if text not in found]
    return batch_answer(call, results, [_not_found(missing)] if missing else [])


async def update_batch(call: Call) -> Answer:
    """Write to the records named; 207 with what could not be written."""
    inputs = (await call.body(NamedInputs)).inputs
    check_batch(inputs, LARGEST_BATCH)
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    missing: list[str] = []
    for one in inputs:
        record = (await _find(call, one.id_property, [one.id])).get(one.id)
        if record is None:
            missing.append(one.id)
            continue
        try:
            written = await _write(call, record, one.properties)
        except HubSpotError as error:
            errors.append(_failed(error, one.id))
        else:
            results.append(shown(written, tuple(one.properties)))
    return batch_answer(call, results, [*errors, *([_not_found(missing)] if missing else [])])


async def refuse(_call: Call) -> Answer:
    """Refuse what the users object cannot do: records come and go with the users themselves."""
    raise ValidationError(
        "Objects of type 0-115 can't be created or deleted with this API; use user provisioning.",
        Detail("The users object is read and updated only.", code="OBJECT_TYPE_NOT_SUPPORTED"),
    )


def _offered(operation: Operation) -> Operation:
    """Return the operation as it is answered where an account may have no users object: then nobody serves it."""

    async def answer(call: Call) -> Answer:
        if not call.account.flags.crm_users_available:
            raise ObjectNotFound("resource not found")
        return await operation.handler(call)

    return replace(operation, handler=answer)


_ROUTES = {
    "": {"GET": Operation(list_records, READ_RECORDS), "POST": Operation(refuse, WRITE_RECORDS)},
    "/search": {"POST": Operation(search, READ_RECORDS, searches=True)},
    "/batch/read": {"POST": Operation(read_batch, READ_RECORDS)},
    "/batch/update": {"POST": Operation(update_batch, WRITE_RECORDS)},
    "/batch/create": {"POST": Operation(refuse, WRITE_RECORDS)},
    "/batch/upsert": {"POST": Operation(refuse, WRITE_RECORDS)},
    "/batch/archive": {"POST": Operation(refuse, WRITE_RECORDS)},
    "/{record_id}": {
        "GET": Operation(get_record, READ_RECORDS),
        "PATCH": Operation(update_record, WRITE_RECORDS),
        "DELETE": Operation(refuse, WRITE_RECORDS),
    },
}
ROUTES = {
    path: {method: _offered(operation) for method, operation in methods.items()}
    for path, methods in _ROUTES.items()
}
"""The addresses below each prefix."""


def shown(record: Record, properties: Sequence[str]) -> dict[str, Any]:
    """Return HubSpot's `SimplePublicObject` with the default properties and those asked for."""
    asked = sorted({*DEFAULT_PROPERTIES, *properties})
    return {
        "id": str(record.user.record_id),
        "properties": {name: record.property(name) for name in asked},
        "createdAt": timestamp(record.user.created_at),
        "updatedAt": timestamp(record.user.updated_at),
        "archived": False,
    }


def _exists(call: Call) -> ColumnElement[bool]:
    return crm_reads.has_record(call.portal_id, call.account.flags, call.now)


def _properties(call: Call) -> tuple[str, ...]:
    return tuple(names(call.request.query_params.getlist("properties")))


async def _named(call: Call, id_property: str | None) -> Record:
    text: str = call.request.path_params["record_id"]
    found = await _find(call, id_property, [text])
    if text not in found:
        raise no_such_record(text)
    return found[text]


async def _find(call: Call, id_property: str | None, values: Sequence[str]) -> dict[str, Record]:
    name = id_property or "hs_object_id"
    if name not in crm_reads.UNIQUE_PROPERTIES:
        message = f"{name[:100]!r} is no unique property of users."
        raise ValidationError(message, Detail(message, code="INVALID_PARAMETER", where="idProperty"))
    exists = _exists(call)

    def read(connection: Connection) -> dict[str, Record]:
        return crm_reads.records_by(connection, exists, name, values)

    return await call.store.reader.point(read)


async def _write(call: Call, record: Record, properties: dict[str, str | None]) -> Record:
    return await call.store.writer.submit(
        WriteRecord(portal_id=call.portal_id, user_id=record.user.id, properties=properties, now=call.now)
    )


def _not_found(missing: list[str]) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": "Could not get some USER objects, they may be deleted or not exist.",
        "context": {"ids": missing},
    }


def _failed(error: HubSpotError, record_id: str) -> dict[str, Any]:
    details = [detail.to_dict() for detail in error.details]
    return {
        "status": "error",
        "category": error.category,
        "message": error.message,
        "context": {"id": [record_id]},
        "errors": details,
    }
