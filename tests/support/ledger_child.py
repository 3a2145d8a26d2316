"""A program to be killed: submits without end and prints, for each answer, what was acknowledged.

Run as `python -m tests.support.ledger_child URL`; every line is `account seq balance`.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys

from syncline.sql.engines import open_engine
from syncline.sql.writer import Writer
from tests.support.ledger_tables import Book, OpenAccount, metadata

SUBMITTERS = 16


async def main(url: str) -> None:
    engine = open_engine(url)
    metadata.create_all(engine)
    numbers = itertools.count(1)
    async with Writer(engine) as writer:

        async def submit(account: str) -> None:
            await writer.submit(OpenAccount(account, account))
            for number in numbers:
                balance = await writer.submit(Book(account, number, 1))
                os.write(1, f"{account} {number} {balance}\n".encode())

        await asyncio.gather(*(submit(f"a{index}") for index in range(SUBMITTERS)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
