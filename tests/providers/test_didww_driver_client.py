# SPDX-License-Identifier: GPL-3.0-or-later
"""The second driver's calls: headers, version, pages, back-off, and what each refusal and each silence becomes."""

from __future__ import annotations

import logging
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import httpx
import pytest
from voipbox.core.errors import Fault
from voipbox.providers import errors
from voipbox.providers.didww import client as client_module
from voipbox.providers.didww import pacing
from voipbox.providers.records import LocationKind, TrunkWanted

from .didww_driver_wire import JSONAPI, KEY, SECRET, VERSION, Wire, account, answer, html, refusal, row

BALANCE = row("balances", "b", {"balance": "50.00", "credit": "10.00", "total_balance": "60.00"})
TRUNK = TrunkWanted("t0007", "Tenant", "pbx.reseller.example", pbx_addresses=("203.0.113.10",))


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nobody sleeps in these tests; what would have been slept is kept."""
    slept: list[float] = []
    monkeypatch.setattr(pacing.time, "sleep", slept.append)
    monkeypatch.setattr(pacing, "_PACES", {})
    return slept


def test_a_call_says_who_and_which_version_with_media_types_without_parameters() -> None:
    wire = Wire().on("GET", "balance", answer(BALANCE))
    with wire.driver() as driver:
        assert driver.balance() == (Decimal("60.00"), "USD")
    headers = wire.requests[0].headers
    assert headers["accept"] == JSONAPI
    assert headers["api-key"] == KEY
    assert headers["x-didww-api-version"] == VERSION
    assert "authorization" not in headers
    wire = Wire().on("DELETE", "did_reservations/r", httpx.Response(204))
    wire.driver().unreserve("r")
    wire = Wire().on("POST", "address_requirement_validations", answer(row("address_requirement_validations", "q"), 201))
    assert wire.driver().validate("q", "i", "a") == ()
    assert wire.requests[0].headers["content-type"] == JSONAPI


def test_another_version_than_the_one_asked_for_is_refused() -> None:
    wire = Wire().on("GET", "balance", answer(BALANCE, version="2026-11-19"))
    with pytest.raises(errors.WrongVersion, match=r"2026-11-19 .* 2026-04-16"):
        wire.driver().balance()
    checked = wire.driver().check()
    assert not checked.good and "2026-11-19" in checked.says


def test_the_check_says_login_version_and_balance() -> None:
    checked = Wire().on("GET", "balance", answer(BALANCE)).driver().check()
    assert (checked.good, checked.balance, checked.currency) == (True, Decimal("60.00"), "USD")
    assert VERSION in checked.says and "60.00" in checked.says
    refused = Wire().on(
        "GET", "balance", refusal(401, {"title": "Unauthorized", "detail": "Authorization failed", "code": "401"})
    )
    checked = refused.driver().check()
    assert not checked.good and "short-lived tokens" in checked.says and "Correct the account's credentials" in checked.says


# Every class of the provider's documented errors: status, errors, and the type, code, faults and words they become.
REFUSALS: list[Any] = [
    (
        400,
        {"title": "Filter not allowed", "detail": "bogus is not allowed.", "code": "102", "status": "400"},
        errors.BadRequest,
        "102",
    ),
    (400, {"title": "Param not allowed", "detail": "qty is not allowed.", "code": "105"}, errors.BadRequest, "105"),
    (
        400,
        {"title": "Missing Parameter", "detail": "The required parameter, data, is missing.", "code": "106"},
        errors.BadRequest,
        "106",
    ),
    (
        400,
        {"title": "Invalid filter value", "detail": "Date must be within the last 90 days.", "code": "107"},
        errors.BadRequest,
        "107",
    ),
    (400, {"title": "invalid params", "detail": "invalid params", "code": "400"}, errors.BadRequest, "400"),
    (400, {"title": "Quota limit reached", "detail": "Quota limit reached"}, errors.AccountLimit, "400"),
    (401, {"title": "Unauthorized", "detail": "Authorization failed", "code": "401"}, errors.AuthFailed, "401"),
    (403, {"title": "Forbidden", "detail": "Customer is in read-only mode", "code": "403"}, errors.AccessDenied, "403"),
    (404, {"title": "Record not found", "detail": "The record could not be found.", "code": "404"}, errors.NotFound, "404"),
    (409, {"title": "Conflict", "detail": "it is in use"}, errors.Conflict, "409"),
    (415, {"title": "Unsupported media type", "code": "415"}, errors.BadRequest, "415"),
    (429, {"status": "429", "detail": "Too Many Requests"}, errors.RateLimited, "429"),
]


@pytest.mark.parametrize(("status", "error", "kind", "code"), REFUSALS)
def test_each_refusal_has_its_type(status: int, error: dict[str, Any], kind: type[errors.ProviderError], code: str) -> None:
    wire = Wire().on("GET", "voice_in_trunks", refusal(status, error))
    with pytest.raises(kind) as caught:
        wire.driver().ensure_trunk(TRUNK)
    assert type(caught.value) is kind or isinstance(caught.value, errors.BadRequest)
    assert caught.value.code == code
    assert caught.value.sentence.endswith(".") and len(caught.value.sentence) > 40
    if kind is not errors.RateLimited:
        assert error.get("detail", error.get("title", "")).rstrip(".") in str(caught.value)


def test_a_validation_error_names_each_field_in_our_names() -> None:
    wire = Wire().on("GET", "countries", answer([row("countries", "c", {"iso": "DE"})]))
    wire.on("GET", "identities", answer([]))
    wire.on(
        "POST",
        "identities",
        refusal(
            422,
            {"detail": "phone_number - is invalid", "code": "100", "source": {"pointer": "/data/attributes/phone_number"}},
            {"detail": "country - can't be blank", "code": "100", "source": {"pointer": "/data/relationships/country"}},
            {"detail": "vat_id - is invalid", "code": "100", "source": {"pointer": "/data/attributes/vat_id"}},
            {"detail": "Identity cannot be used", "code": "100", "source": {"pointer": "/data"}},
        ),
    )
    with pytest.raises(errors.BadRequest) as caught:
        wire.driver().ensure_identity(_identity())
    assert caught.value.faults == [
        Fault("phone", "is invalid"),
        Fault("country", "can't be blank"),
        Fault("vat_id", "is invalid"),
    ]
    assert "Identity cannot be used" in str(caught.value)


def _identity() -> Any:
    from voipbox.providers.papers import Identity

    return Identity("ref-1", "personal", "Pat", "Doe", "+44 20 7946 0155", "DE")


def test_a_name_that_is_taken_is_read_back() -> None:
    taken = {"detail": "name - has already been taken", "code": "100", "source": {"pointer": "/data/attributes/name"}}
    ours = row(
        "voice_in_trunks",
        "in-1",
        {
            "name": "t0007",
            "description": "Tenant",
            "capacity_limit": 10,
            "cli_format": "e164",
            "configuration": {"type": "sip_configurations", "attributes": {"host": "pbx.reseller.example"}},
        },
    )
    out = row(
        "voice_out_trunks",
        "out-1",
        {
            "name": "t0007",
            "authentication_method": {"attributes": {"username": "u", "password": "p", "allowed_sip_ips": ["203.0.113.10/32"]}},
            "on_cli_mismatch_action": "reject_call",
            "allow_any_did_as_cli": False,
            "capacity_limit": 10,
            "threshold_amount": None,
        },
    )
    wire = Wire().on("GET", "voice_in_trunks", answer([]), answer([ours])).on("POST", "voice_in_trunks", refusal(422, taken))
    wire.on("GET", "voice_out_trunks", answer([out]))
    trunk = wire.driver().ensure_trunk(TRUNK)
    assert (trunk.ids, trunk.username, trunk.password) == ({"inbound": "in-1", "outbound": "out-1"}, "u", "p")


def test_errors_without_title_and_code_and_strange_bodies_do_no_harm() -> None:
    for body in ([], {}, {"errors": "no"}, {"errors": [None, 7]}, {"errors": []}, "text", 7, None):
        wire = Wire().on("GET", "balance", httpx.Response(404, json=body))
        with pytest.raises(errors.BadRequest, match="the address of the API may be wrong"):
            wire.driver().balance()
    with pytest.raises(errors.NotFound, match="no reason given"):
        Wire().on("GET", "balance", refusal(404, {"source": None})).driver().balance()


@pytest.mark.parametrize(
    "silence",
    [
        html(502),
        html(522),
        html(200),
        httpx.Response(200, content=b'{"data": '),
        httpx.Response(200, json=[1]),
        httpx.Response(302),
    ],
)
def test_a_reading_call_without_a_proper_answer_is_tried_later(silence: httpx.Response) -> None:
    expected = errors.Temporary if silence.status_code != 302 else errors.ProviderError
    with pytest.raises(expected):
        Wire().on("GET", "balance", silence).driver().balance()


def test_a_reading_call_is_sent_again_once_when_the_connection_broke() -> None:
    for broken in (httpx.RemoteProtocolError("gone"), httpx.ReadError("gone"), httpx.ConnectError("no")):
        wire = Wire().on("GET", "balance", broken, answer(BALANCE))
        assert wire.driver().balance()[0] == Decimal("60.00")
        assert len(wire.requests) == 2
    wire = Wire().on("GET", "balance", httpx.ConnectError("no"))
    with pytest.raises(errors.NothingSent):
        wire.driver().balance()
    assert len(wire.requests) == 2
    wire = Wire().on("GET", "balance", httpx.ReadTimeout("slow"))
    with pytest.raises(errors.Temporary) as caught:
        wire.driver().balance()
    assert len(wire.requests) == 1 and not isinstance(caught.value, errors.NothingSent)


def test_a_writing_call_is_never_sent_again_and_its_doubt_is_said() -> None:
    for silence in (httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("gone"), html(502), html(200)):
        wire = Wire().on("DELETE", "did_reservations/r", silence)
        with pytest.raises(errors.Unconfirmed, match="held number") as caught:
            wire.driver().unreserve("r")
        assert len(wire.requests) == 1
        assert "finds what is there" in caught.value.sentence
    wire = Wire().on("DELETE", "did_reservations/r", httpx.ConnectTimeout("no"))
    with pytest.raises(errors.NothingSent):
        wire.driver().unreserve("r")
    assert len(wire.requests) == 1
    wire = Wire().on("DELETE", "did_reservations/r", refusal(404, {"detail": "Record not found", "code": "404"}))
    wire.driver().unreserve("r")  # lapsed


def test_too_many_calls_hold_everybody_back_and_end_as_rate_limited(no_pauses: list[float]) -> None:
    busy = refusal(429, {"status": "429", "detail": "Too Many Requests"})
    wire = Wire().on("GET", "balance", busy, busy, answer(BALANCE))
    assert wire.driver().balance()[0] == Decimal("60.00")
    assert sum(no_pauses) > 1.0 + 2.0 - 0.5  # what it slept in all
    wire = Wire().on("GET", "balance", busy)
    with pytest.raises(errors.RateLimited) as caught:
        wire.driver().balance()
    assert caught.value.retry_after > 0
    assert len(wire.requests) == 1 + len(client_module.PAUSES)


def test_five_calls_a_second_are_the_budget_of_an_account_over_all_its_drivers(monkeypatch: pytest.MonkeyPatch) -> None:
    present = [1000.0]
    monkeypatch.setattr(pacing.time, "monotonic", lambda: present[0])
    monkeypatch.setattr(pacing.time, "sleep", lambda seconds: present.__setitem__(0, present[0] + seconds))
    wire = Wire().on("GET", "balance", answer(BALANCE))
    for _ in range(50):
        wire.driver().balance()
    assert (50 - 3) / (present[0] - 1000.0) <= pacing.CALLS_PER_SECOND + 0.01
    before = present[0]
    wire.driver(base_url="https://other.provider2.example/v3").balance()
    assert present[0] == before  # another account does not wait


def test_pages_are_counted_by_us_and_their_addresses_are_not_followed() -> None:
    def page(request: httpx.Request) -> httpx.Response:
        number = int(dict(request.url.params)["page[number]"])
        body = {
            "data": [row("areas", f"a{number}", {"name": f"Area {number}"})],
            "meta": {"api_version": VERSION},
            "links": {"next": "https://evil.example/v3/areas"} if number < 3 else {},
        }
        return httpx.Response(200, json=body)

    wire = Wire().on("GET", "areas", page)
    found = wire.driver().locations(LocationKind.AREA, "c")
    assert [place.name for place in found] == ["Area 1", "Area 2", "Area 3"]
    assert {request.url.host for request in wire.requests} == {"api.provider2.example"}
    assert wire.query(0)["page[size]"] == "100"


def test_many_orders_at_once_share_one_budget(no_pauses: list[float]) -> None:
    pace, begun = pacing.Pace(200), time.monotonic()
    with ThreadPoolExecutor(50) as pool:
        list(pool.map(lambda _: pace.wait(), range(400)))
    assert time.monotonic() - begun + max(no_pauses) >= (400 - 3) / 200 - 0.05


def test_an_empty_id_is_never_the_whole_collection() -> None:
    wire = Wire()
    with pytest.raises(errors.NotFound):
        wire.driver().registration("")
    wire.on("GET", "address_verifications/../identities", refusal(404, {"detail": "Record not found", "code": "404"}))
    with pytest.raises(errors.NotFound):
        wire.driver().registration("../identities")
    assert wire.requests[0].url.raw_path == b"/v3/address_verifications/..%2Fidentities"


def test_time_outs_are_long_for_writing_and_shorter_for_reading() -> None:
    assert client_module._timeout(True).read == 60 and client_module._timeout(False).read == 30
    assert client_module._timeout(True).connect == 10


def test_no_credential_is_told_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    driver = Wire().on("GET", "balance", refusal(401, {"detail": "Authorization failed", "code": "401"})).driver()
    texts = [repr(driver.__dict__), repr(driver._settings)]
    for wire in (
        Wire().on("GET", "balance", refusal(401, {"detail": "Authorization failed", "code": "401"})),
        Wire().on("GET", "balance", httpx.ReadTimeout("slow")),
        Wire().on("GET", "balance", html(502)),
        Wire().on("GET", "balance", answer(BALANCE, version="2017-09-18")),
    ):
        with pytest.raises(errors.ProviderError) as caught:
            wire.driver().balance()
        texts += [caught.value.sentence, repr(caught.value), "".join(traceback.format_exception(caught.value))]
        texts += [str(request.url) for request in wire.requests]
    texts += [record.getMessage() for record in caplog.records]
    assert not [text for text in texts if KEY in text or SECRET in text]
    assert not [record for record in caplog.records if record.name.startswith("httpx")]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"base_url": "https://api.didww.com/v3", "sandbox": True}, "base_url"),
        ({"base_url": "https://API.didww.com./v3", "sandbox": True}, "base_url"),
        (
            {"base_url": "https://sandbox-api.didww.com/v3", "sandbox": True, "token_url": "https://auth.didww.com/token"},
            "token_url",
        ),
        ({"base_url": "http://api.provider2.example/v3"}, "base_url"),
        ({"base_url": "ftp://api.provider2.example/v3"}, "base_url"),
        ({"base_url": "https://user:pass@api.provider2.example/v3"}, "base_url"),
        ({"api_version": "2022-05-10"}, "api_version"),
        ({"capacity": "free"}, "capacity"),
        ({"dedicated_channels": "0"}, "dedicated_channels"),
        ({"base_url": "https://a b.example/v3"}, "base_url"),
        ({"vat_percent": "a lot"}, "vat_percent"),
        ({"spend_limit": "-1"}, "spend_limit"),
        ({"callback_url": "javascript:alert(1)"}, "callback_url"),
    ],
)
def test_settings_that_are_wrong_are_named_before_any_call(options: dict[str, Any], field: str) -> None:
    wire = Wire()
    with pytest.raises(errors.BadRequest) as caught:
        wire.driver(**options)
    assert [fault.field for fault in caught.value.faults] == [field]
    assert not wire.requests


def test_a_missing_key_is_named() -> None:
    from voipbox.providers.didww.driver import Didww

    given = account()
    given.credentials = {}
    with pytest.raises(errors.BadRequest) as caught:
        Didww(given)
    assert [fault.field for fault in caught.value.faults] == ["api_key"]


def test_a_sandbox_may_be_the_lab_and_production_is_production() -> None:
    from voipbox.providers.didww.driver import Didww

    for given in (account("http://127.0.0.1:8000/v3", sandbox=True), account("https://api.didww.com/v3")):
        Didww(given).__exit__()


def test_regulated_beginnings_may_be_named_by_the_account() -> None:
    driver = Wire().driver(regulated="+27, +49")
    assert driver.is_regulated("+27115550100") and not driver.is_regulated("+14165550100") and not driver.is_regulated("")
    assert Wire().driver(regulated=["+27"]).is_regulated("+27115550100")
    assert not Wire().driver().is_regulated("+27115550100")
