"""Calls and fees of the first provider."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from voipbox.providers import errors
from voipbox.providers.voipms.usage import windows

from tests.providers.voipms_fixtures import TORONTO, VoipMsLab, wanted

UTC = datetime.UTC
NOVEMBER = datetime.datetime(2026, 11, 1, tzinfo=UTC)
DECEMBER = datetime.datetime(2026, 12, 1, tzinfo=UTC)


def call(voipms: VoipMsLab, at: str, **changes: Any) -> None:
    given = {"account": "100001_t0007", "kind": "inbound", "number": TORONTO, "peer": "+16135550155", "seconds": 11}
    voipms.control.call("POST", "/calls", **{**given, "at": at, **changes})


def test_a_call_and_its_other_side(voipms: VoipMsLab) -> None:
    call(voipms, "2026-11-20T10:40:16+00:00", callerid='"Pat Doe" <6135550155>', uniqueid="12964421x41098i8c")
    call(voipms, "2026-11-20T11:00:00+00:00", kind="outbound", seconds=61, uniqueid="o1")
    with voipms.driver() as driver:
        inbound, outbound = driver.usage(NOVEMBER, DECEMBER)
    assert (inbound.id, inbound.kind, inbound.number, inbound.peer) == (
        "call:12964421x41098i8c",
        "inbound",
        TORONTO,
        "+16135550155",
    )
    assert (inbound.seconds, inbound.amount, inbound.currency, inbound.account) == (11, Decimal("0.0018"), "USD", "100001_t0007")
    assert inbound.at == datetime.datetime(2026, 11, 20, 10, 40, 16, tzinfo=UTC)
    assert (outbound.kind, outbound.number, outbound.peer, outbound.seconds) == ("outbound", TORONTO, "+16135550155", 61)


def test_the_month_ends_at_midnight_utc(voipms: VoipMsLab) -> None:
    for at in ("2026-10-31T23:59:59", "2026-11-01T00:00:00", "2026-11-30T23:59:59", "2026-12-01T00:00:00"):
        call(voipms, f"{at}+00:00", uniqueid=at)
    with voipms.driver() as driver:
        rows = [row.id for row in driver.usage(NOVEMBER, DECEMBER)]
    assert rows == ["call:2026-11-01T00:00:00", "call:2026-11-30T23:59:59"]
    assert voipms.called("getCDR")[0]["details"]["timezone"] == "0"


def test_calls_that_were_not_answered_count_too(voipms: VoipMsLab) -> None:
    for word in ("ANSWERED", "NO ANSWER", "BUSY", "FAILED"):
        call(voipms, "2026-11-20T10:00:00+00:00", disposition=word)
    with voipms.driver() as driver:
        assert len(list(driver.usage(NOVEMBER, DECEMBER))) == 4


def test_fees_of_an_order(voipms: VoipMsLab) -> None:
    voipms.control.set_clock(datetime.datetime(2026, 11, 23, 9, 14, 55, tzinfo=UTC))
    with voipms.driver() as driver:
        driver.purchase(wanted())
        fees = list(driver.usage(NOVEMBER, DECEMBER))
        assert [(fee.kind, fee.number, fee.amount) for fee in fees] == [
            ("fee", TORONTO, Decimal("0.40")), ("fee", TORONTO, Decimal("0.85")),
        ]  # fmt: skip
        assert fees[0].description == "DID Setup Fee: 4165550100"
        ids = {fee.id for fee in fees}
        assert len(ids) == 2
        for shape in ({"scalars": "strings"}, {"scalars": "numbers"}):
            voipms.settings(**shape)
            assert {fee.id for fee in driver.usage(NOVEMBER, DECEMBER)} == ids, "the same rows, however they are written"


def test_fees_with_the_id_of_a_call_and_money_that_was_paid_in(voipms: VoipMsLab) -> None:
    both = {"date": "2026-11-23 09:14:55", "uniqueid": "12964421x41098i8c", "description": "DID Monthly Fee"}
    rows = [
        {**both, "type": "DID4165550101", "ammount": "-0.85"},
        {**both, "type": "DID4165550102", "ammount": -0.85},
        {"date": "2026-11-24 09:14:55", "uniqueid": "", "type": "Payment", "description": "Thank you", "ammount": "25.00"},
        {"date": "2026-11-24 09:14:55", "uniqueid": "7", "type": "DID4165550102", "description": "Refund", "ammount": "0.50"},
        {"date": "2026-11-24 09:14:55", "uniqueid": "8", "type": "E911", "description": "E911 Fee", "ammount": "-1.50"},
    ]  # fmt: skip
    call(voipms, "2026-11-20T10:40:16+00:00", uniqueid="12964421x41098i8c")
    voipms.control.fault("answer", "getTransactionHistory", body={"status": "success", "transactions": rows})
    with voipms.driver() as driver:
        found = list(driver.usage(NOVEMBER, DECEMBER))
    assert len({row.id for row in found}) == len(found) == 5
    assert [(row.number, row.amount) for row in found if row.kind == "fee"] == [
        ("+14165550101", Decimal("0.85")), ("+14165550102", Decimal("0.85")), ("+14165550102", Decimal("-0.50")),
        ("", Decimal("1.50")),
    ]  # fmt: skip


def test_no_calls_and_no_fees(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        assert list(driver.usage(NOVEMBER, DECEMBER)) == []
        voipms.settings(empty="absent")
        assert list(driver.usage(NOVEMBER, DECEMBER)) == []
        assert list(driver.usage(NOVEMBER, NOVEMBER)) == []


def test_a_year_is_asked_for_in_pieces_that_the_provider_takes(voipms: VoipMsLab) -> None:
    january = datetime.datetime(2026, 1, 1, tzinfo=UTC)
    for at in ("2026-01-01T00:00:00", "2026-04-02T23:59:59", "2026-04-03T00:00:00", "2026-12-31T23:59:59"):
        call(voipms, f"{at}+00:00", uniqueid=at)
    with voipms.driver() as driver:
        rows = list(driver.usage(january, january.replace(year=2027)))
    assert len(rows) == 4
    assert len(voipms.called("getCDR")) == 4 and {entry["outcome"] for entry in voipms.called("getCDR")} == {"success", "no_cdr"}


@pytest.mark.parametrize("days", [1, 2, 91, 92, 93, 184, 185, 365])
def test_windows_cover_every_day_once(days: int) -> None:
    since = datetime.datetime(2026, 1, 1, 12, tzinfo=UTC)
    until = since + datetime.timedelta(days=days)
    covered = [first + datetime.timedelta(n) for first, last in windows(since, until) for n in range((last - first).days + 1)]
    assert covered == [since.date() + datetime.timedelta(n) for n in range(days + 1)]
    assert all((last - first).days < 92 for first, last in windows(since, until))


def test_usage_that_cannot_be_read_says_so(voipms: VoipMsLab) -> None:
    voipms.control.fault("html", "getTransactionHistory", status=522)
    with voipms.driver() as driver, pytest.raises(errors.Temporary):
        list(driver.usage(NOVEMBER, DECEMBER))
