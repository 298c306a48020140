# SPDX-License-Identifier: GPL-3.0-or-later
"""The second driver against the second provider's sandbox, over HTTP: from the search of a number to its last call."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from voipbox.core.errors import Fault
from voipbox.providers import errors
from voipbox.providers.didww import usage as usage_module
from voipbox.providers.didww.driver import Didww
from voipbox.providers.protocol import (
    CapacityKind,
    Location,
    LocationKind,
    NumberState,
    Offer,
    PurchaseState,
    Search,
    TrunkWanted,
    Wanted,
)
from voipbox_lab.providers import http_server
from voipbox_lab.providers.control import SandboxControl
from voipbox_lab.providers.didww.sandbox import Didww as Sandbox

from .didww_driver_wire import KEY, SECRET, account, fresh_budget  # noqa: F401 - a fixture for every test

TRUNK = TrunkWanted(
    name="t0007",
    label="Example Ltd",
    pbx_host="pbx.reseller.example",
    pbx_addresses=("203.0.113.10", "198.51.100.0/28"),
    spend_limit=Decimal("50.00"),
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A sandbox for this module; its keys take a while to make."""
    folder: Path = tmp_path_factory.mktemp("didww")
    with http_server.running(Sandbox(folder, KEY, SECRET)) as found:
        yield found


@pytest.fixture
def control(url: str) -> SandboxControl:
    """The sandbox in its first state."""
    found = SandboxControl(url)
    found.reset()
    return found


@pytest.fixture
def driver(url: str, control: SandboxControl) -> Iterator[Didww]:
    """A driver of an account there."""
    with open_driver(url) as found:
        yield found


def open_driver(url: str, **options: str) -> Didww:
    """A driver with other settings."""
    return Didww(account(f"{url}/v3", sandbox=True, **options))


def place(driver: Didww, kind: LocationKind, name: str, parent: str = "") -> Location:
    """A place by code or name."""
    return next(found for found in driver.locations(kind, parent) if name in (found.code, found.name))


def offers(driver: Didww, country: str = "CA", city: str = "", pattern: str = "", number: str = "", limit: int = 50) -> list[Offer]:
    """A search by names."""
    land = place(driver, LocationKind.COUNTRY, country).id
    town = place(driver, LocationKind.CITY, city, land).id if city else ""
    return driver.search(Search(land, city=town, pattern=pattern, number=number, limit=limit))


def wanted(offer: Offer, reference: str = "vb-1-a", kind: CapacityKind = CapacityKind.PER_MINUTE, **more: str) -> Wanted:
    """A purchase of an offer."""
    return Wanted(reference, offer, next(each for each in offer.capacities if each.kind is kind), **more)


def buy(driver: Didww, offer: Offer, reference: str = "vb-1-a", kind: CapacityKind = CapacityKind.PER_MINUTE) -> str:
    """Buy and read back; the number."""
    driver.purchase(wanted(offer, reference, kind))
    return driver.find_purchase(reference, offer.number)[0].numbers[0]


def test_places_from_country_to_city_and_regulatory_area(driver: Didww) -> None:
    canada = place(driver, LocationKind.COUNTRY, "CA")
    assert (canada.name, canada.kind) == ("Canada", LocationKind.COUNTRY)
    ontario = place(driver, LocationKind.REGION, "ON", canada.id)
    assert [city.name for city in driver.locations(LocationKind.CITY, ontario.id)] == ["Toronto"]
    assert {city.name for city in driver.locations(LocationKind.CITY, canada.id)} == {"Toronto", "Vancouver", "Montreal"}
    africa = place(driver, LocationKind.COUNTRY, "ZA")
    assert "Johannesburg" in {area.name for area in driver.locations(LocationKind.AREA, africa.id)}
    assert driver.locations(LocationKind.CITY, "nowhere") == []
    with pytest.raises(errors.BadRequest) as caught:
        driver.locations(LocationKind.CITY)
    assert caught.value.faults == [Fault("parent", "is missing")]


def test_five_hundred_numbers_are_three_calls(driver: Didww, control: SandboxControl) -> None:
    land = place(driver, LocationKind.COUNTRY, "GB").id
    control.clear_journal()
    found = driver.search(Search(land, limit=500))
    assert len(found) == 500
    assert len({offer.number for offer in found}) == 500
    assert len(control.calls()) <= 3


