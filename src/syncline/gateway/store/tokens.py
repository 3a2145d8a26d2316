"""Tokens by their public id, which every request asks for: remembered for as long as nothing writes a token."""

from __future__ import annotations

from sqlalchemy import Connection

from syncline.gateway.services.ports import Token
from syncline.gateway.store import records, statements
from syncline.gateway.store.tables import scim_tokens
from syncline.sql.looking import first_of
from syncline.sql.reader import Reader
from syncline.sql.writer import Writer


class Tokens:
    """The tokens there are. A change that has been answered is seen by the next `get`.

    Nothing is remembered where others may write the database too, and never that there is no such token.
    """

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader
        self._known: dict[str, Token] = {}
        self._known_at: int | None = None

    async def get(self, token_id: str) -> Token | None:
        """Return the token of that public id."""
        # Taken before the read: a change during it makes what was read count as out of date.
        moment = self._writer.changes(scim_tokens)
        if moment is None or moment != self._known_at:
            self._known, self._known_at = {}, moment
        known = self._known
        token = known.get(token_id)
        if token is None:
            token = await self._reader.point(lambda connection: _read(connection, token_id))
            if token is not None and moment is not None:
                known[token_id] = token
        return token


def _read(connection: Connection, token_id: str) -> Token | None:
    row = first_of(connection, statements.TOKEN, {"token_id": token_id})
    return None if row is None else records.token_of(row)
