# SPDX-License-Identifier: GPL-3.0-or-later
"""The second provider's sandbox: calls as compressed CSV."""

from __future__ import annotations

import csv
import datetime
import gzip
import io
from typing import Any

import pytest

from tests.providers.didww_fixtures import DidwwSandbox

START = "Date/Time Start (UTC)"
NOW = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)


@pytest.fixture
def november(didww: DidwwSandbox) -> DidwwSandbox:
    """A sandbox in November with three calls in October."""
    didww.control.set_clock(NOW)
    for at, number, cost in (
        ("2026-10-01 00:00:00", "442079460101", "0.010"),
        ("2026-10-31 23:59:59", "442079460102", "0.020"),
        ("2026-11-01 00:00:00", "442079460101", "0.040"),
    ):
        row = {START: at, "Destination DID": number, "Duration (sec)": 57, "Total (USD)": cost, "Call ID": f"{number}-{cost}"}
        didww.control.call("POST", "/calls", type="cdr_in", row=row)
    return didww


def _create(didww: DidwwSandbox, status: int = 201, kind: str = "cdr_in", **filters: str) -> dict[str, Any]:
    filters = {"from": "2026-10-01 00:00:00", "to": "2026-11-01 00:00:00", **filters}
    given = {"export_type": kind, "filters": filters, "external_reference_id": "cdr-2026-10"}
    return didww.send("POST", "/exports", status, given)


def _rows(didww: DidwwSandbox, made: dict[str, Any]) -> list[dict[str, str]]:
    url = didww.get(f"/exports/{made['data']['id']}")["data"]["attributes"]["url"]
    answer = didww.http.get(url)
    assert answer.headers["Content-Type"] == "application/gzip"
    return list(csv.DictReader(io.StringIO(gzip.decompress(answer.content).decode())))


def test_from_is_inclusive_and_to_is_not(november: DidwwSandbox) -> None:
    made = _create(november)
    assert made["data"]["attributes"]["status"] == "pending" and made["data"]["attributes"]["url"] is None
    rows = _rows(november, made)
    assert [row["Total (USD)"] for row in rows] == ["0.010", "0.020"]
    assert len(rows[0]) == 22 and rows[0]["Duration (sec)"] == "57"
    assert november.id_of("/exports", filter__external_reference_id="cdr-2026-10") == made["data"]["id"]


def test_of_one_number(november: DidwwSandbox) -> None:
    assert [row["Total (USD)"] for row in _rows(november, _create(november, did_number="442079460102"))] == ["0.020"]


def test_of_one_trunk(november: DidwwSandbox) -> None:
    method = {"type": "credentials_and_ip", "attributes": {"allowed_sip_ips": ["203.0.113.10"]}}
    attributes = {"name": "tenant-t0007", "on_cli_mismatch_action": "reject_call", "authentication_method": method}
    trunk = november.send("POST", "/voice_out_trunks", 201, attributes)["data"]["id"]
    for name in ("tenant-t0007", "tenant-t0008"):
        row = {START: "2026-10-05 10:00:00", "Voice OUT Trunk": name, "Charged (USD)": "0.010"}
        november.control.call("POST", "/calls", type="cdr_out", row=row)
    rows = _rows(november, _create(november, kind="cdr_out", **{"voice_out_trunk.id": trunk}))
    assert [row["Voice OUT Trunk"] for row in rows] == ["tenant-t0007"]
    assert len(rows[0]) == 19


def test_exports_take_their_time(november: DidwwSandbox) -> None:
    november.settings(export_delay=30)
    made = _create(november)
    path = f"/exports/{made['data']['id']}"
    assert november.get(path)["data"]["attributes"]["status"] == "pending"
    assert november.http.get(f"{path}.csv.gz").status_code == 404
    november.control.advance(31)
    assert november.get(path)["data"]["attributes"]["status"] == "completed"
    assert len(_rows(november, made)) == 2


@pytest.mark.parametrize(
    ("filters", "detail"),
    [
        ({"from": "2026-08-31 23:59:59"}, "filters - from must be within the current and 2 previous months"),
        ({"from": "2026-10-01"}, "filters - from is invalid"),
        ({"to": "2026-10-01 00:00:00"}, "filters - to must be after from"),
        ({"year": "2026"}, "filters - is invalid"),
    ],
)
def test_filters_are_checked(november: DidwwSandbox, filters: dict[str, str], detail: str) -> None:
    error = _create(november, 422, **filters)["errors"][0]
    assert error["detail"] == detail
    assert error["source"] == {"pointer": "/data/attributes/filters"}


def test_the_month_before_the_last_is_the_earliest(november: DidwwSandbox) -> None:
    _create(november, **{"from": "2026-09-01 00:00:00"})


def test_calls_of_tests_are_checked_as_well(november: DidwwSandbox) -> None:
    with pytest.raises(ValueError, match="bogus"):
        november.control.call("POST", "/calls", type="cdr_in", row={START: "2026-10-05 01:11:42", "bogus": "1"})
    with pytest.raises(ValueError, match="cdr_in, cdr_out only"):
        november.control.call("POST", "/calls", type="other", row={})