def test_an_offer_says_what_a_number_costs_and_needs(driver: Didww) -> None:
    found = offers(driver, "GB", "London", "*0101")
    assert [offer.number for offer in found] == ["+442079460101"]
    offer = found[0]
    assert (offer.country, offer.region, offer.city, offer.regulated) == ("GB", "England", "London", False)
    assert "voice_in" in offer.features
    per_minute, unlimited = offer.capacities
    assert (per_minute.kind, per_minute.monthly, per_minute.per_minute) == (CapacityKind.PER_MINUTE, Decimal("0.3"), Decimal("0.01"))
    assert (unlimited.kind, unlimited.monthly, unlimited.channels) == (CapacityKind.UNLIMITED, Decimal("0.8"), 2)
    assert unlimited.per_minute is None
    regulated = offers(driver, "ZA", "Johannesburg")
    assert regulated and all(each.regulated for each in regulated)
    assert any("answer" in each.restrictions for each in offers(driver, "ZA", limit=1000))


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("*555011*", lambda digits: "555011" in digits),
        ("1416*", lambda digits: digits.startswith("1416")),
        ("416*", lambda digits: digits.startswith("1416")),
        ("*0117", lambda digits: digits.endswith("0117")),
        ("555013", lambda digits: "555013" in digits),
        ("*", lambda digits: True),
    ],
)
def test_patterns(driver: Didww, pattern: str, fits: object) -> None:
    found = offers(driver, "CA", pattern=pattern, limit=500)
    assert found
    assert all(fits(offer.number.removeprefix("+")) for offer in found)  # type: ignore[operator]


def test_one_number_exactly_or_none(driver: Didww) -> None:
    assert [offer.number for offer in offers(driver, "CA", number="+14165550117")] == ["+14165550117"]
    assert offers(driver, "CA", number="+14165559999") == []
    assert offers(driver, "ZA", "Pretoria", number="+27125550100") == []  # sold by the group: which one comes is not ours to say
    for pattern in ("*5x5*", "5*5", "٣"):
        with pytest.raises(errors.BadRequest) as caught:
            offers(driver, "CA", pattern=pattern)
        assert caught.value.faults[0].field == "pattern"


def test_where_numbers_cannot_be_chosen_the_group_is_offered(url: str, driver: Didww, control: SandboxControl) -> None:
    pretoria = offers(driver, "ZA", "Pretoria")
    assert [(offer.number, offer.city) for offer in pretoria] == [("", "Pretoria")]
    control.call("POST", "/settings", available_dids=False)
    for found in (offers(driver, "CA", "Toronto"), offers(open_driver(url, choose_numbers="no"), "CA", "Toronto")):
        assert [(offer.number, offer.city, len(offer.capacities)) for offer in found] == [("", "Toronto", 2)]
    assert offers(driver, "CA", "Toronto", pattern="*777*") == []  # nobody can promise that
    land = place(driver, LocationKind.COUNTRY, "CA").id
    control.clear_journal()
    prefixed = driver.search(Search(land, pattern="416555*"))
    assert [(offer.number, offer.city) for offer in prefixed] == [("", "Toronto 416-555")]
    assert len(control.calls()) <= 3
    assert buy(driver, prefixed[0]).startswith("+1416555")


def test_a_quote_is_the_price_and_availability_of_now(url: str, driver: Didww, control: SandboxControl) -> None:
    offer = offers(driver, "GB", "London")[0]
    per_minute = offer.capacities[0]
    quote = driver.quote(offer, per_minute)
    assert (quote.available, quote.monthly, quote.per_minute, quote.vat_rate) == (True, Decimal("0.3"), Decimal("0.01"), None)
    taxed = open_driver(url, vat_percent="20").quote(offer, per_minute)
    assert (taxed.vat_rate, taxed.total) == (Decimal("0.2"), Decimal("0.36"))
    control.call("POST", f"/groups/{offer.token['group']}/prices", factor="3")
    assert driver.quote(offer, per_minute).monthly == Decimal("0.9")
    control.call("POST", f"/numbers/{offer.number.removeprefix('+')}/vanish")
    assert not driver.quote(offer, per_minute).available
    assert not driver.quote(offer, dataclasses.replace(per_minute, id="no-such-unit")).available


