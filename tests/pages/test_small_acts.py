"""Small things that people stumble over: each its own test."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests.pages.checkout import COMPANY, Walk

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "country", "meant"),
    [
        ("+1416*", "CA", "416*"), ("1-800-FLOWERS", "US", "8003569377"), ("(416) 555", "CA", "416555"),
        ("*flower*", "US", "*356937*"),
        ("+27 11*", "ZA", "2711*"), ("1416*", "CA", "1416*"), ("*555*", "CA", "*555*"), ("", "CA", ""), ("+1", "CA", ""),
        ("14165550100", "CA", "4165550100"), ("11555", "ZA", "11555"),
    ],
)  # fmt: skip
def test_digits_are_understood_as_people_write_them(typed: str, country: str, meant: str) -> None:
    from voipbox.numbers.search import digits_of

    assert digits_of(typed, country) == meant


@pytest.mark.parametrize("typed", ["4**16", "a_b", "1;2", "9" * 16, "*4*1*", "ä"])
def test_what_is_no_pattern_is_refused(typed: str) -> None:
    from voipbox.core.errors import Refused
    from voipbox.numbers.search import digits_of

    with pytest.raises(Refused):
        digits_of(typed, "CA")


class Shuffled:
    """A driver that answers in another order each time."""

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *details: object) -> None:
        return None

    def locations(self, kind: Any, parent: str = "") -> Any:
        from voipbox.providers.records import Location

        return [Location(kind, name, name, name[:2].upper()) for name in ("Zambia", "Österreich", "albania", "Canada")]

    def search(self, wanted: Any) -> Any:
        import random

        from voipbox.providers.records import Offer

        found = [Offer(f"+1416555010{digit}", "CA", "", "Toronto", ()) for digit in range(9)]
        random.shuffle(found)
        return found


def test_results_and_countries_stand_in_order(catalog: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from voipbox.numbers import search
    from voipbox.providers.models import ProviderAccount
    from voipbox.providers.records import LocationKind, Search

    monkeypatch.setattr(search, "open_driver", lambda account: Shuffled())
    account = ProviderAccount.objects.get(slug="maple")
    for _ in range(2):
        places = search.places(account, LocationKind.COUNTRY)
        assert [place.name for place in places] == ["albania", "Canada", "Österreich", "Zambia"]
        numbers = [offer.number for offer in search.find(account, Search("Canada"))]
        assert numbers == sorted(numbers)


def test_a_search_without_a_country_says_so(browse: Any, market: Any) -> None:
    from voipbox_lab.provider_lab import SECOND

    market(SECOND)
    walk = Walk(browse("alice"), {"number": "product:south-africa-number"})
    walk.send("company", COMPANY)
    page = browse("alice").get(f"/order/{walk.token}/number/", {"country": "", "pattern": "*5*"}).text
    assert "Choose a country first." in page
    none = browse("alice").post(f"/order/{walk.token}/number/", {"do": "choose"}).text
    assert "Choose a number first" in none and ": Choose" not in re.sub(r"<[^>]*>", "", none)


def test_pages_of_errors_lead_on(browse: Any, people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from voipbox.core.config import config

    monkeypatch.setattr(config(), "contact", "help@shop.example")
    for who, way in (("", "/sign-in/"), ("alice", "/my/"), ("bob", "/staff/orders/")):
        page = browse(who).get("/no/such/page/")
        assert page.status_code == 404 and f'href="{way}"' in page.text and "mailto:help@shop.example" in page.text
    stranger = Client()
    for _ in range(11):
        page = stranger.post("/sign-in/", {"email": "alice@people.example", "password": "wrong"})
    assert page.status_code == 429 and 'href="/account/forgotten/"' in page.text


def test_a_client_is_told_where_to_write(browse: Any, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from voipbox.core.config import Config, config

    order = place("alice")
    assert "Write to" not in browse("alice").get(f"/my/orders/{order.pk}/").text
    monkeypatch.setattr(config(), "contact", "https://help.example/?a=<b>")
    assert 'href="https://help.example/?a=&lt;b&gt;"' in browse("alice").get(f"/my/orders/{order.pk}/").text
    for wrong in ("javascript:alert(1)", "http://x.example", "a b@c"):
        with pytest.raises(ValueError, match="is an e-mail address"):
            Config(contact=wrong)


def test_the_credentials_page_says_how_phones_connect(place: Any) -> None:
    from voipbox.catalog.models import PbxServer
    from voipbox.core.people import SYSTEM
    from voipbox.orders import actions, credentials

    PbxServer.objects.update(host_variables={"voipbox_phones": {"port": 5062, "transport": "tls"}})
    order = place("alice")
    for action in ("approve", "start", "complete"):
        actions.perform(order.pk, action, SYSTEM)
    order.refresh_from_db()
    token = credentials.create(order).rstrip("/").rsplit("/", 1)[-1]
    page = Client().post(f"/credentials/{token}/")
    for shown in ("SIP server", order.domain, "5062", "TLS", "data-print", 'data-copy="password"', "user name of a phone"):
        assert shown in page.text, shown
    assert "connect-src" not in page["Content-Security-Policy"] and "default-src 'none'" in page["Content-Security-Policy"]


def test_a_role_is_changed_only_after_a_question(browse: Any, people: Any) -> None:
    dora, path = browse("dora"), f"/staff/settings/people/{people['bob'].pk}/"
    asked = dora.post(path, {"role": "administrator"}).text
    people["bob"].refresh_from_db()
    assert "changes settings, people, prices" in asked and people["bob"].role == "operator"
    assert "can no longer sign in" in dora.post(path, {"active": "no"}).text
    dora.post(path, {"role": "administrator", "sure": "yes"})
    people["bob"].refresh_from_db()
    assert people["bob"].role == "administrator"


def test_a_whole_row_of_my_orders_leads_to_the_order(browse: Any, place: Any) -> None:
    place("alice")
    assert 'class="table card-table stacked linked"' in browse("alice").get("/my/").text


def test_errors_say_what_to_do(browse: Any) -> None:
    from voipbox.orders import text_rules

    for cause in (text_rules.login_password("short"), text_rules.pin("1"), text_rules.username("a b"), text_rules.did("x")[1]):
        assert cause and cause.startswith("must ")
    page = browse("alice").post("/order/", {"plan": ""}).text
    assert "This field is required" not in page


def test_another_server_takes_the_domain_along(browse: Any, place: Any, actors: Any) -> None:
    from voipbox.numbers import ordering
    from voipbox.orders import intake

    order = place("alice", company="Harbour")
    assert order.domain == "harbour.pbx.example.com"
    moved = ordering.amend(order.pk, intake.parse(intake.Amendment, {"server": "pbx-two"}), actors["bob"], "more room there")
    assert (moved.server.slug, moved.domain) == ("pbx-two", "harbour.two.example.com")
    back = ordering.amend(
        order.pk, intake.parse(intake.Amendment, {"server": "pbx-one", "domain": "own.pbx.example.com"}), actors["bob"], "no"
    )
    assert back.domain == "own.pbx.example.com"


def test_in_the_checkout_too(browse: Any, place: Any) -> None:
    from tests.pages.checkout import SYSTEM

    place("alice")
    walk = Walk(browse("bob"), query="?client=alice@people.example").fill("system", "admin")
    page = (
        browse("bob").get(f"/order/{walk.token}/parts/domain/", {"server": "pbx-two", "domain": "acme-corp.pbx.example.com"}).text
    )
    assert "acme-corp.two.example.com" in page
    assert walk.send("system", {**SYSTEM, "server": "pbx-two", "domain": "acme-corp.pbx.example.com"}).status_code == 302
    assert 'value="acme-corp.two.example.com"' in walk.get("system").text


def test_a_refusal_calls_statuses_by_their_badges(browse: Any, regulated: Any) -> None:
    from voipbox.orders.models import Order

    from tests.pages.test_client_documents import bring
    from tests.regulatory.files import png

    order = regulated("alice")
    Order.objects.filter(pk=order.pk).update(status="order_placed")
    page = bring(browse("alice"), order, png()).content.decode()
    assert "The document was not kept." in page and "is Awaiting Provider" in page
    assert "order_placed" not in re.sub(r"<[^>]*>", "", page) and "pending_review" not in re.sub(r"<[^>]*>", "", page)


def test_prices_in_the_shop_say_how_often_they_come() -> None:
    from voipbox.pages.templatetags.pages import each_time

    assert [each_time(months) for months in (1, 3, 12)] == ["a month", "a quarter", "a year"]


def test_the_shop_shows_it(browse: Any, catalog: None) -> None:
    monthly, annually = browse("alice").get("/order/?term=monthly").text, browse("alice").get("/order/?term=annually").text
    assert "a month" in monthly and "a year" in annually and "rate centre" not in monthly
