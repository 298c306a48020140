# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: F811 - fixtures are imported and then named as parameters
"""The second driver against the second provider's sandbox: account: usage, login, balance, version, tokens."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from voipbox.providers import errors
from voipbox.providers.didww import usage as usage_module
from voipbox.providers.didww.driver import Didww
from voipbox_lab.providers.control import SandboxControl

from .didww_driver_lab import TRUNK, buy, control, driver, no_budget, offers, open_driver, url  # noqa: F401 - fixtures too
from .didww_driver_wire import KEY, account


def test_usage_is_calls_and_fees_each_with_an_id_of_its_own(
    driver: Didww, control: SandboxControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage_module, "POLL_SECONDS", 0.05)
    number = buy(driver, offers(driver, "GB", "London")[0])
    trunk = driver.ensure_trunk(TRUNK)
    digits, now = number.removeprefix("+"), control.now().replace(microsecond=0)
    stamp = now.strftime("%Y-%m-%d %H:%M:%S")
    came = {
        "Source": "442079460155",
        "Destination DID": digits,
        "Duration (sec)": "57",
        "Total (USD)": "0.010",
        "Call ID": "in-1",
    }
    went = {
        "Source": digits,
        "CLI": digits,
        "Destination Number": "12125550142",
        "Billing Duration (sec)": "60",
        "Charged (USD)": "0.020",
        "Voice OUT Trunk": "t0007",
        "Call ID": "out-1",
    }
    control.call("POST", "/calls", type="cdr_in", row={"Date/Time Start (UTC)": stamp, "Voice IN Trunk": "t0007", **came})
    control.call("POST", "/calls", type="cdr_out", row={"Date/Time Start (UTC)": stamp, **went})
    since, until = now - datetime.timedelta(minutes=5), now + datetime.timedelta(minutes=5)
    rows = list(driver.usage(since, until))
    told = sorted((row.kind, row.number, row.peer, row.seconds, row.amount, row.account) for row in rows)
    assert told == [
        ("fee", number, "", 0, Decimal("0.36"), ""),
        ("inbound", number, "+442079460155", 57, Decimal("0.010"), trunk.username),
        ("outbound", number, "+12125550142", 60, Decimal("0.020"), trunk.username),
    ]
    assert len({row.id for row in rows}) == 3 and all(row.currency == "USD" for row in rows)
    assert {row.id for row in driver.usage(since, until)} == {row.id for row in rows}
    assert list(driver.usage(until, until + datetime.timedelta(minutes=1))) == []
    with pytest.raises(errors.BadRequest):
        list(driver.usage(now - datetime.timedelta(days=200), until))
    with pytest.raises(errors.BadRequest) as caught:
        list(driver.usage(since.replace(tzinfo=None), until))
    assert caught.value.faults[0].field == "since"


def test_the_login_the_balance_and_the_version(url: str, driver: Didww, control: SandboxControl) -> None:
    control.balance("12.50")
    checked = driver.check()
    assert (checked.good, checked.balance) == (True, Decimal("12.50"))
    wrong = account(f"{url}/v3", sandbox=True)
    wrong.credentials = {"api_key": "another"}
    assert not Didww(wrong).check().good
    control.call("POST", "/settings", read_only=True)
    assert driver.check().good
    with pytest.raises(errors.AccessDenied):
        driver.ensure_trunk(TRUNK)


def test_an_account_of_the_newest_version_wants_tokens(url: str, driver: Didww, control: SandboxControl) -> None:
    control.call("POST", "/settings", account_version="2026-11-19")
    checked = driver.check()
    assert not checked.good and "short-lived tokens" in checked.says
    with open_driver(url, api_version="2026-11-19") as modern:
        assert modern.check().good
        control.clear_journal()
        assert modern.balance() == modern.balance()
        assert not [call for call in control.calls() if call["name"].endswith("/token")]
        control.advance(301)
        assert modern.balance()[0] > 0
        assert len([call for call in control.calls() if call["name"].endswith("/token")]) == 1


def test_an_account_with_tokens_does_everything(url: str, control: SandboxControl, no_budget: None) -> None:
    control.call("POST", "/settings", account_version="2026-11-19")
    with open_driver(url, api_version="2026-11-19") as modern:
        regulated = offers(modern, "ZA", "Johannesburg")[0]
        assert modern.requirements(regulated) is not None
        number = buy(modern, offers(modern, "CA", "Toronto")[0])
        modern.route(number, modern.ensure_trunk(TRUNK))
        assert control.call("GET", "/ring", number=number.removeprefix("+"))["rings"]
        assert modern.upload(b"%PDF-1.7", "a file")
    assert len(control.purchases()) == 1
    assert KEY not in repr(control.calls())


def test_a_wrong_key_gets_no_token(url: str, control: SandboxControl, no_budget: None) -> None:
    control.call("POST", "/settings", account_version="2026-11-19")
    wrong = account(f"{url}/v3", sandbox=True, api_version="2026-11-19")
    wrong.credentials = {"api_key": "another"}
    with Didww(wrong) as refused, pytest.raises(errors.AuthFailed, match="token service"):
        refused.balance()