def test_a_number_is_held_longer_and_let_go(url: str, driver: Didww, control: SandboxControl) -> None:
    offer = offers(driver, "CA", "Toronto")[0]
    held = driver.reserve(offer, "vb-hold-1")
    assert held is not None
    assert datetime.timedelta(minutes=9) < held.expires_at - control.now() <= datetime.timedelta(minutes=10)
    assert driver.quote(offer, offer.capacities[0]).available  # for us
    with pytest.raises(errors.NumberUnavailable):
        driver.reserve(offer, "vb-hold-of-somebody-else")
    again = driver.reserve(offer, "vb-hold-1")
    assert again is not None and again.id == held.id
    control.advance(300)
    longer = driver.extend(held.id, offer, "vb-hold-1")
    assert longer is not None and longer.expires_at > held.expires_at
    driver.unreserve(longer.id)
    driver.unreserve(longer.id)
    assert driver.reserve(offer, "vb-hold-of-somebody-else") is not None


def test_a_hold_that_lapsed_may_be_lost(driver: Didww, control: SandboxControl) -> None:
    offer = offers(driver, "CA", "Toronto")[0]
    held = driver.reserve(offer, "vb-hold-1")
    assert held is not None
    control.advance(601)
    driver.unreserve(held.id)
    control.call("POST", f"/numbers/{offer.number.removeprefix('+')}/vanish")
    with pytest.raises(errors.NumberUnavailable):
        driver.extend(held.id, offer, "vb-hold-1")
    with pytest.raises(errors.NumberUnavailable):
        driver.purchase(wanted(offer, reservation=held.id))


def test_holds_are_limited(driver: Didww, control: SandboxControl) -> None:
    control.call("POST", "/settings", reservation_limit=1)
    first, second = offers(driver, "CA", "Toronto", limit=2)
    assert driver.reserve(first, "vb-hold-1") is not None
    with pytest.raises(errors.Refusal) as caught:
        driver.reserve(second, "vb-hold-2")
    assert not isinstance(caught.value, errors.NumberUnavailable)


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


def test_a_trunk_is_made_once_and_brought_to_what_is_wanted(driver: Didww, control: SandboxControl) -> None:
    trunk = driver.ensure_trunk(TRUNK)
    assert trunk.username and trunk.password and set(trunk.ids) == {"inbound", "outbound"}
    control.clear_journal()
    assert driver.ensure_trunk(TRUNK) == trunk
    assert not [call for call in control.calls() if not call["name"].startswith("GET")]
    moved = dataclasses.replace(TRUNK, pbx_host="pbx2.reseller.example", pbx_addresses=("203.0.113.11",), channels=4)
    assert driver.ensure_trunk(moved) == trunk
    control.clear_journal()
    assert driver.ensure_trunk(moved) == trunk
    assert not [call for call in control.calls() if not call["name"].startswith("GET")]
    assert driver.registered(trunk) is None
    assert driver.addresses() == ("198.51.100.0/24",)


def test_a_trunk_that_is_not_whole_is_refused_with_its_fields(driver: Didww, control: SandboxControl) -> None:
    with pytest.raises(errors.BadRequest) as caught:
        driver.ensure_trunk(dataclasses.replace(TRUNK, pbx_addresses=(), pbx_host=""))
    assert [fault.field for fault in caught.value.faults] == ["pbx_addresses", "pbx_host"]
    with pytest.raises(errors.BadRequest):
        driver.ensure_trunk(dataclasses.replace(TRUNK, pbx_addresses=("203.0.113.300",)))
    assert control.calls() == []


def test_outbound_trunks_may_have_to_be_switched_on(driver: Didww, control: SandboxControl) -> None:
    control.call("POST", "/settings", voice_out=False)
    try:
        driver.ensure_trunk(TRUNK)
    except errors.AccessDenied as error:
        assert "switched on" in str(error)
    else:
        control.fault("refuse", "*voice_out_trunks*", status=403, code="403", title="Forbidden")
        with pytest.raises(errors.AccessDenied, match="switched on"):
            driver.ensure_trunk(TRUNK)


@pytest.mark.parametrize("match", ["POST /voice_in_trunks", "POST /voice_out_trunks"])
def test_a_trunk_whose_answer_was_lost_is_found_again(driver: Didww, control: SandboxControl, match: str) -> None:
    control.fault("commit_then_drop", match)
    with pytest.raises(errors.Temporary):
        driver.ensure_trunk(TRUNK)
    trunk = driver.ensure_trunk(TRUNK)
    assert trunk.password
    assert len([call for call in control.calls() if call["name"] == match]) == 1


