"""Answers in the provider's own words, as its reference and people running against it show them, read by the driver.

Each is restated here with fictional numbers: the sandbox answers exactly this body once, and the driver must take it.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from voipbox.providers import errors
from voipbox.providers.records import LocationKind, Search, Trunk

from tests.providers.voipms_fixtures import VoipMsLab, trunk_wanted, wanted

NOVEMBER = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)
DECEMBER = datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC)
NUMBER = "+14165550101"
TRUNK = Trunk("t0007", "100001_t0007", {"account": "100001_t0007"})

CANADIAN = {
    "did": "4165550101", "ratecenter": "Toronto", "province": "ON", "province_description": "ONTARIO",
    "perminute_monthly": "0.85", "perminute_minute": "0.0090", "perminute_setup": "0.40",
    "flat_monthly": "4.25", "flat_minute": "0.00", "flat_setup": "0.40", "sms": 1,
}  # fmt: skip
SECOND = {**CANADIAN, "did": "4165550102", "sms": 0}
AMERICAN = {
    "did": "2125550142", "ratecenter": "NEW YORK", "state": "NY", "state_description": "NEW YORK",
    "perminute_monthly": "0.99", "perminute_minute": "0.01", "perminute_setup": "0.50",
    "flat_monthly": "4.95", "flat_minute": "0.00", "flat_setup": "1.00", "has_port_out_pin": 1, "sms": 1,
}  # fmt: skip
OWNED = {
    "did": "4165550101", "description": "Toronto, ON", "routing": "account:100001_t0007", "failover_busy": "none:",
    "failover_unreachable": "none:", "failover_noanswer": "none:", "voicemail": "0", "pop": "45", "dialtime": "60",
    "cnam": "0", "e911": "0", "callerid_prefix": "", "note": "vb-1", "port_out_pin": "", "billing_type": "1",
    "next_billing": "2026-12-23", "order_date": "2026-11-23 09:14:55", "reseller_account": "",
    "reseller_next_billing": "0000-00-00", "reseller_monthly": "0.00000000", "sms_available": 1, "sms_enabled": "0",
}  # fmt: skip
SERVERS = [
    {"server_name": "Toronto 1, ON", "server_shortname": "Toronto 1", "server_hostname": "toronto1.provider1.example",
     "server_ip": "198.51.100.50", "server_country": "Canada", "server_pop": "45", "server_recommended": "Yes"},
    {"server_name": "Toronto 2, ON", "server_shortname": "Toronto 2", "server_hostname": "toronto2.provider1.example",
     "server_ip": "198.51.100.51", "server_country": "Canada", "server_pop": "99", "server_recommended": "no"},
    {"server_name": "New York 7, NY", "server_shortname": "New York 7", "server_hostname": "newyork7.provider1.example",
     "server_ip": "198.51.100.77", "server_country": "USA", "server_pop": "73", "server_recommended": 1},
]  # fmt: skip
SUB = {
    "id": "99785", "account": "100001_t0007", "username": "t0007", "description": "t0007 Acme", "protocol": "1",
    "auth_type": "1", "password": "Sip-Pass_9472x", "ip": "", "device_type": "1", "callerid_number": "-1",
    "canada_routing": "1", "lock_international": "1", "international_route": "1", "music_on_hold": "default",
    "language": "en", "allowed_codecs": "ulaw", "dtmf_mode": "auto", "nat": "yes", "sip_traffic": "0",
    "max_expiry": "3600", "ip_restriction": "203.0.113.10", "enable_ip_restriction": "1", "pop_restriction": "",
    "enable_pop_restriction": "0", "send_bye": "1", "record_calls": "0", "reseller_nextbilling": "0000-00-00",
}  # fmt: skip
CALL = {
    "date": "2026-11-20 10:40:16", "callerid": '"Pat Doe" <6135550155>', "destination": "4165550101",
    "description": "Inbound - Local Caller", "account": "100001_t0007", "disposition": "ANSWERED", "duration": "00:00:11",
    "seconds": "11", "rate": "0.00900000", "total": "0.00180000", "uniqueid": "12964421x41098i8c", "destination_type": "IN:CAN",
}  # fmt: skip
FEE = {
    "date": "2026-11-23 09:14:55", "uniqueid": "12964421x41098i8d", "type": "DID4165550101",
    "description": "DID Monthly Fee: 4165550101", "ammount": "-0.85",
}  # fmt: skip


def numbers(offers: Any) -> list[str]:
    return [offer.number for offer in offers]


TORONTO = Search("CA", "CA-ON", "Toronto")
NEW_YORK = Search("US", "US-NY", "NEW YORK")
EXAMPLES: list[tuple[str, dict[str, Any], Callable[[Any], Any], Any]] = [
    ("getBalance", {"balance": {"current_balance": "112.192790"}}, lambda d: d.balance(), (Decimal("112.192790"), "USD")),
    (
        "getBalance",
        {
            "balance": {
                "current_balance": "112.192790",
                "spent_total": "21.05321",
                "calls_total": "2788",
                "time_total": "10:17:48",
            }
        },
        lambda d: d.balance()[0],
        Decimal("112.192790"),
    ),
    (
        "getServersInfo",
        {"servers": SERVERS},
        lambda d: d.addresses(),
        ["198.51.100.50/32", "198.51.100.51/32", "198.51.100.77/32"],
    ),
    ("getServersInfo", {"servers": SERVERS[0]}, lambda d: d.addresses(), ["198.51.100.50/32"]),
    (
        "getProvinces",
        {"provinces": [{"province": "ON", "description": "ONTARIO"}, {"province": "QC", "description": "QUEBEC"}]},
        lambda d: [(one.id, one.name) for one in d.locations(LocationKind.REGION, "CA")],
        [("CA-ON", "Ontario"), ("CA-QC", "Quebec")],
    ),
    (
        "getStates",
        {"states": [{"state": "NY", "description": "NEW YORK"}]},
        lambda d: [(one.id, one.name) for one in d.locations(LocationKind.REGION, "US")],
        [("US-NY", "New York")],
    ),
    (
        "getRateCentersCAN",
        {"ratecenters": [{"ratecenter": "Toronto", "available": "yes"}, {"ratecenter": "Stoney Point", "available": "no"}]},
        lambda d: [(one.id, one.has_numbers) for one in d.locations(LocationKind.CITY, "CA-ON")],
        [("Toronto", True), ("Stoney Point", False)],
    ),
    ("getDIDsCAN", {"dids": [CANADIAN, SECOND]}, lambda d: numbers(d.search(TORONTO)), [NUMBER, "+14165550102"]),
    ("getDIDsCAN", {"dids": {"0": CANADIAN, "1": SECOND}}, lambda d: numbers(d.search(TORONTO)), [NUMBER, "+14165550102"]),
    ("getDIDsCAN", {"dids": [SECOND]}, lambda d: d.search(TORONTO)[0].features, ()),
    ("getDIDsUSA", {"dids": [AMERICAN]}, lambda d: d.search(NEW_YORK)[0].features, ("sms",)),
    ("getDIDsUSA", {"dids": AMERICAN}, lambda d: numbers(d.search(NEW_YORK)), ["+12125550142"]),
    ("searchDIDsCAN", {"dids": [CANADIAN]}, lambda d: numbers(d.search(Search("CA", pattern="*0101*"))), [NUMBER]),
    ("searchDIDsUSA", {"dids": [AMERICAN]}, lambda d: numbers(d.search(Search("US", pattern="212555*"))), ["+12125550142"]),
    ("orderDID", {}, lambda d: d.purchase(wanted(NUMBER)).numbers, (NUMBER,)),
    ("getDIDsInfo", {"dids": [OWNED]}, lambda d: d.number(NUMBER).reference, "vb-1"),
    ("getDIDsInfo", {"dids": OWNED}, lambda d: d.number(NUMBER).route, "account:100001_t0007"),
    ("getDIDsInfo", {"dids": {"0": OWNED}}, lambda d: d.numbers()[0].pop, "45"),
    ("getDIDsInfo", {"dids": [{**OWNED, "did": 14165550101, "pop": 45}]}, lambda d: d.number(NUMBER).pop, "45"),
    ("getDIDsInfo", {"dids": OWNED}, lambda d: d.find_purchase("vb-1", NUMBER)[0].numbers, (NUMBER,)),
    ("getSubAccounts", {"accounts": [SUB]}, lambda d: d.ensure_trunk(trunk_wanted("t0007")).ids["id"], "99785"),
    ("getSubAccounts", {"accounts": SUB}, lambda d: d.ensure_trunk(trunk_wanted("t0007")).username, "100001_t0007"),
    ("getRegistrationStatus", {"registered": "no"}, lambda d: d.registered(TRUNK), False),
    (
        "getRegistrationStatus",
        {"registered": "yes", "rerouted": "0", "from_server_pop": "45", "registrations": [{"register_ip": "203.0.113.10"}]},
        lambda d: d.registered(TRUNK),
        True,
    ),
    ("getCDR", {"cdr": [CALL]}, lambda d: [row.peer for row in d.usage(NOVEMBER, DECEMBER)], ["+16135550155"]),
    ("getCDR", {"cdr": CALL}, lambda d: [row.amount for row in d.usage(NOVEMBER, DECEMBER)], [Decimal("0.0018")]),
    ("getTransactionHistory", {"transactions": [FEE]}, lambda d: [row.number for row in d.usage(NOVEMBER, DECEMBER)], [NUMBER]),
]


@pytest.mark.parametrize(("method", "body", "act", "expected"), EXAMPLES, ids=[f"{n}-{row[0]}" for n, row in enumerate(EXAMPLES)])
@pytest.mark.parametrize("word", ["success", "Success"])
def test_an_answer_of_the_provider(
    voipms: VoipMsLab, method: str, body: dict[str, Any], act: Any, expected: Any, word: str
) -> None:
    # The look before an order finds nothing; only the order itself is answered with the example.
    voipms.control.fault("answer", method, body={"status": word, **body})
    with voipms.driver() as driver:
        assert act(driver) == expected
    assert voipms.called(method)[0]["fault"] == "answer"
    assert "setSubAccount" not in voipms.names(), "the example's sub-account is what is wanted"


def test_a_cdn_in_front_answers_in_html(voipms: VoipMsLab) -> None:
    for status, title in ((522, "522: Connection timed out"), (403, "Just a moment...")):
        page = f"<html><head><title>{title}</title></head><body></body></html>"
        voipms.control.fault("answer", "getDIDsInfo", status=status, body=page, content_type="text/html")
        with voipms.driver() as driver, pytest.raises(errors.Temporary, match=f"HTTP {status}, text/html"):
            driver.numbers()


def test_json_that_is_called_html_is_read_all_the_same(voipms: VoipMsLab) -> None:
    body = '{"status": "success", "balance": {"current_balance": "1.5"}}'
    voipms.control.fault("answer", "getBalance", body=body, content_type="text/html; charset=UTF-8")
    with voipms.driver() as driver:
        assert driver.balance() == (Decimal("1.5"), "USD")


def test_a_success_without_what_was_asked_for_is_no_answer(voipms: VoipMsLab) -> None:
    for body in ({}, {"balance": {}}, {"balance": "12"}, {"balance": {"current_balance": ""}}):
        voipms.control.fault("answer", "getBalance", body={"status": "success", **body})
        with voipms.driver() as driver, pytest.raises(errors.ProviderError, match="has no balance"):
            driver.balance()
