"""What is counted, for Prometheus at `/metrics`.

Every label comes from a closed set, so neither a client nor a tenant can add a series: an unknown value
counts as "other". No label names a tenant or a person.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

# Otherwise each series brings a second one that says when it began.
disable_created_metrics()  # type: ignore[no-untyped-call]

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_MICROSECONDS = tuple(round(seconds * 1_000_000) for seconds in _SECONDS)

SCIM_OPERATIONS = (
    frozenset(
        f"{collection}.{verb}"
        for collection in ("users", "groups")
        for verb in ("list", "create", "search", "get", "replace", "patch", "delete")
    )
    | frozenset(
        f"discovery.{document}"
        for document in ("config", "resource_types", "resource_type", "schemas", "schema")
    )
    | {"unsupported", "unrouted"}
)
REFUSALS = frozenset({"total", "tenant", "time"})
CHANNELS = frozenset({"api", "oauth", "scim"})
OUTCOMES = frozenset({"ok", "rate_limited", "refused", "failed", "no_answer"})
STATUS_CLASSES = frozenset({"2xx", "3xx", "4xx", "5xx"})
_CLASSES = {int(name[0]): name for name in STATUS_CLASSES}
DELIVERY_RESULTS = frozenset({"delivered", "retry", "held", "unchanged"})

HEALTHS = frozenset({"healthy", "degraded", "quarantined", "held", "reconnect needed"})
NOTICE_CHANNELS = frozenset({"email", "webhook"})
NOTICE_RESULTS = frozenset({"sent", "failed"})
READ_LOG_RESULTS = frozenset({"kept", "dropped"})


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the reference: a metric's name, kind, meaning and labels with the values each may take."""

    name: str
    kind: type[Counter] | type[Gauge] | type[Histogram]
    help: str
    labels: tuple[tuple[str, frozenset[str]], ...] = ()


SCIM_REQUESTS = Metric(
    "syncline_scim_requests_total",
    Counter,
    "SCIM requests answered.",
    (("operation", SCIM_OPERATIONS), ("status", STATUS_CLASSES)),
)
SCIM_SECONDS = Metric(
    "syncline_scim_request_seconds",
    Histogram,
    "Seconds from a SCIM request to its answer.",
    (("operation", SCIM_OPERATIONS),),
)
REFUSED = Metric(
    "syncline_requests_refused_total",
    Counter,
    "Requests turned away: the server's total, a tenant's share, or the time for an answer was used up.",
    (("reason", REFUSALS),),
)
IN_FLIGHT = Metric("syncline_requests_in_flight", Gauge, "SCIM requests being answered now.")
HUBSPOT_CALLS = Metric(
    "syncline_hubspot_calls_total",
    Counter,
    "Calls to HubSpot.",
    (("channel", CHANNELS), ("outcome", OUTCOMES)),
)
HUBSPOT_SECONDS = Metric(
    "syncline_hubspot_call_seconds",
    Histogram,
    "Seconds from a call to HubSpot to its answer.",
    (("channel", CHANNELS),),
)
DELIVERIES = Metric(
    "syncline_deliveries_total",
    Counter,
    "Deliveries decided, by what became of them.",
    (("result", DELIVERY_RESULTS),),
)
READ_LOG = Metric(
    "syncline_read_log_entries_total",
    Counter,
    "SCIM reads for the log of reads: kept, or dropped because the store was busy.",
    (("result", READ_LOG_RESULTS),),
)

CONNECTIONS = Metric(
    "syncline_connections",
    Gauge,
    "Connections to HubSpot by how they are, as the watch saw them last.",
    (("health", HEALTHS),),
)
STANDING_NOTICES = Metric(
    "syncline_notices_standing", Gauge, "Conditions that need a person, as the watch saw them last."
)
NOTICE_MESSAGES = Metric(
    "syncline_notice_messages_total",
    Counter,
    "Tries to send a notice to a subscriber.",
    (("channel", NOTICE_CHANNELS), ("result", NOTICE_RESULTS)),
)

METRICS = (
    SCIM_REQUESTS,
    SCIM_SECONDS,
    REFUSED,
    IN_FLIGHT,
    HUBSPOT_CALLS,
    HUBSPOT_SECONDS,
    DELIVERIES,
    READ_LOG,
    CONNECTIONS,
    STANDING_NOTICES,
    NOTICE_MESSAGES,
)
"""Every metric of the gateway, in the order of the reference page."""


class _Durations:
    """How often something took at the most so long, for each of `_SECONDS` and beyond; and all together."""

    __slots__ = ("counts", "total_us")

    def __init__(self) -> None:
        self.counts = [0] * (len(_SECONDS) + 1)
        self.total_us = 0

    def buckets(self) -> list[tuple[str, float]]:
        """Return them as Prometheus has them: each with all that were shorter."""
        limits = [*map(str, _SECONDS), "+Inf"]
        return list(zip(limits, map(float, accumulate(self.counts)), strict=True))


