"""The first provider's sandbox by itself, spoken to without the driver: it behaves as the provider is reported to."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from voipbox_lab.providers.control import SandboxControl
from voipbox_lab.providers.voipms.sandbox import PATH
from voipbox_lab.providers.voipms.state import PASSWORD, USERNAME

from tests.controller.conftest import ROOT
from tests.providers.voipms_fixtures import TORONTO, VoipMsLab

LOGIN = {"api_username": USERNAME, "api_password": PASSWORD}
DID = TORONTO.removeprefix("+1")
ORDER = {"did": DID, "routing": "none:", "pop": "45", "dialtime": "60", "cnam": "0", "billing_type": "1", "note": "ref-1"}
SUB = {
    "username": "t0007", "protocol": "1", "auth_type": "1", "password": "Sip-Pass_9472x", "device_type": "1",
    "lock_international": "1", "international_route": "1", "music_on_hold": "default", "allowed_codecs": "ulaw",
    "dtmf_mode": "auto", "nat": "yes",
}  # fmt: skip
Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call(voipms: VoipMsLab) -> Iterator[Call]:
    """Call a method: call("getIP"), call("orderDID", did=...); the answer's object."""

    def called(method: str, login: dict[str, str] = LOGIN, **form: str) -> dict[str, Any]:
        fields = {**login, "method": method, **form}
        answer = client.post(voipms.url + PATH, files={name: (None, value) for name, value in fields.items()})
        assert answer.status_code == 200
        content: dict[str, Any] = answer.json()
        return content

    with httpx.Client(trust_env=False, verify=False, timeout=10) as client:
        yield called


def status(answer: dict[str, Any]) -> str:
    return str(answer["status"])


def test_get_and_multipart_are_taken_and_other_bodies_break_it(voipms: VoipMsLab) -> None:
    form = {**LOGIN, "method": "getIP"}
    url = voipms.url + PATH
    with httpx.Client(trust_env=False, verify=False) as client:
        assert client.get(url, params=form).json() == {"status": "success", "ip": "203.0.113.10"}
        assert client.post(url, files={name: (None, value) for name, value in form.items()}).json()["status"] == "success"
        for broken in (client.post(url, data=form), client.post(url, json=form)):
            assert broken.status_code == 500 and broken.headers["content-type"].startswith("text/html")
        assert client.get(voipms.url + "/", params=form).status_code == 404


def test_who_may_call(call: Call, voipms: VoipMsLab) -> None:
    assert status(call("getBalance", {})) == "missing_credentials"
    assert status(call("getBalance", {**LOGIN, "api_password": "x"})) == "invalid_credentials"
    assert status(call("noSuchMethod")) == "invalid_method"
    voipms.settings(caller="198.51.100.99")
    assert status(call("getBalance")) == "ip_not_enabled"
    assert call("getIP") == {"status": "success", "ip": "198.51.100.99"}, "the one method that answers anybody with a login"
    voipms.settings(api_enabled=False)
    assert status(call("getIP")) == "api_not_enabled"


def test_an_order_answers_with_one_word_and_charges_at_once(call: Call, voipms: VoipMsLab) -> None:
    assert status(call("orderDID", **ORDER, test="1")) == "success"
    assert voipms.control.purchases() == [] and status(call("getDIDsInfo", did=DID)) == "no_did"
    assert call("orderDID", **ORDER) == {"status": "success"}
    assert call("getBalance")["balance"]["current_balance"] == "110.942790"
    (row,) = call("getDIDsInfo", did=DID)["dids"]
    assert (row["did"], row["note"], row["routing"], row["pop"]) == (DID, "ref-1", "none:", 45)
    assert row["reseller_next_billing"] == "0000-00-00"
    assert status(call("orderDID", **ORDER)) == "did_in_use"
    assert len(voipms.control.purchases(TORONTO, "ref-1")) == 1
    voipms.settings(repeat_orders="charge")
    assert status(call("orderDID", **ORDER)) == "success"
    assert len(voipms.control.purchases(TORONTO)) == 2, "the opposite, which is not known either"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"did": ""}, "missing_did"), ({"did": "1" + DID}, "invalid_did"), ({"did": "4165550999"}, "invalid_did"),
        ({"routing": ""}, "missing_routing"), ({"routing": "100001_x"}, "invalid_routing_header"),
        ({"routing": "account:100001_x"}, "invalid_routing_record"), ({"pop": ""}, "missing_serverpop"),
        ({"pop": "1"}, "invalid_serverpop"), ({"dialtime": ""}, "missing_dialtime"), ({"dialtime": "x"}, "invalid_dialtime"),
        ({"cnam": ""}, "missing_cnam"), ({"cnam": "true"}, "invalid_cnam"), ({"billing_type": ""}, "missing_billingtype"),
        ({"billing_type": "3"}, "invalid_billingtype"), ({"note": "x" * 50}, "invalid_note"), ({"test": "true"}, "invalid_test"),
        ({"callerid_prefix": "x" * 20}, "invalid_callerid_prefix"),
    ],
)  # fmt: skip
def test_an_order_is_checked_field_by_field(call: Call, voipms: VoipMsLab, change: dict[str, str], code: str) -> None:
    assert status(call("orderDID", **{**ORDER, **change})) == code
    assert voipms.control.purchases() == []


