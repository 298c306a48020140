"""What an order costs: one currency, one rounding, one summary wherever it is shown."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voipbox.catalog.models import BillingTerm, Bundle, Price, Product
from voipbox.core.config import config
from voipbox.core.errors import Refused
from voipbox.orders import compose
from voipbox.orders.models import Mail
from voipbox.pricing import currency, priced
from voipbox.pricing.priced import NumberPrice, Ordered
from voipbox.pricing.summary import Line, Summary, from_json
from voipbox.providers.records import Quote

NUMBER = NumberPrice("+14165550100", "By the minute", Quote(True, Decimal("0.40"), Decimal("0.85"), Decimal("0.0090"), "USD"))


def price_of(slug, code, recurring, term="monthly"):
    thing = Product.objects.get(slug=slug)
    Price.objects.create(
        product=thing, term=BillingTerm.objects.get(slug=term), currency=code, setup=0, recurring=Decimal(recurring)
    )


def set_vat(monkeypatch, percent, **more):
    changed = config().model_copy(update={"vat_percent": Decimal(percent), **more})
    monkeypatch.setattr(priced, "config", lambda: changed)
    monkeypatch.setattr(currency, "config", lambda: changed)


@pytest.mark.parametrize(
    ("priced_in", "own", "chosen"),
    [
        (({"CAD", "USD"}, {"USD"}), "USD", "USD"),
        (({"CAD", "USD"}, {"USD"}), "CAD", "USD"),
        (({"CAD", "USD"}, {"CAD", "USD"}), "USD", "USD"),
        (({"CAD", "EUR"}, {"CAD", "EUR"}), "USD", "CAD"),
        (({"CAD"}, {"USD"}), "USD", ""),
        ((), "USD", ""),
    ],
)
def test_the_currency_is_the_one_that_all_have(monkeypatch, priced_in, own, chosen):
    set_vat(monkeypatch, 0, currency=own)
    assert currency.common(priced_in) == chosen


def test_two_currencies_beside_one_are_ordered_in_the_common_one_and_none_is_told(place):
    price_of("office-10", "CAD", 80)
    order = place("alice")
    assert {item.currency for item in order.items.all()} == {"USD"}
    Price.objects.filter(product__slug="canada-number").update(currency="EUR")
    with pytest.raises(Refused, match=r"items: are priced in no common currency \(canada-number: EUR; office-10: CAD, USD\)"):
        place("alice")


def test_half_a_cent_of_vat_goes_up_in_quote_and_summary_alike(monkeypatch):
    quote = Quote(True, Decimal("0.50"), Decimal(0), None, "USD", Decimal("0.25"))
    assert quote.vat == Decimal("0.13")
    line = Line("product", "x", currency="USD", setup=Decimal("0.50"), vat_rate=Decimal("0.25"))
    assert Summary((line,)).sums[0].vat == Decimal("0.13")


LINES = st.lists(
    st.builds(
        Line, st.just("product"), st.just("x"), currency=st.just("USD"), setup=st.decimals(0, 999, places=4),
        recurring=st.decimals(0, 999, places=4), months=st.sampled_from([0, 1, 12]),
        vat_rate=st.sampled_from([Decimal(0), Decimal("0.15"), Decimal("0.081")]),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(lines=LINES)
def test_whoever_adds_up_what_is_shown_gets_the_total(lines):
    one = Summary(tuple(lines)).sums[0]
    assert one.subtotal == sum(line.setup + line.recurring for line in lines)
    assert one.setup + sum(amount for _, amount in one.recurring) == one.subtotal
    assert one.total == one.subtotal + sum(vat.amount for vat in one.vats)
    assert sum(vat.base for vat in one.vats) <= one.subtotal
    assert from_json(Summary(tuple(lines)).to_json()) == Summary(tuple(lines))


def test_vat_says_on_what_part_it_stands(catalog, monkeypatch):
    set_vat(monkeypatch, 0)
    number = NumberPrice("+27115550100", "", Quote(True, Decimal(1), Decimal(8), None, "USD", Decimal("0.15")))
    things = [Ordered(Product.objects.get(slug="office-10"), 1)]
    term = BillingTerm.objects.get(slug="monthly")
    priced.price(things, term)
    shown = priced.summarize(things, term, number)
    vat = shown.sums[0].vats[0]
    assert (vat.percent, vat.base, vat.amount, vat.of_all) == ("15", Decimal("9.00"), Decimal("1.35"), False)
    assert "VAT 15 % on 9.00 USD (+27115550100): 1.35 USD" in shown.text()
    assert "Total of the first payment: 70.35 USD" in shown.text()


def test_a_bundle_that_holds_the_number_adds_no_price_of_its_own(catalog):
    term = BillingTerm.objects.get(slug="monthly")
    things = [Ordered(Bundle.objects.get(slug="small-office"), 1)]
    priced.price(things, term)
    shown = priced.summarize(things, term, NUMBER)
    assert shown.sums[0].total == Decimal("36.00")
    assert "+14165550100: included in Small office" in shown.text()
    dearer = NumberPrice("+14165550111", "", Quote(True, Decimal(50), Decimal(50)))
    assert shown.with_number(dearer.line()).sums[0].total == Decimal("36.00")


def test_a_number_beside_a_package_adds_its_own_price(catalog):
    term = BillingTerm.objects.get(slug="monthly")
    things = [Ordered(Product.objects.get(slug=slug), 1) for slug in ("canada-number", "office-10")]
    priced.price(things, term)
    shown = priced.summarize(things, term, NUMBER)
    assert shown.sums[0].recurring == [("Monthly", Decimal("63.35"))]
    assert shown.sums[0].setup == Decimal("1.40")


def test_an_order_keeps_its_price_when_the_catalog_changes(place, monkeypatch):
    set_vat(monkeypatch, 13)
    order = place("alice")
    Price.objects.update(recurring=999)
    set_vat(monkeypatch, 20)
    order.refresh_from_db()
    one = order.summary.sums[0]
    assert (one.subtotal, one.vat, one.total) == (Decimal("63.50"), Decimal("8.26"), Decimal("71.76"))


def test_page_api_mail_and_order_tell_the_same_total(place, people, monkeypatch):
    from django.test import Client
    from voipbox.api import render

    set_vat(monkeypatch, 13)
    order = place("alice")
    total = "71.76"
    assert render.order(order, people["alice"].actor())["price"]["sums"][0]["total"] == total
    words = compose.compose(Mail.objects.get(order=order, kind="confirmation"))
    assert f"Total of the first payment: {total} USD" in words.text and total in words.html
    for name, path in (("alice", f"/my/orders/{order.pk}/"), ("bob", f"/staff/orders/{order.pk}/")):
        browser = Client()
        browser.force_login(people[name])
        page = browser.get(path).content.decode()
        assert f'data-sum="total">{total} USD' in page, path
        assert "Canadian number" in page and "Ten extensions" in page


def test_a_price_that_changed_after_it_was_shown_is_not_ordered(place, catalog, actors):
    from voipbox.orders import actions, intake

    from tests.controller.fixtures import order_data

    parsed = intake.parse(intake.OrderInput, order_data())
    with pytest.raises(Refused, match="price: changed since it was shown"):
        actions.place(parsed, actors["alice"], "page", seen="another")


def test_a_check_without_placing_tells_the_price(catalog, people):
    from voipbox.core.people import SYSTEM
    from voipbox.orders import checks, intake

    from tests.controller.fixtures import order_data

    told = checks.check(intake.parse(intake.OrderInput, order_data()), SYSTEM).price()
    assert told == [
        "Canadian number: 2.50 USD a month and 1.00 USD setup",
        "Ten extensions: 60.00 USD a month",
        "Monthly: 62.50 USD",
        "Setup: 1.00 USD",
        "Total of the first payment: 63.50 USD",
    ]
