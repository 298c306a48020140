# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: F811 - fixtures are imported and then named as parameters
"""The second driver against the second provider's sandbox: purchases, certain and in doubt, and owned numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from voipbox.providers import errors
from voipbox.providers.didww.driver import Didww
from voipbox.providers.records import NumberState, PurchaseState
from voipbox_lab.providers.control import SandboxControl

from .didww_driver_lab import buy, control, driver, no_budget, offers, open_driver, url, wanted  # noqa: F401 - fixtures too


def test_a_purchase_by_number_by_hold_and_from_a_group(driver: Didww, control: SandboxControl) -> None:
    plain, held = offers(driver, "CA", "Toronto", limit=2)
    bought = driver.purchase(wanted(plain))
    assert bought.state in (PurchaseState.PENDING, PurchaseState.COMPLETED) and bought.reference == "vb-1-a"
    found = driver.find_purchase("vb-1-a", plain.number, bought.ids["order"])
    assert [(each.state, each.numbers) for each in found] == [(PurchaseState.COMPLETED, (plain.number,))]
    assert found[0].monthly == Decimal("0.15")
    reservation = driver.reserve(held, "vb-2-a")
    assert reservation is not None
    driver.purchase(wanted(held, "vb-2-a", reservation=reservation.id))
    assert driver.find_purchase("vb-2-a", held.number)[0].numbers == (held.number,)
    assert buy(driver, offers(driver, "ZA", "Pretoria")[0], "vb-3-a").startswith("+2712")
    assert [sold["reference"] for sold in control.purchases()] == ["vb-1-a", "vb-2-a", "vb-3-a"]
    assert driver.find_purchase("vb-never", "+14165550199") == []


def test_an_order_completes_later_or_is_canceled(driver: Didww, control: SandboxControl) -> None:
    control.call("POST", "/settings", order_delay=30)
    first, second = offers(driver, "CA", "Toronto", limit=2)
    one, two = driver.purchase(wanted(first)), driver.purchase(wanted(second, "vb-2-a"))
    assert one.state is PurchaseState.PENDING and one.numbers == ()
    control.call("POST", f"/orders/{two.ids['order']}/cancel")
    assert driver.find_purchase("vb-2-a", second.number)[0].state is PurchaseState.CANCELED
    control.advance(31)
    assert driver.find_purchase("vb-1-a", first.number)[0].numbers == (first.number,)


REFUSED = [
    ("drain", {"amount": "0.01"}, errors.InsufficientFunds),
    ("vanish", {}, errors.NumberUnavailable),
    ("refuse", {"says": "balance"}, errors.InsufficientFunds),
    ("refuse", {"says": "gone"}, errors.NumberUnavailable),
    ("refuse", {"says": "unauthorized"}, errors.AuthFailed),
    ("refuse", {"says": "read only"}, errors.AccessDenied),
    ("refuse", {"status": 400, "title": "Quota limit reached", "code": "400"}, errors.AccountLimit),
    ("refuse", {"status": 400, "title": "Param not allowed", "detail": "qty is not allowed.", "code": "105"}, errors.BadRequest),
    ("limit", {"after": 0, "window": 60}, errors.RateLimited),
]


@pytest.mark.parametrize(("kind", "options", "error"), REFUSED)
def test_a_refused_purchase_bought_nothing(
    driver: Didww, control: SandboxControl, kind: str, options: dict[str, object], error: type[errors.ProviderError]
) -> None:
    offer = offers(driver, "CA", "Toronto")[0]
    control.fault(kind, "POST /orders", **options)
    with pytest.raises(error) as caught:
        driver.purchase(wanted(offer))
    assert not isinstance(caught.value, errors.OutcomeUnknown)
    control.clear_faults()
    assert control.purchases() == []
    assert driver.find_purchase("vb-1-a", offer.number) == []
    assert len([call for call in control.calls() if call["name"] == "POST /orders"]) == 1


IN_DOUBT = [
    ("drop", {}, 0),
    ("html", {"status": 502}, 0),
    ("html", {"status": 522}, 0),
    ("delay_then_refuse", {"seconds": 3}, 0),
    ("commit_then_drop", {}, 1),
    ("commit_then_delay", {"seconds": 3}, 1),
    ("commit_then_html", {"status": 502}, 1),
    ("commit_then_garble", {}, 1),
]


@pytest.mark.parametrize(("kind", "options", "sold"), IN_DOUBT)
def test_a_purchase_in_doubt_is_told_apart_by_reading_back(
    driver: Didww,
    control: SandboxControl,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    options: dict[str, object],
    sold: int,
) -> None:
    monkeypatch.setattr("voipbox.providers.didww.client.WRITE_SECONDS", 1.0)
    offer = offers(driver, "CA", "Toronto")[0]
    control.fault(kind, "POST /orders", **options)
    with pytest.raises(errors.OutcomeUnknown):
        driver.purchase(wanted(offer))
    found = driver.find_purchase("vb-1-a", offer.number)
    assert len(found) == len(control.purchases(reference="vb-1-a")) == sold
    assert [each.numbers for each in found] == [(offer.number,)] * sold
    assert len([call for call in control.calls() if call["name"] == "POST /orders"]) == 1


def test_a_slow_purchase_and_a_changed_price_are_no_faults(driver: Didww, control: SandboxControl) -> None:
    offer = offers(driver, "CA", "Toronto")[0]
    control.fault("price", "POST /orders", factor="2")
    driver.purchase(wanted(offer))
    assert driver.find_purchase("vb-1-a", offer.number)[0].monthly == Decimal("0.30")
    other = offers(driver, "CA", "Toronto")[0]
    control.fault("delay", "POST /orders", seconds=0.2)
    driver.purchase(wanted(other, "vb-2-a"))
    assert driver.find_purchase("vb-2-a", other.number)[0].numbers == (other.number,)


def test_both_orders_of_one_reference_are_seen(driver: Didww, control: SandboxControl) -> None:
    first, second = offers(driver, "CA", "Toronto", limit=2)
    driver.purchase(wanted(first))
    driver.purchase(wanted(second))
    assert {each.numbers for each in driver.find_purchase("vb-1-a", first.number)} == {(first.number,), (second.number,)}


def test_without_a_server_nothing_was_sent(url: str, driver: Didww) -> None:
    offer = offers(driver, "CA", "Toronto")[0]
    with open_driver("http://127.0.0.1:9") as dead, pytest.raises(errors.NothingSent):
        dead.purchase(wanted(offer))


def test_numbers_and_how_they_stand(driver: Didww, control: SandboxControl) -> None:
    canadian = buy(driver, offers(driver, "CA", "Toronto")[0])
    african = buy(driver, offers(driver, "ZA", "Johannesburg")[0], "vb-2-a")
    states = {each.number: (each.state, each.reference, each.monthly is not None) for each in driver.numbers()}
    assert states == {
        canadian: (NumberState.ACTIVE, "vb-1-a", True),
        african: (NumberState.AWAITING_REGISTRATION, "vb-2-a", True),
    }
    control.call("POST", f"/numbers/{canadian.removeprefix('+')}/block")
    found = driver.number(canadian)
    assert found is not None and found.state is NumberState.BLOCKED
    driver.release(canadian)
    driver.release(canadian)
    found = driver.number(canadian)
    assert found is not None and found.state is NumberState.TERMINATED
    assert driver.number("+14165559999") is None
    driver.release("+14165559999")
    assert len([call for call in control.calls() if call["name"].startswith("PATCH /dids")]) == 1