def test_limits_of_money_and_of_the_account(call: Call, voipms: VoipMsLab) -> None:
    voipms.control.balance("1.24")
    assert status(call("orderDID", **ORDER)) == "non_sufficient_funds"
    voipms.control.balance("1.25")
    assert status(call("orderDID", **ORDER)) == "success"
    voipms.control.balance("100")
    voipms.settings(did_limit=1)
    assert status(call("orderDID", **{**ORDER, "did": "4165550101"})) == "did_limit_reached"


def test_a_full_setter_resets_what_it_is_not_given(call: Call) -> None:
    call("createSubAccount", **SUB)
    call("orderDID", **{**ORDER, "callerid_prefix": "ACME "})
    call("setDIDRouting", did=DID, routing="account:100001_t0007")
    (row,) = call("getDIDsInfo", did=DID)["dids"]
    assert (row["note"], row["callerid_prefix"]) == ("ref-1", "ACME "), "the narrow setter touches nothing else"
    full = {name: value for name, value in ORDER.items() if name != "note"}
    assert status(call("setDIDInfo", **full)) == "success"
    (row,) = call("getDIDsInfo", did=DID)["dids"]
    assert (row["note"], row["callerid_prefix"], row["routing"]) == ("", "", "none:")
    assert status(call("setDIDInfo", **{**full, "cnam": "1", "callerid_prefix": "ACME "})) == "success"
    assert call("getDIDsInfo", did=DID)["dids"][0]["callerid_prefix"] == "", "looking up names silently ends prefixes"
    assert status(call("setDIDBillingType", did=DID, billing_type="1")) == "same_did_billingtype"
    assert status(call("setDIDBillingType", did=DID, billing_type="2")) == "success"


def test_numbers_of_one_sub_account(call: Call) -> None:
    call("createSubAccount", **SUB)
    call("orderDID", **{**ORDER, "routing": "account:100001_t0007"})
    call("orderDID", **{**ORDER, "did": "4165550101"})
    assert [row["did"] for row in call("getDIDsInfo", client="100001_t0007")["dids"]] == [DID]
    assert len(call("getDIDsInfo")["dids"]) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"international_route": "0"}, "missing_internationalroute"), ({"music_on_hold": "none"}, "invalid_musiconhold"),
        ({"username": "with-dash"}, "invalid_username"), ({"username": "longerthantwelve"}, "invalid_username"),
        ({"password": "Password1"}, "weak_password"), ({"password": "aB3"}, "invalid_password_lessthan_8characters_long"),
        ({"password": "Abc12345^"}, "invalid_password_ilegal_characters"),
        ({"allowed_codecs": "ulaw,g729"}, "invalid_allowedcodecs"),
        ({"auth_type": "2"}, "missing_ip"), ({"enable_ip_restriction": "1"}, "missing_ip_restriction"),
        ({"max_expiry": "59"}, "invalid_max_expiry"), ({"nat": ""}, "missing_nat"),
    ],
)  # fmt: skip
def test_a_sub_account_is_checked_field_by_field(call: Call, change: dict[str, str], code: str) -> None:
    assert status(call("createSubAccount", **{**SUB, **change})) == code
    assert status(call("getSubAccounts")) == "no_subaccount"


