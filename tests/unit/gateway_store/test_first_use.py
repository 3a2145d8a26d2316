"""Threads may be the first to read a record, several at once: msgspec alone would end the process."""

from __future__ import annotations

import subprocess
import sys

THREADS_AT_ONCE = """
import sys, threading
from syncline.gateway.store import records

sys.setswitchinterval(1e-6)
together = threading.Barrier(4)

def read():
    together.wait()
    records.agreement_of("{}")
    records.policy_of({"policy": "{}"})
    records.rule_of({"document": '{"id": "r", "kind": "role", "match": "Manager"}', "position": 1})

threads = [threading.Thread(target=read) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
TRIES = 12
"""Of four one went wrong, each in a process of its own, since a type is used for the first time once."""


def test_threads_that_read_the_first_record_at_once_all_come_through() -> None:
    statuses = [
        subprocess.run([sys.executable, "-c", THREADS_AT_ONCE], check=False).returncode for _ in range(TRIES)
    ]

    assert [0] * TRIES == statuses
