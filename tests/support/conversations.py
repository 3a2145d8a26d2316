"""Hold a recorded conversation with a SCIM server and report what did not go as recorded.

The format of the recordings is described in `tests/idp/README.md`.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from tests.support.conditions import MISSING, breaches, complaints, find
from tests.support.patience import PATIENCE_SECONDS
from tests.support.templates import NotCaptured, Values

_JSON = "application/scim+json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `document` is the parsed body, its text where it is no JSON, MISSING where empty."""

    status: int
    headers: Mapping[str, str]
    document: Any
    path: str
    seconds: float

    def captured(self, pointer: str) -> Any:
        return MISSING if self.document is MISSING else find(self.document, pointer)


@dataclass(slots=True)
class Outcome:
    """How one step went; no problems is a pass."""

    step: str
    name: str
    problems: list[str]

    def __str__(self) -> str:
        return "\n".join([f"{self.step} {self.name.strip()}", *(f"    {each}" for each in self.problems)])


@dataclass(slots=True)
class Conversation:
    """Talks through one recording; everything it created is deleted again at the end."""

    recording: Mapping[str, Any]
    session: aiohttp.ClientSession
    base_url: str
    token: str
    values: Values = field(default_factory=lambda: Values(secrets.token_hex(4)))
    created: list[str] = field(default_factory=list)

    async def hold(self) -> list[Outcome]:
        """Go through all the steps and return their outcomes, in order; optional steps count like others."""
        for name, value in self.recording.get("vars", {}).items():
            self.values[name] = self.values.fill(value)
        outcomes = []
        try:
            for step in self.recording["steps"]:
                outcomes.append(Outcome(step["id"], step["name"], await self._problems(step)))
        finally:
            for path in reversed(self.created):
                await self._send({"method": "DELETE", "path": path})
        return outcomes

    async def _problems(self, step: Mapping[str, Any]) -> list[str]:
        try:
            if "burst" in step:
                return await self._burst(step)
            if "load" in step:
                return await self._load(step)
            return await self._exchange(step)
        except NotCaptured as missing:
            return [f"blocked: {missing}"]
        except (aiohttp.ClientError, TimeoutError) as trouble:
            return [f"no answer: {trouble!r}"]

    async def _exchange(self, step: Mapping[str, Any]) -> list[str]:
        answer = await self._send(step["request"])
        problems = self._judge(answer, step)
        wanted = step.get("capture", {})
        missed = self._capture(answer, wanted)
        problems += [f"{name} could not be captured from {wanted[name] or 'the body'}" for name in missed]
        if problems and missed and "rescue" in step:
            self._capture(await self._send(step["rescue"]), wanted)
        return problems

    def _judge(self, answer: Answer, step: Mapping[str, Any]) -> list[str]:
        expected = step.get("expect", {})
        problems = _status_problems(answer, expected.get("status"))
        if expected.get("invariants", True):
            problems += breaches(
                answer.status,
                answer.headers.get("Content-Type", ""),
                answer.document,
                step["request"]["method"],
                answer.path,
            )
        for name, pattern in expected.get("headers", {}).items():
            condition = {"at": "", "matches": self.values.fill(pattern)}
            problems += [f"header {name}: {each}" for each in complaints(condition, answer.headers.get(name))]
        conditions = list(expected.get("body", []))
        if answer.status < 300 and answer.document is not MISSING:
            conditions += expected.get("body_if_any", [])
        for condition in conditions:
            problems += complaints(self.values.fill(condition), answer.document)
        return problems

    def _capture(self, answer: Answer, wanted: Mapping[str, str]) -> list[str]:
        """Keep what an answer delivers; return the names it does not deliver."""
        missed = []
        for name, pointer in wanted.items():
            value = answer.captured(pointer)
            if value is MISSING or value is None:
                missed.append(name)
            else:
                self.values[name] = value
        return [name for name in missed if name not in self.values]

    async def _burst(self, step: Mapping[str, Any]) -> list[str]:
        answers = await asyncio.gather(*(self._send(request) for request in step["burst"]))
        counts = Counter(answer.status for answer in answers)
        expected = step["expect"]
        problems = [
            f"{counts[int(status)]} answers of {status}, not {wanted}: {dict(counts)}"
            for status, wanted in expected.get("status_counts", {}).items()
            if counts[int(status)] != wanted
        ]
        allowed = expected.get("status")
        if allowed and not counts.keys() <= set(allowed):
            problems.append(f"only {allowed} were expected: {dict(counts)}")
        name = step.get("capture_created")
        for answer in answers:
            if name and answer.status == 201:
                self.values[name] = answer.captured("/id")
        return problems

    async def _load(self, step: Mapping[str, Any]) -> list[str]:
        load = step["load"]
        gate = asyncio.Semaphore(load["parallel"])

        async def one() -> Answer:
            async with gate:
                return await self._send(step["request"])

        # Seconds of this process, which is client and server: what else the machine is busy with is left out.
        started = time.process_time()
        answers = await asyncio.gather(*(one() for _ in range(load["requests"])))
        rate = load["requests"] / (time.process_time() - started)
        unwanted = {answer.status for answer in answers} - set(step["expect"]["status"])
        problems = [f"some answers were {sorted(unwanted)}"] if unwanted else []
        if rate < load["min_rps"]:
            problems.append(f"{rate:.1f} requests a second, not {load['min_rps']}")
        return problems

    async def _send(self, request: Mapping[str, Any]) -> Answer:
        body = self._body(request)
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/scim+json"}
        if body is not None:
            headers["Content-Type"] = _JSON
        headers |= self.recording.get("defaults", {}).get("headers", {})
        own = self.values.fill(request.get("headers", {}))
        headers = {name: value for name, value in (headers | own).items() if value is not None}
        path = self.values.path(request["path"])
        started = time.perf_counter()
        async with self.session.request(
            request["method"],
            URL(self.base_url + path, encoded=True),
            headers=headers,
            data=body,
            skip_auto_headers=("User-Agent", "Content-Type"),
            allow_redirects=False,
        ) as response:
            text = await response.text()
        answer = Answer(response.status, response.headers, _parsed(text), path, time.perf_counter() - started)
        if answer.status == 201 and isinstance(new_id := answer.captured("/id"), str):
            self.created.append(f"{path.partition('?')[0].rstrip('/')}/{new_id}")
        return answer

    def _body(self, request: Mapping[str, Any]) -> bytes | None:
        if "raw_body" in request:
            return str(self.values.fill(request["raw_body"])).encode()
        return json.dumps(self.values.fill(request["body"])).encode() if "body" in request else None


def recorded(path: Path) -> Mapping[str, Any]:
    """Read a recording from its file."""
    document: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


async def hold(recording: Mapping[str, Any], base_url: str, token: str) -> list[Outcome]:
    """Hold a recorded conversation with the server at `base_url`."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        return await Conversation(recording, session, base_url, token).hold()


def _status_problems(answer: Answer, expected: Any) -> list[str]:
    allowed = [expected] if isinstance(expected, int) else expected
    if (allowed and answer.status not in allowed) or (answer.status >= 500 and not allowed):
        return [f"the status is {answer.status}, not one of {allowed}: {str(answer.document)[:200]}"]
    return []


def _parsed(text: str) -> Any:
    if not text:
        return MISSING
    try:
        return json.loads(text)
    except ValueError:
        return text