def test_sub_accounts_are_found_by_name_and_not_by_id(call: Call) -> None:
    made = call("createSubAccount", **SUB, description="one")
    assert made["account"] == "100001_t0007"
    assert status(call("createSubAccount", **SUB)) == "used_username"
    assert status(call("createSubAccount", **{**SUB, "username": "t0008"}, description="one")) == "used_description"
    assert status(call("getSubAccounts", account=str(made["id"]))) == "no_subaccount"
    (row,) = call("getSubAccounts", account="100001_t0007")["accounts"]
    assert row["password"] == "Sip-Pass_9472x", "in clear"
    assert row["callerid_number"] == "-1"
    call("orderDID", **{**ORDER, "routing": "account:100001_t0007"})
    assert status(call("delSubAccount", id=str(made["id"]))) == "account_with_dids"
    call("cancelDID", did=DID)
    assert status(call("delSubAccount", id=str(made["id"]))) == "success"


def test_what_is_out_of_stock_can_be_back_ordered_without_an_id(call: Call, voipms: VoipMsLab) -> None:
    order = {name: ORDER[name] for name in ("routing", "pop", "dialtime", "cnam", "billing_type")}
    assert call("backOrderDIDCAN", quantity="1", province="ON", ratecenter="Stoney Point", **order) == {"status": "success"}
    assert status(call("backOrderDIDUSA", quantity="1", state="NY", ratecenter="ALBANY", **order)) == "unsifficient_stock"
    listed = call("getBackOrders")
    (row,) = listed["back_orders"]
    assert row["description"] == "Stoney Point, ON" and "note" not in row
    voipms.control.call("POST", f"/back_orders/{row['id']}/fulfil", did="5195550100")
    assert call("getDIDsInfo", did="5195550100")["dids"][0]["description"] == "Stoney Point, ON"
    assert len(voipms.control.purchases("+15195550100")) == 1


def test_toll_free_numbers_have_one_plan_and_sometimes_no_price(call: Call, voipms: VoipMsLab) -> None:
    rows = {row["did"]: row for row in call("searchTollFreeCanUS")["dids"]}
    assert (rows["8335550108"]["monthly"], rows["8335550108"]["setup"]) == ("", "")
    assert set(call("searchTollFreeUSA", type="ends", query="0107")["dids"][0]) == {
        "did", "monthly", "minute_usa", "minute_canada", "setup",
    }  # fmt: skip
    order = {name: value for name, value in ORDER.items() if name != "billing_type"}
    assert status(call("orderTollFree", **{**order, "did": "8335550107"})) == "success"
    assert status(call("orderDID", **{**ORDER, "did": "8335550109"})) == "invalid_did"
    assert status(call("orderVanity", **{**order, "did": "8335550106"})) == "missing_carrier"
    assert status(call("searchVanity", type="833", query="5550105")) == "success"
    assert status(call("searchVanity", type="833", query="555")) == "invalid_query"
    assert len(voipms.control.purchases()) == 1


def test_searches(call: Call) -> None:
    assert status(call("searchDIDsUSA", state="NY")) == "missing_type"
    assert status(call("searchDIDsUSA", state="NY", type="contains")) == "missing_query"
    assert status(call("getDIDsUSA", state="ZZ")) == "invalid_state"
    assert status(call("getDIDsUSA", state="NY", ratecenter="New York")) == "unavailable_info", "names are case-sensitive"
    assert call("searchDIDsUSA", type="starts", query="212JKL01")["dids"][0]["did"] == "2125550100", "letters of the keypad"
    usa = call("getDIDsUSA", state="NY", ratecenter="NEW YORK")["dids"][0]
    assert "has_port_out_pin" in usa and "sms" in usa
    assert "sms" not in call("searchDIDsUSA", type="starts", query="212")["dids"][0]


def test_calls_want_a_short_range_and_a_disposition(call: Call) -> None:
    form = {"date_from": "2026-11-01", "date_to": "2026-11-22", "timezone": "0"}
    assert status(call("getCDR", **form)) == "no_callstatus"
    assert status(call("getCDR", **form, answered="1")) == "no_cdr"
    assert status(call("getCDR", **{**form, "date_from": "2026-01-01"}, answered="1")) == "invalid_daterange"
    assert status(call("getCDR", **{**form, "timezone": "14"}, answered="1")) == "invalid_timezone"


