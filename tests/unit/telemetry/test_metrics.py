from __future__ import annotations

from syncline.scimserver.routes import ROUTES
from syncline.telemetry.metrics import SCIM_OPERATIONS, Metrics


def series(metrics: Metrics) -> list[str]:
    return [line for line in metrics.text().decode().splitlines() if line.startswith("syncline_")]


def test_a_request_is_counted_under_its_operation_and_the_class_of_its_status() -> None:
    metrics = Metrics()

    metrics.scim_request("users.create", 201, 1500)

    assert 'syncline_scim_requests_total{operation="users.create",status="2xx"} 1.0' in series(metrics)
    assert 'syncline_scim_request_seconds_sum{operation="users.create"} 0.0015' in series(metrics)


def test_ten_thousand_odd_operations_add_one_series() -> None:
    metrics = Metrics()
    metrics.scim_request("odd", 404, 1)
    before = len(series(metrics))

    for number in range(10_000):
        metrics.scim_request(f"/scim/v2/{number}", 404, 1)

    assert before == len(series(metrics))
    assert 'syncline_scim_requests_total{operation="other",status="4xx"} 10001.0' in series(metrics)


def test_a_client_that_hung_up_is_counted_apart() -> None:
    metrics = Metrics()

    metrics.scim_request("users.get", 499, 1)

    assert 'syncline_scim_requests_total{operation="users.get",status="other"} 1.0' in series(metrics)


def test_every_operation_of_the_scim_endpoints_has_its_own_label() -> None:
    served = {endpoint.operation for route in ROUTES for endpoint in route.endpoints.values()}

    assert served | {"unrouted"} == SCIM_OPERATIONS


def test_requests_in_flight_are_read_when_somebody_looks() -> None:
    metrics = Metrics()
    numbers = iter([3, 4])
    metrics.in_flight(lambda: next(numbers))

    assert "syncline_requests_in_flight 3.0" in series(metrics)
    assert "syncline_requests_in_flight 4.0" in series(metrics)


def test_a_duration_counts_in_its_bucket_and_in_all_longer_ones() -> None:
    metrics = Metrics()
    for status, duration_us in ((200, 1000), (200, 1001), (404, 40_000_000)):
        metrics.scim_request("users.get", status, duration_us)

    counted = dict(line.rsplit(" ", 1) for line in series(metrics))
    name = 'syncline_scim_request_seconds_bucket{le="%s",operation="users.get"}'
    assert ["1.0", "2.0", "2.0", "3.0"] == [counted[name % le] for le in ("0.001", "0.0025", "30.0", "+Inf")]
