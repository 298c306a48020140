"""The checkout over HTTP: steps, drafts, prices, and the order that comes out."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from tests.pages.checkout import ADMIN, COMPANY, NUMBER, PASSWORD, REGISTRATION, SYSTEM, Walk, problems

pytestmark = pytest.mark.usefixtures("catalog")
Browse = Callable[[str], Client]


def test_a_client_orders_with_an_own_number(browse: Browse) -> None:
    from voipbox.orders.models import Draft, Mail, Order

    walk = Walk(browse("alice"))
    assert walk.at.endswith("/company/")
    walk.fill()
    assert walk.at.endswith("/review/")
    page = walk.get("review").content.decode()
    assert "acme-corp.pbx.example.com" in page and PASSWORD not in page and NUMBER["password"] not in page
    assert walk.place()["Location"].endswith("/done/")
    order = Order.objects.get()
    assert (order.company, order.number, order.domain, order.seats) == (
        "Acme Corp",
        "+14165550100",
        "acme-corp.pbx.example.com",
        10,
    )
    assert order.client is not None and order.client.email == "alice@people.example"
    assert order.source == "page" and order.secrets["admin_password"] == PASSWORD
    assert order.secrets["trunk"] == {"username": "acme-trunk", "password": "Example-Trunk-1"}
    assert [item.recurring for item in order.items.all()] == [60, 2.5]
    assert Mail.objects.get(order=order).kind == "confirmation"
    assert Draft.objects.get().data == {}
    assert "Order " + str(order.pk) in walk.get("done").content.decode()


def test_a_draft_is_sealed_and_found_by_the_hash_of_its_link(browse: Browse) -> None:
    from django.db import connection

    walk = Walk(browse("alice")).fill()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM orders_draft")
        row = " ".join(str(value) for value in cursor.fetchone())
    for secret in (walk.token, "Acme Corp", "ada@acme.example", PASSWORD):
        assert secret not in row


def test_the_link_of_a_draft_leads_to_the_first_step_that_is_missing(browse: Browse) -> None:
    walk = Walk(browse("alice"))
    walk.send("company", COMPANY)
    assert browse("alice").get(f"/order/{walk.token}/")["Location"].endswith("/your-number/")


def test_a_later_step_cannot_be_reached_before_the_earlier_ones(browse: Browse) -> None:
    walk = Walk(browse("alice"))
    assert walk.get("admin")["Location"].endswith("/company/")
    assert walk.place()["Location"].endswith("/company/")


def test_placing_twice_gives_the_first_order(browse: Browse) -> None:
    from voipbox.orders.models import Order

    walk = Walk(browse("alice")).fill()
    assert walk.place()["Location"] == walk.place()["Location"]
    assert Order.objects.count() == 1
    assert walk.get("company")["Location"].endswith("/done/")
    assert walk.send("company", COMPANY, "1")["Location"].endswith("/done/")


def test_two_windows_do_not_overwrite_each_other(browse: Browse) -> None:
    walk = Walk(browse("alice"))
    walk.send("company", COMPANY)
    old = "1"
    walk.send("company", {**COMPANY, "contact": "First Window"})
    answer = walk.send("company", {**COMPANY, "contact": "Second Window"}, old)
    assert answer.status_code == 409 and "changed in another window" in answer.content.decode()
    assert "Second Window" in answer.content.decode()
    assert 'value="First Window"' in walk.get("company").content.decode()


def test_the_same_form_sent_twice_is_harmless(browse: Browse) -> None:
    walk = Walk(browse("alice"))
    assert walk.send("company", COMPANY, "1").status_code == 302
    assert walk.send("company", COMPANY, "1").status_code == 302


def test_a_sent_password_never_comes_back(browse: Browse) -> None:
    walk = Walk(browse("alice")).fill()
    for step in ("your-number", "admin", "review"):
        page = walk.get(step).content.decode()
        assert PASSWORD not in page and "Example-Trunk-1" not in page
    answer = walk.send("admin", {**ADMIN, "again": "Other-Passw0rd"})
    assert answer.status_code == 422 and PASSWORD not in answer.content.decode()


def test_a_kept_password_stays_when_the_fields_are_left_empty(browse: Browse) -> None:
    from voipbox.orders.models import Order

    walk = Walk(browse("alice")).fill()
    assert walk.send("admin", {**ADMIN, "password": "", "again": "", "username": "chief"}).status_code == 302
    walk.place()
    order = Order.objects.get()
    assert (order.admin_username, order.secrets["admin_password"]) == ("chief", PASSWORD)


def test_an_invitation_takes_no_password(browse: Browse) -> None:
    from voipbox.orders.models import Order

    Walk(browse("alice")).fill(admin={"method": "invitation"}).place()
    order = Order.objects.get()
    assert order.admin_method == "invitation" and order.secrets["admin_password"] != PASSWORD


@pytest.mark.parametrize(
    ("step", "changes", "words"),
    [
        ("company", {"phone": "12"}, "no telephone number"),
        ("company", {"email": "nobody"}, "no e-mail address"),
        ("company", {"company": "\u202eemca"}, "invisible character"),
        ("company", {"company": " "}, "required"),
        ("your-number", {"number": "416"}, "plus and country code"),
        ("your-number", {"password": "short"}, "8 to 64"),
        ("system", {"seats": "11"}, "more than the 10"),
        ("system", {"domain": "acme.elsewhere.example"}, "Ends with .pbx.example.com"),
        ("system", {"domain": "-x"}, "no domain name"),
        ("system", {"first_extension": "9995"}, "mixes lengths"),
        ("admin", {"password": "short", "again": "short"}, "at least 12 characters"),
        ("admin", {"again": "Example-Passw0rt"}, "differs from the one above"),
        ("admin", {"username": "a b"}, "letters, digits"),
        ("admin", {"group": "superadmin"}, "Choose one of the list"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(browse: Browse, step: str, changes: dict[str, str], words: str) -> None:
    from voipbox.orders.models import Draft

    steps = ["company", "your-number", "system", "admin"]
    walk = Walk(browse("alice")).fill(*steps[steps.index(step) :])
    before = Draft.objects.get().version
    data = {"company": COMPANY, "your-number": NUMBER, "system": SYSTEM, "admin": ADMIN}[step]
    answer = walk.send(step, {**data, **changes})
    assert answer.status_code == 422 and words in answer.content.decode(), problems(answer)
    assert Draft.objects.get().version == before


def test_the_domain_is_proposed_and_checked_while_one_types(browse: Browse) -> None:
    first = Walk(browse("charlie")).fill()
    first.place()
    walk = Walk(browse("alice"))
    part = f"/order/{walk.token}/parts/domain/"
    browser = browse("alice")
    assert "acme-corp-2.pbx.example.com" in browser.get(part, {"company": "Acme Corp"}).content.decode()
    assert "is in another order" in browser.get(part, {"domain": "acme-corp", "server": "pbx-one"}).content.decode()
    assert (
        "other.pbx.example.com</strong> is free" in browser.get(part, {"domain": "other", "server": "pbx-one"}).content.decode()
    )
    wrong = browser.get(part, {"domain": "<b>.pbx.example.com"}).content.decode()
    assert "no domain name" in wrong
    assert "<b>" not in wrong


def test_the_extensions_are_shown_with_what_a_seat_costs(browse: Browse) -> None:
    walk = Walk(browse("alice"))
    page = (
        browse("alice").get(f"/order/{walk.token}/parts/extensions/", {"seats": "10", "first_extension": "1001"}).content.decode()
    )
    assert "1001\N{EN DASH}1010" in page and "6.00 USD a seat a month" in page  # the number is no seat
    assert (
        "mixes lengths"
        in browse("alice")
        .get(f"/order/{walk.token}/parts/extensions/", {"seats": "10", "first_extension": "995"})
        .content.decode()
    )


def test_the_summary_counts_setup_term_and_vat(browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    from decimal import Decimal

    from voipbox.core.config import config

    monkeypatch.setattr(config(), "vat_percent", Decimal(13))
    page = Walk(browse("alice")).get("company").content.decode()
    for name, amount in (("monthly", "62.50"), ("setup", "1.00"), ("vat", "8.26"), ("total", "71.76")):
        assert f'data-sum="{name}">{amount} USD' in page


def test_a_number_that_is_regulated_asks_who_uses_it(browse: Browse) -> None:
    from voipbox.orders.models import Order
    from voipbox.regulatory.models import Registration

    walk = Walk(browse("alice"), {"number": "product:south-africa-number"})
    walk.send("company", COMPANY)
    assert walk.send("your-number", {"number": "+27115550100"})["Location"].endswith("/registration/")
    assert walk.get("system")["Location"].endswith("/registration/")
    assert walk.send("registration", {**REGISTRATION, "city": ""}).status_code == 422
    assert walk.send("registration", REGISTRATION)["Location"].endswith("/system/")
    walk.send("system", SYSTEM)
    walk.send("admin", ADMIN)
    assert walk.place()["Location"].endswith("/done/")
    order = Order.objects.get()
    assert order.regulated and order.status == "pending_review"
    row = Registration.objects.get(order=order)
    assert row.kind == "personal" and row.who["last_name"] == "Admin" and row.where["city"] == "Johannesburg"


def test_a_business_names_its_company(browse: Browse) -> None:
    walk = Walk(browse("alice"), {"number": "product:south-africa-number"})
    walk.send("company", COMPANY)
    walk.send("your-number", {"number": "+27115550100"})
    assert (
        "Company registration number" in browse("alice").get(f"/order/{walk.token}/registration/?kind=business").content.decode()
    )
    assert walk.send("registration", {**REGISTRATION, "kind": "business"}).status_code == 422
    assert walk.send("registration", {**REGISTRATION, "kind": "business", "company": "Acme Corp"}).status_code == 302


def test_an_order_without_a_number_has_no_step_for_one(browse: Browse) -> None:
    from voipbox.orders.models import Order

    walk = Walk(browse("alice"), {"number": ""})
    assert walk.send("company", COMPANY)["Location"].endswith("/system/")
    walk.send("system", SYSTEM)
    walk.send("admin", ADMIN)
    walk.place()
    assert Order.objects.get().provider is None


def test_what_is_not_mapped_cannot_be_ordered_and_tells_why_to_staff_alone(browse: Browse) -> None:
    from voipbox.catalog.models import Mapping

    Mapping.objects.filter(product__slug="canada-number").delete()
    page = browse("alice").get("/order/").content.decode()
    assert "Not available at present" in page and "mapped" not in page
    assert "canada-number is not mapped to a provider" in browse("bob").get("/order/").content.decode()
    answer = browse("alice").post("/order/", {"plan": "product:office-10", "number": "product:canada-number", "term": "monthly"})
    assert answer.status_code == 422 and "cannot be ordered" in answer.content.decode()


def test_what_is_chosen_survives_signing_in(browse: Browse) -> None:
    answer = browse("").post(
        "/order/", {"plan": "bundle:small-office", "features": ["product:call-recording"], "term": "monthly"}
    )
    assert answer["Location"].startswith("/sign-in/?next=")
    from urllib.parse import parse_qs, urlsplit

    target = parse_qs(urlsplit(answer["Location"]).query)["next"][0]
    page = browse("alice").get(target).content.decode()
    assert 'value="bundle:small-office" checked' in page and 'value="product:call-recording" checked' in page


def test_another_plan_drops_what_no_longer_fits(browse: Browse) -> None:
    walk = Walk(browse("alice")).fill()
    walk.send("products", {"plan": "product:office-5", "number": "product:canada-number", "term": "monthly"})
    assert browse("alice").get(f"/order/{walk.token}/")["Location"].endswith("/your-number/")


def test_a_draft_can_be_thrown_away(browse: Browse) -> None:
    from voipbox.orders.models import Draft

    walk = Walk(browse("alice"))
    assert browse("alice").post(f"/order/{walk.token}/discard/").status_code == 302
    assert not Draft.objects.exists()


def test_an_old_draft_is_gone(browse: Browse) -> None:
    from datetime import timedelta

    from voipbox.core import clock
    from voipbox.orders import tidying
    from voipbox.orders.models import Draft

    walk = Walk(browse("alice"))
    Draft.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert walk.get("company").status_code == 404
    tidying.run()
    assert not Draft.objects.exists()


def test_a_price_that_changed_while_the_last_step_was_open_is_shown_and_not_ordered(browse: Browse) -> None:
    from voipbox.catalog.models import Price
    from voipbox.orders.models import Order

    walk = Walk(browse("alice")).fill()
    shown = walk.price()
    Price.objects.filter(product__slug="office-10", term__slug="monthly").update(recurring=75)
    answer = walk.send("review", {"price": shown})
    assert answer.status_code == 422 and "The price changed" in answer.content.decode()
    assert not Order.objects.exists()
    assert "75.00 USD a month" in answer.content.decode()
    assert walk.place().status_code == 302
    assert Order.objects.get().summary.sums[0].subtotal == Decimal("78.50")


def test_a_bundle_that_holds_a_number_is_not_dearer_in_the_last_step(browse: Browse) -> None:
    walk = Walk(browse("alice"), {"plan": "bundle:small-office", "number": ""}).fill(system={**SYSTEM, "seats": "5"})
    page = walk.get("review").content.decode()
    assert 'data-sum="total">36.00 USD' in page