class _ScimRequests(Collector):
    """SCIM requests by operation and class of status: plain numbers, put into Prometheus' form when somebody looks.

    Its own counters lock for each of a request's, which costs more than the rest of the counting.
    """

    def __init__(self) -> None:
        self._durations: dict[tuple[str, str], _Durations] = {}
        self._known: dict[tuple[str, int], _Durations] = {}

    def count(self, operation: str, status: int, duration_us: int) -> None:
        found = self._known.get((operation, status)) or self._find(operation, status)
        found.counts[bisect_left(_MICROSECONDS, duration_us)] += 1
        found.total_us += duration_us

    def collect(self) -> Iterator[Family]:
        requests = CounterMetricFamily(SCIM_REQUESTS.name, SCIM_REQUESTS.help, labels=_names(SCIM_REQUESTS))
        seconds = HistogramMetricFamily(SCIM_SECONDS.name, SCIM_SECONDS.help, labels=_names(SCIM_SECONDS))
        together: dict[str, _Durations] = {}
        for (operation, status), found in self._durations.items():
            requests.add_metric([operation, status], sum(found.counts))
            whole = together.setdefault(operation, _Durations())
            whole.counts = [one + other for one, other in zip(whole.counts, found.counts, strict=True)]
            whole.total_us += found.total_us
        for operation, whole in together.items():
            seconds.add_metric([operation], whole.buckets(), whole.total_us / 1_000_000)
        yield requests
        yield seconds

    def _find(self, operation: str, status: int) -> _Durations:
        counted = "other" if status == 499 else _CLASSES.get(status // 100, "other")
        known = operation if operation in SCIM_OPERATIONS else "other"
        found = self._durations.setdefault((known, counted), _Durations())
        if known == operation and counted != "other":
            self._known[operation, status] = found
        return found


class Metrics:
    """The metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._scim_requests = _ScimRequests()
        self._registry.register(self._scim_requests)
        others = (metric for metric in METRICS if metric not in (SCIM_REQUESTS, SCIM_SECONDS))
        self._families = {metric.name: _family(metric, self._registry) for metric in others}
        self._series: dict[tuple[str, ...], Any] = {}

    def scim_request(self, operation: str, status: int, duration_us: int) -> None:
        """Count one SCIM request; a status outside 200 to 599 (the client hung up) counts as "other"."""
        self._scim_requests.count(operation, status, duration_us)

    def refused(self, reason: str) -> None:
        """Count one request that was turned away."""
        self._at(REFUSED, reason).inc()

    def in_flight(self, number: Callable[[], int]) -> None:
        """Read the number of requests in flight from there whenever somebody looks."""
        self._at(IN_FLIGHT).set_function(lambda: float(number()))

    def hubspot_call(self, channel: str, outcome: str, duration_us: int) -> None:
        """Count one call to HubSpot."""
        self._at(HUBSPOT_CALLS, channel, outcome).inc()
        self._at(HUBSPOT_SECONDS, channel).observe(duration_us / 1_000_000)

    def delivery(self, result: str) -> None:
        """Count one delivery that was decided."""
        self._at(DELIVERIES, result).inc()

    def read_log(self, result: str, entries: int) -> None:
        """Count entries for the log of reads."""
        self._at(READ_LOG, result).inc(entries)

    def conditions(self, healths: Mapping[str, int], notices: int) -> None:
        """Set how many connections are how, and how many conditions need a person."""
        for health in HEALTHS:
            self._at(CONNECTIONS, health).set(healths.get(health, 0))
        self._at(STANDING_NOTICES).set(notices)

    def notice_message(self, channel: str, result: str) -> None:
        """Count one try to send a notice."""
        self._at(NOTICE_MESSAGES, channel, result).inc()

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def _at(self, metric: Metric, *values: str) -> Any:
        """Return one series; looked up once, because a request should pay for counting and nothing else."""
        key = (metric.name, *values)
        series = self._series.get(key)
        if series is None:
            family = self._families[metric.name]
            bounded = [
                value if value in allowed else "other"
                for value, (_, allowed) in zip(values, metric.labels, strict=True)
            ]
            series = family.labels(*bounded) if metric.labels else family
            if bounded == list(values):
                self._series[key] = series
        return series


def _names(metric: Metric) -> list[str]:
    return [name for name, _ in metric.labels]


def _family(metric: Metric, registry: CollectorRegistry) -> Any:
    labels = _names(metric)
    if metric.kind is Histogram:
        return Histogram(metric.name, metric.help, labels, registry=registry, buckets=_SECONDS)
    return metric.kind(metric.name, metric.help, labels, registry=registry)