def test_the_providers_own_clock_in_dates(call: Call, voipms: VoipMsLab) -> None:
    import datetime

    voipms.settings(offset=5)
    voipms.control.set_clock(datetime.datetime(2026, 12, 1, 3, tzinfo=datetime.UTC))
    call("orderDID", **ORDER)
    assert call("getDIDsInfo", did=DID)["dids"][0]["order_date"].startswith("2026-11-30 22:00")
    assert status(call("getTransactionHistory", date_from="2026-12-01", date_to="2026-12-01")) == "no_transactions"
    rows = call("getTransactionHistory", date_from="2026-11-30", date_to="2026-11-30")["transactions"]
    assert [row["ammount"] for row in rows] == ["-0.40", "-0.85"] or [float(row["ammount"]) for row in rows] == [-0.4, -0.85]


def test_a_drained_balance_stops_calls_silently(call: Call, voipms: VoipMsLab) -> None:
    call("createSubAccount", **SUB)
    call("orderDID", **{**ORDER, "routing": "account:100001_t0007"})
    assert voipms.would_ring()["why"] == "100001_t0007 is not registered"
    voipms.settings(registers_at="45")
    assert voipms.would_ring()["rings"]
    voipms.control.balance("0")
    assert status(call("getDIDsInfo", did=DID)) == "success"
    assert voipms.would_ring() == {"rings": False, "why": "the balance is used up"}


def test_the_journal_keeps_no_secret(call: Call, voipms: VoipMsLab) -> None:
    call("createSubAccount", **SUB)
    written = str(voipms.control.calls())
    assert PASSWORD not in written and SUB["password"] not in written and USERNAME not in written
    assert "createSubAccount" in written


def test_wrong_words_at_the_switchboard_are_told(voipms: VoipMsLab) -> None:
    for wrong in (
        lambda: voipms.control.fault("no_such_fault"),
        lambda: voipms.settings(no_such_setting=1),
        lambda: voipms.settings(slow="long"),
        lambda: voipms.control.seed(no_such_seed=1),
        lambda: voipms.control.call("GET", "/nowhere"),
        lambda: voipms.control.call("POST", "/clock", set="tomorrow"),
    ):
        with pytest.raises(ValueError):
            wrong()


def test_a_seed_and_a_reset(call: Call, voipms: VoipMsLab) -> None:
    stock = [{"did": "5195550123", "province": "ON", "ratecenter": "Windsor"}]
    voipms.control.seed(balance="5.00", only_stock=True, stock=stock, settings={"rows": "index_map"})
    assert call("getDIDsCAN", province="ON")["dids"]["0"]["ratecenter"] == "Windsor"
    assert call("getBalance")["balance"]["current_balance"] == "5.000000"
    voipms.control.fail(2)
    voipms.control.reset()
    assert voipms.control.faults() == [] and voipms.control.calls() == []
    assert call("getBalance")["balance"]["current_balance"] == "112.192790"


def test_the_next_calls_fail(voipms: VoipMsLab) -> None:
    voipms.control.fail(2, status=522)
    with httpx.Client(trust_env=False, verify=False) as client:
        answers = [client.get(voipms.url + PATH, params={**LOGIN, "method": "getIP"}).status_code for _ in range(3)]
    assert answers == [522, 522, 200]


def test_it_runs_by_itself(tmp_path: Path) -> None:
    paths = [str(ROOT / "lab"), str(ROOT / "controller")]
    argv = [sys.executable, "-m", "voipbox_lab.providers.voipms", "--port", "0", "--state", str(tmp_path / "state")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    with subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            told = tmp_path / "state" / "url"
            deadline = time.monotonic() + 30
            while not (told.exists() and told.read_text().strip()) and time.monotonic() < deadline:
                assert process.poll() is None
                time.sleep(0.05)
            url = told.read_text().strip()
            assert SandboxControl(url).ping()
            with httpx.Client(trust_env=False, verify=False) as client:
                answer = client.get(url + PATH, params={**LOGIN, "method": "getBalance"})
            assert answer.json()["status"] == "success"
        finally:
            process.terminate()
            output = process.communicate(timeout=20)[0].decode()
    assert process.returncode == 0 and PASSWORD not in output
    assert not told.exists()