def test_a_number_rings_and_calls_out_only_through_its_trunk(driver: Didww, control: SandboxControl) -> None:
    number = buy(driver, offers(driver, "CA", "Toronto")[0])
    trunk = driver.ensure_trunk(TRUNK)
    digits = number.removeprefix("+")
    assert not control.call("GET", "/ring", number=digits)["rings"]
    driver.route(number, trunk)
    assert control.call("GET", "/ring", number=digits)["rings"], control.call("GET", "/ring", number=digits)
    control.clear_journal()
    driver.route(number, trunk)
    assert not [call for call in control.calls() if not call["name"].startswith("GET")]
    found = driver.number(number)
    assert found is not None and found.route == "t0007"
    with pytest.raises(errors.NotFound):
        driver.route("+14165559999", trunk)


def test_a_number_with_channels_needs_no_group_and_dedicated_ones_come_from_a_pool(
    url: str, driver: Didww, control: SandboxControl
) -> None:
    trunk = driver.ensure_trunk(TRUNK)
    unlimited = buy(driver, offers(driver, "CA", "Toronto")[0], "vb-1-a", CapacityKind.UNLIMITED)
    control.clear_journal()
    driver.route(unlimited, trunk)
    assert not [call for call in control.calls() if "capacity" in call["name"]]
    plain = buy(driver, offers(driver, "CA", "Toronto")[0], "vb-2-a")
    with open_driver(url, capacity="dedicated", dedicated_channels="1000") as greedy, pytest.raises(errors.AccountLimit):
        greedy.route(plain, trunk)
    with open_driver(url, capacity="dedicated", dedicated_channels="1") as modest:
        modest.route(plain, trunk)
    assert control.call("GET", "/ring", number=plain.removeprefix("+"))["rings"]


def test_numbers_may_share_one_capacity_group(url: str, driver: Didww, control: SandboxControl) -> None:
    with open_driver(url, capacity_group="all-tenants") as sharing:
        for index in (1, 2):
            number = buy(sharing, offers(sharing, "CA", "Toronto")[0], f"vb-{index}-a")
            sharing.route(number, sharing.ensure_trunk(dataclasses.replace(TRUNK, name=f"t000{index}")))
    assert len([call for call in control.calls() if call["name"] == "POST /shared_capacity_groups"]) == 1


def test_a_new_key_is_a_second_trunk_until_the_old_one_is_dropped(driver: Didww, control: SandboxControl) -> None:
    number = buy(driver, offers(driver, "CA", "Toronto")[0])
    old = driver.ensure_trunk(TRUNK)
    driver.route(number, old)
    new = driver.rekey_trunk(TRUNK, old)
    assert new.name != old.name and new.username != old.username and new.ids["outbound"] != old.ids["outbound"]
    assert driver.rekey_trunk(TRUNK, old) == new
    assert driver.ensure_trunk(TRUNK) == old  # the old one works as before
    with pytest.raises(errors.Conflict, match=number.replace("+", r"\+")):
        driver.drop_trunk(old)
    driver.route(number, new)
    driver.drop_trunk(old)
    driver.drop_trunk(old)
    assert control.call("GET", "/ring", number=number.removeprefix("+"))["rings"]
    third = driver.rekey_trunk(TRUNK, new)
    assert third.name == "t0007"
    driver.release(number)
    driver.drop_trunk(new)


def test_usage_is_calls_and_fees_each_with_an_id_of_its_own(
    driver: Didww, control: SandboxControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage_module, "POLL_SECONDS", 0.05)
    number = buy(driver, offers(driver, "GB", "London")[0])
    digits, now = number.removeprefix("+"), control.now().replace(microsecond=0)
    stamp = now.strftime("%Y-%m-%d %H:%M:%S")
    came = {"Source": "442079460155", "Destination DID": digits, "Duration (sec)": "57", "Total (USD)": "0.010", "Call ID": "in-1"}
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
        ("inbound", number, "+442079460155", 57, Decimal("0.010"), "t0007"),
        ("outbound", number, "+12125550142", 60, Decimal("0.020"), "t0007"),
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
