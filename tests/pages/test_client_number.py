"""The step in which a number is searched, chosen and held, against the providers' sandboxes."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import Client
from voipbox_lab.provider_lab import FIRST, SECOND

from tests.pages.checkout import ADMIN, COMPANY, REGISTRATION, SYSTEM, Walk

Browse = Callable[[str], Client]


def options_of(page: str, name: str) -> dict[str, str]:
    """The values of a select by their texts."""
    select = re.search(rf'(?s)<select[^>]*name="{name}".*?</select>', page)
    assert select, f"no {name}"
    return {html.unescape(text): value for value, text in re.findall(r'<option value="([^"]+)"[^>]*>([^<]+)<', select[0])}


def offered(page: str) -> dict[str, str]:
    """The keys of a result by their numbers."""
    found = re.findall(r'(?s)name="offer" value="([^"]+)".*?class="offer-number">([^<]+)<', page)
    return {number: key for key, number in found}


class Search:
    """A draft of somebody on the step of numbers."""

    def __init__(self, browser: Client, product: str, plan: str = "product:office-10") -> None:
        self.walk = Walk(browser, {"plan": plan, "number": f"product:{product}"})
        answer = self.walk.send("company", COMPANY)
        assert answer["Location"].endswith("/number/")
        self.browser = browser
        self.path = f"/order/{self.walk.token}/number/"

    def page(self, **query: str) -> str:
        """The page of a search."""
        return self.browser.get(self.path, query).content.decode()

    def rows(self, country: str, **query: str) -> dict[str, str]:
        """Offers of a country, in its first region where it has some."""
        place = options_of(self.page(), "country")[country]
        regions = options_of(self.page(country=place), "region")
        return offered(self.page(country=place, region=regions.get("Ontario", ""), **query))

    def do(self, do: str, **data: str) -> Any:
        """Press a button of the step."""
        return self.browser.post(self.path, {"do": do, **data})


def test_a_number_is_found_held_and_ordered(market: Any, browse: Browse) -> None:
    from voipbox.numbers.models import Choice, Hold
    from voipbox.orders.models import Order

    place = market(FIRST)
    search = Search(browse("alice"), place.product)
    first = search.page()
    country = options_of(first, "country")["Canada"]
    regions = options_of(search.page(country=country), "region")
    assert "Ontario" in regions
    page = search.page(country=country, region=regions["Ontario"])
    rows = offered(page)
    assert rows and "monthly" in page
    number, key = next(iter(rows.items()))
    assert search.do("continue").status_code == 422
    assert search.do("choose", offer=key).status_code == 302
    hold = Hold.objects.get()
    assert hold.number == number
    page = search.page()
    assert "Held for you" in page and number in page and "data-countdown" in page
    assert f'<div class="wrap">{number}</div>' in page  # in the summary
    assert search.do("continue")["Location"].endswith("/system/")
    search.walk.send("system", SYSTEM)
    search.walk.send("admin", ADMIN)
    assert search.walk.place()["Location"].endswith("/done/")
    order = Order.objects.get()
    assert order.number == number and order.provider == place.account
    assert Choice.objects.get(order=order).quote.monthly > 0
    assert Hold.objects.get().owner == f"order:{order.pk}"
    assert search.walk.place()["Location"].endswith("/done/")
    assert Order.objects.count() == 1


def test_what_somebody_holds_is_not_offered_to_others(market: Any, browse: Browse) -> None:
    place = market(FIRST)
    search = Search(browse("alice"), place.product)
    number, key = next(iter(search.rows("Canada").items()))
    search.do("choose", offer=key)
    other = Search(browse("charlie"), place.product)
    assert number not in other.rows("Canada")
    answer = other.do("choose", offer=key)
    assert answer.status_code == 422 and "taken by somebody else" in answer.content.decode()


def test_a_changed_row_is_refused(market: Any, browse: Browse) -> None:
    from voipbox.numbers.models import Hold

    search = Search(browse("alice"), market(FIRST).product)
    key = next(iter(search.rows("Canada").values()))
    answer = search.do("choose", offer=key[:-3] + "abc")
    assert answer.status_code == 422 and "on the page for too long" in answer.content.decode()
    assert not Hold.objects.exists()


def test_a_hold_that_lapsed_is_offered_again(market: Any, browse: Browse) -> None:
    from voipbox.core import clock
    from voipbox.numbers.models import Hold

    search = Search(browse("alice"), market(FIRST).product)
    key = next(iter(search.rows("Canada").values()))
    search.do("choose", offer=key)
    Hold.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert search.walk.get("system")["Location"].endswith("/number/")
    page = search.page()
    assert "is over" in page
    again = re.search(r'name="offer" value="([^"]+)"><button class="btn" type="submit">Hold it again', page)
    assert again and search.do("choose", offer=again[1]).status_code == 302
    assert search.do("continue")["Location"].endswith("/system/")


def test_a_number_is_let_go_and_held_longer(market: Any, browse: Browse) -> None:
    from voipbox.numbers.models import Hold

    search = Search(browse("alice"), market(FIRST).product)
    search.do("choose", offer=next(iter(search.rows("Canada").values())))
    before = Hold.objects.get().expires_at
    assert search.do("extend").status_code == 302
    assert Hold.objects.get().expires_at >= before
    assert search.do("release").status_code == 302
    assert not Hold.objects.exists() and "Held for you" not in search.page()


def test_a_pattern_without_a_number_gives_the_nearest(market: Any, browse: Browse) -> None:
    search = Search(browse("alice"), market(FIRST).product)
    country = options_of(search.page(), "country")["Canada"]
    ontario = options_of(search.page(country=country), "region")["Ontario"]
    assert "other digits" in search.page(country=country, region=ontario, pattern="*9998887*")
    assert "digits or letters, with a star at one end" in search.page(country=country, pattern="4**16")
    assert "Choose a province or state" in search.page(country=country)


def test_a_provider_that_is_down_is_told_in_plain_words(market: Any, browse: Browse) -> None:
    place = market(FIRST)
    place.account.options = {**place.account.options, "base_url": "http://127.0.0.1:9/api/v1/rest.php"}
    place.account.save()
    page = Search(browse("alice"), place.product).page(country="CA")
    assert "cannot be searched at present" in page and "was not reached" not in page
    assert "was not reached" in Search(browse("bob"), place.product).page(country="CA")


def test_a_regulated_number_asks_what_its_provider_requires(market: Any, browse: Browse) -> None:
    from voipbox.orders.models import Order
    from voipbox.regulatory.models import Registration

    place = market(SECOND)
    search = Search(browse("alice"), place.product)
    page = search.page(country=options_of(search.page(), "country")["South Africa"])
    assert "Needs registration" in page
    number, key = next(iter(offered(page).items()))
    assert search.do("choose", offer=key).status_code == 302
    assert search.do("continue")["Location"].endswith("/registration/")
    page = search.walk.get("registration").content.decode()
    given = {**REGISTRATION, **{name: value for name, value in KNOWN.items() if f'name="{name}"' in page}}
    assert set(KNOWN) & set(given), "the provider requires none of the further fields"
    missing = {name: value for name, value in given.items() if name not in KNOWN}
    assert search.walk.send("registration", missing).status_code == 422
    answer = search.walk.send("registration", given)
    assert answer.status_code == 302, answer.content.decode()
    search.walk.send("system", SYSTEM)
    search.walk.send("admin", ADMIN)
    assert search.walk.place()["Location"].endswith("/done/")
    order = Order.objects.get()
    assert order.regulated and order.status == "pending_review" and order.number == number
    row = Registration.objects.get(order=order)
    assert row.requirements and row.where["country"] == "ZA"


KNOWN = {
    "birth_date": "1980-02-03",
    "id_number": "8002035009087",
    "personal_tax_id": "1234567890",
    "birth_country": "ZA",
    "country": "ZA",
    "service": "An office",
}


def test_a_price_that_changed_is_shown_before_it_is_ordered(market: Any, browse: Browse) -> None:
    from voipbox.orders import drafts
    from voipbox.orders.models import Draft, Order

    search = Search(browse("alice"), market(FIRST).product)
    search.do("choose", offer=next(iter(search.rows("Canada").values())))
    search.walk.send("system", SYSTEM)
    search.walk.send("admin", ADMIN)
    draft = Draft.objects.get()
    kept = drafts.section(draft, "number")
    now = kept["quote"]["monthly"]
    drafts.write(draft, "number", {**kept, "quote": {**kept["quote"], "monthly": "0.01"}})
    answer = search.walk.place()
    assert answer.status_code == 422 and "price of the number changed" in answer.content.decode()
    assert f"{float(now):.2f} USD" in answer.content.decode() and not Order.objects.exists()
    assert search.walk.place()["Location"].endswith("/done/")
