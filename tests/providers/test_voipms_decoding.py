"""Values as the first provider writes them, each way that was reported."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from voipbox.providers.errors import BadRequest, ProviderError
from voipbox.providers.voipms import decoding

ROW = {"did": "4165550101", "sms": 1}
OTHER = {"did": "4165550102", "sms": "0"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ([ROW, OTHER], [ROW, OTHER]),
        ([ROW], [ROW]),
        (ROW, [ROW]),
        ({"0": ROW, "1": OTHER}, [ROW, OTHER]),
        ({str(n): {"did": str(n)} for n in (10, 9, 1)}, [{"did": "1"}, {"did": "9"}, {"did": "10"}]),
        ({"0": ROW}, [ROW]),
        ([], []), ({}, []), ("", []), (None, []),
    ],
)  # fmt: skip
def test_a_list_is_read_in_all_its_shapes(written: Any, meant: list[Any]) -> None:
    assert decoding.rows({"status": "success", "dids": written}, "dids") == meant


def test_a_missing_list_is_empty_and_something_else_is_no_list() -> None:
    assert decoding.rows({"status": "success"}, "dids") == []
    for wrong in ("many", 3, ["4165550101"], {"0": "x"}):
        with pytest.raises(ProviderError, match="no list in dids"):
            decoding.rows({"dids": wrong}, "dids")


@pytest.mark.parametrize("yes", ["1", 1, "yes", "Yes", "Y", "y", True, "true"])
def test_yes(yes: Any) -> None:
    assert decoding.flag(yes) is True


@pytest.mark.parametrize("no", ["0", 0, "no", "No", "N", "n", False, "", None, "-1"])
def test_no(no: Any) -> None:
    assert decoding.flag(no) is False


def test_another_word_is_neither() -> None:
    with pytest.raises(ProviderError, match="neither yes nor no"):
        decoding.flag("perhaps")


@pytest.mark.parametrize(
    ("written", "amount"),
    [("0.85", "0.85"), (0.85, "0.85"), ("112.192790", "112.192790"), ("0.00900000", "0.009"), (4, "4"), ("-0.40", "-0.40")],
)
def test_money_comes_as_text_or_number(written: Any, amount: str) -> None:
    assert decoding.money({"x": written}, "x") == Decimal(amount)


def test_blank_money_is_not_zero_and_words_are_no_money() -> None:
    assert decoding.money({"x": ""}, "x") is None
    assert decoding.money({}, "x") is None
    for wrong in ("call us", "NaN", "Infinity"):
        with pytest.raises(ProviderError, match="no amount in x"):
            decoding.money({"x": wrong}, "x")


def test_what_means_not_set_is_empty() -> None:
    row = {"a": "-1", "b": "0000-00-00", "c": None, "d": " x ", "e": -1, "f": 45}
    assert [decoding.text(row, name) for name in "abcdefg"] == ["", "", "", "x", "", "45", ""]
    assert decoding.secret({"password": " -1"}, "password") == " -1"


def test_times_are_utc() -> None:
    at = decoding.moment({"date": "2026-11-23 09:14:55"}, "date")
    assert at == datetime.datetime(2026, 11, 23, 9, 14, 55, tzinfo=datetime.UTC)
    with pytest.raises(ProviderError, match="no time in date"):
        decoding.moment({"date": "0000-00-00"}, "date")


def test_numbers_in_both_forms() -> None:
    assert [decoding.e164(did) for did in ("4165550101", "14165550101", "+14165550101", "442079460000")] == [
        "+14165550101", "+14165550101", "+14165550101", "442079460000",
    ]  # fmt: skip
    assert decoding.ten_digits("+14165550101") == "4165550101"
    for wrong in ("4165550101", "+442079460000", "+1416555010", ""):
        with pytest.raises(BadRequest) as refused:
            decoding.ten_digits(wrong)
        assert [fault.field for fault in refused.value.faults] == ["number"]
