"""Tokens by their public id, which every request asks for: remembered for as long as nothing writes a token."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from syncline.gateway.services.ports import Token
from syncline.gateway.store import records, statements
from syncline.gateway.store.tables import scim_tokens
from syncline.sql.reader import Reader
from syncline.sql.sharing import SharedReads
from syncline.sql.writer import Writer


class Tokens:
    """The tokens there are. A change that has been answered is seen by the next `get`.

    Nothing is remembered where others may write the database too, and never that there is no such token.
    """

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader
        self._shared = SharedReads(self._read)
        self._known: dict[str, Token] = {}
        self._known_at: int | None = None

    async def get(self, token_id: str) -> Token | None:
        """Return the token of that public id."""
        # Taken before the read: a change during it makes what was read count as out of date.
        moment = self._writer.changes(scim_tokens)
        if moment is None:
            return await self._shared.get(token_id)
        if moment != self._known_at:
            self._known, self._known_at = {}, moment
        known = self._known
        if token_id not in known:
            known.update(await self._read([token_id]))
        return known.get(token_id)

    async def _read(self, token_ids: Collection[str]) -> Mapping[str, Token]:
        rows = await self._reader.rows(statements.TOKENS_BY_ID, {"token_ids": list(token_ids)})
        return {row["id"]: records.token_of(row) for row in rows}
