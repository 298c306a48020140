"""Who may ask for what: every field of an order by role, over page, API, CSV and YAML, and in a correction."""

from __future__ import annotations

import copy
import csv
import io
import json
import re

import pytest
import yaml
from django.db import transaction
from django.test import Client
from voipbox.api import accounts, scopes
from voipbox.catalog.models import PbxServer, Product
from voipbox.core.errors import NotAllowed, Refused
from voipbox.core.people import SYSTEM, Role, operator_of_this_machine
from voipbox.orders import actions, batch, drafts, field_rules, intake
from voipbox.orders.intake import Amendment, ExtensionInput, OrderInput
from voipbox.orders.models import AuditEvent, Order
from voipbox.provisioning import tenant_file

from tests.controller.fixtures import order_data

CLIENT, OPERATOR, ADMINISTRATOR, SYSTEM_ROLE = "client", "operator", "administrator", "system"
STAFF = {OPERATOR, ADMINISTRATOR, SYSTEM_ROLE}
ALL = {CLIENT, *STAFF}
PEOPLE = {CLIENT: "alice", OPERATOR: "bob", ADMINISTRATOR: "dora"}
SEATS = {"seats": 11}
ALLOWING = {"server": "pbx-two"}  # its variables allow a superadmin
GOOD, OTHER = "Example-Passw0rd", "Example-Other-1"
# field, value, who may ask for it, what the order says besides
CASES = [
    ("reference", "shop-1", ALL, {}),
    ("company", "Harbour Ltd", ALL, {}),
    ("contact", "Hanna Harbour", ALL, {}),
    ("email", "hanna@harbour.example", ALL, {}),
    ("phone", "+14165550199", ALL, {}),
    ("items[].product", "instant-number", set(), {}),  # sold in a bundle alone
    ("items[].product", "canada-number", ALL, {}),
    ("items[].product", "no-such", set(), {}),
    ("items[].bundle", "small-office", ALL, {}),
    ("items[].bundle", "no-such", set(), {}),
    ("items[].quantity", 20, ALL, {}),
    ("items[].quantity", 21, STAFF, {}),
    ("term", "monthly", ALL, {}),
    ("term", "weekly", set(), {}),
    ("term", None, set(), {}),
    ("total", "63.50", ALL, {}),
    ("total", "1.00", set(), {}),
    ("number", "+14165550177", ALL, {}),
    ("capacity", "plan-1", set(), {}),  # the number is the client's own
    ("trunk.username", "harbour", ALL, {}),
    ("trunk.password", OTHER, ALL, {}),
    ("server", "pbx-two", ALL, {}),
    ("server", "nowhere", set(), {}),
    ("domain", "fresh.pbx.example.com", ALL, {}),
    ("domain", "www.pbx.example.com", STAFF, {}),
    ("domain", "ns1.pbx.example.com", STAFF, {}),
    ("domain", "xn--80ak6aa92e.pbx.example.com", STAFF, {}),
    ("domain", "a.b.pbx.example.com", STAFF, {}),
    ("domain", "pbx.example.com", {ADMINISTRATOR}, {}),
    ("domain", "fresh.two.example.com", {ADMINISTRATOR}, {}),
    ("domain", "www.bigbank.example", {ADMINISTRATOR}, {}),
    ("seats", 9, ALL, {}),
    ("seats", 11, set(), {}),
    ("seats_reason", "a promise of the sale", STAFF, SEATS),
    ("first_extension", 2001, ALL, {}),
    ("first_extension", 100_001, STAFF, {}),
    ("extensions[].number", "1002", ALL, {}),
    ("extensions[].number", "1011", set(), {}),
    ("extensions[].name", "Front desk", ALL, {}),
    ("extensions[].email", "desk@harbour.example", ALL, {}),
    ("extensions[].password", OTHER, ALL, {}),
    ("extensions[].voicemail_password", "482916", ALL, {}),
    ("extensions[].toll_allow", ["domestic"], ALL, {}),
    ("extensions[].toll_allow", ["domestic", "international"], STAFF, {}),
    ("admin.username", "chief", ALL, {}),
    ("admin.method", "invitation", ALL, {}),
    ("admin.password", GOOD, ALL, {}),
    ("admin.email", "chief@harbour.example", ALL, {}),
    ("admin.group", "user", ALL, {}),
    ("admin.group", "agent", STAFF, {}),
    ("admin.group", "wheel", set(), {}),
    ("admin.group", "superadmin", set(), {}),
    ("admin.group", "superadmin", {ADMINISTRATOR}, ALLOWING),
    ("admin.time_zone", "Europe/Berlin", ALL, {}),
    ("admin.time_zone", "Mars/Olympus", set(), {}),
    ("admin.language", "de-de", ALL, {}),
    ("admin.language", "xx-yy", STAFF, {}),
    ("client", "alice@people.example", ALL, {}),
    ("client", "charlie@people.example", STAFF, {}),
]
ONLY_CORRECTED = {"price_agreed"}
NOT_ON_PAGE = {"reference", "extensions", "client", "total"}  # the page holds its own price


def test_every_field_of_the_models_has_a_row_and_every_row_a_field_and_a_case():
    fields = {*field_rules.leaves(OrderInput), *field_rules.leaves(Amendment)}
    assert fields == set(field_rules.FIELDS)
    assert {path for path, *_ in CASES} == fields - ONLY_CORRECTED
    for row in field_rules.FIELDS.values():
        assert row.of(Role.AUDITOR) is field_rules.NONE


@pytest.fixture
def shop(catalog, people, actors):
    PbxServer.objects.filter(slug="pbx-two").update(host_variables={"fusionpbx_allow_superadmin": True})
    Product.objects.filter(slug="instant-number").update(active=False)
    return actors


def order_with(path, value, besides):
    data = copy.deepcopy({**order_data(company="Acme Corp", number="+14165550100"), **besides})
    if path == "items[].bundle":
        data["items"] = [{"bundle": value}]
    elif path == "items[].product":
        data["items"] = [{"product": value}, {"product": "office-10"}]
    elif path == "items[].quantity":
        data["items"] = [{"product": "canada-number"}, {"product": "office-10", "quantity": value}]
    elif path.startswith("extensions[]."):
        data["extensions"] = [{"number": "1002"}]
        data["extensions"][0][path.removeprefix("extensions[].")] = value
    else:
        place = data
        *outer, last = path.split(".")
        for name in outer:
            place = place.setdefault(name, {})
        place[last] = value
        if value is None:
            del place[last]
    return data


def by_yaml(data, role, shop):
    return of_lines(batch.place_all(yaml.safe_dump([data]), actor_of(role, shop)))


def by_csv(data, role, shop):
    if data.get("extensions") or any(item.get("quantity", 1) > 1 for item in data["items"]):
        return None
    flat = {"products": " ".join(item["product"] for item in data["items"] if "product" in item)}
    flat["bundles"] = " ".join(item["bundle"] for item in data["items"] if "bundle" in item)
    for name, value in data.items():
        if isinstance(value, dict):
            flat.update({f"{name}.{key}": inner for key, inner in value.items()})
        elif name != "items":
            flat[name] = value
    text = io.StringIO()
    writer = csv.DictWriter(text, sorted(flat, key=lambda name: name != "company"))
    writer.writeheader()
    writer.writerow(flat)
    return of_lines(batch.place_all(text.getvalue(), actor_of(role, shop)))


def by_api(data, role, shop):
    if role not in PEOPLE:
        return None
    granted = sorted(scopes.allowed(Role(role)))
    token = accounts.add_token("t", granted, f"{PEOPLE[role]}@people.example", None, operator_of_this_machine())[1]
    browser = Client(headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "one"})
    answer = browser.post("/api/v1/orders", json.dumps(data), content_type="application/json")
    body = answer.json()
    assert (answer.status_code == 201) == ("id" in body), body
    return [] if answer.status_code == 201 else [fault["field"] for fault in body["faults"]]


def by_page(data, role, shop):
    from voipbox.core.models import User
    from voipbox.pages.client.checkout.content import Content

    if role not in PEOPLE or NOT_ON_PAGE & set(data):
        return None
    user = User.objects.get(username=PEOPLE[role])
    draft = drafts.start(user, user if role == CLIENT else None)
    sections = {
        "products": {"items": data["items"], "term": data.get("term", "")},
        "company": {name: data[name] for name in ("company", "contact", "email", "phone")},
        "number": {name: data[name] for name in ("number", "capacity", "trunk") if name in data},
        "tenant": {n: data.get(n) for n in ("server", "domain", "seats", "seats_reason", "first_extension")},
        "admin": data.get("admin", {"username": "admin"}),
    }
    for name, values in sections.items():
        draft = drafts.write(draft, name, values)
    told = [fault.field for fault in Content(draft, user).check()[1]]
    browser = Client()
    browser.force_login(user)
    shown = re.search(r'name="price" value="(\w+)"', browser.get(f"/order/{draft.token}/review/").content.decode())
    browser.post(f"/order/{draft.token}/review/", {"version": str(draft.version), "price": shown[1] if shown else ""})
    draft.refresh_from_db()
    assert (draft.order is None) == bool(told)
    return told


def actor_of(role, shop):
    return shop[PEOPLE[role]] if role in PEOPLE else SYSTEM


def of_lines(lines):
    return [] if lines[0].good else [part.split(":")[0] for part in lines[0].says.split("; ")]


def meant(path, faults):
    """Whether a refusal names the field, or the entry that it is in."""
    plain = [re.sub(r"\[\d+\]", "[]", fault) for fault in faults]
    return path in plain or path.split("[]")[0] in plain or any(fault.startswith(path.split(".")[0]) for fault in plain)


@pytest.mark.parametrize(
    ("path", "value", "who", "besides"), CASES, ids=lambda value: "" if isinstance(value, set) else str(value)[:30]
)
def test_a_field_is_taken_from_whom_it_may_come_over_every_way(shop, path, value, who, besides):
    data = order_with(path, value, besides)
    ways = 0
    for role in sorted(ALL):
        for way in (by_yaml, by_csv, by_api, by_page):
            with transaction.atomic():
                faults = way(data, role, shop)
                placed = Order.objects.exists()
                transaction.set_rollback(True)
            if faults is None:
                continue
            ways += 1
            told = (role, way.__name__, faults)
            assert (faults == []) == (role in who), told
            assert placed == (role in who), told
            assert faults == [] or meant(path, faults) or path == "seats_reason", told
    assert ways >= 6


def changes(path, value, besides):
    data = order_with(path, value, besides)
    return {name: data[name] for name in {path.split(".")[0].split("[")[0], *besides} if name in data and name != "seats_reason"}


@pytest.mark.parametrize(
    ("path", "value", "who", "besides"),
    [case for case in CASES if case[0] in set(field_rules.leaves(Amendment))],
    ids=lambda value: "" if isinstance(value, set) else str(value)[:30],
)
def test_a_correction_is_held_to_the_rules_of_placing(shop, place, path, value, who, besides):
    order = place("alice", company="Before Ltd")
    for role in (CLIENT, OPERATOR, ADMINISTRATOR):
        given = changes(
            path, value, {**besides, **({"domain": "before.two.example.com"} if path != "domain" and "server" in besides else {})}
        )
        if path == "server":
            given["domain"] = "before.two.example.com"
        # A reason is given with every correction, so that more seats than the products give may be asked for.
        allowed = role != CLIENT and (role in who or (path, value) == ("seats", 11))
        with transaction.atomic():
            try:
                actions.amend(order.pk, intake.parse(Amendment, given), shop[PEOPLE[role]], "the client called")
                refused = None
            except (Refused, NotAllowed) as error:
                refused = error
            transaction.set_rollback(True)
        assert (refused is None) == allowed, (role, refused)


def test_a_correction_of_the_server_takes_the_domain_along(shop, place):
    order = place("alice")
    label = order.domain.split(".")[0]
    actions.amend(order.pk, Amendment(server="pbx-two"), shop["bob"], "moved")
    assert Order.objects.get(pk=order.pk).domain == f"{label}.two.example.com"


def test_toll_classes_come_from_products(shop, place):
    Product.objects.filter(slug="call-recording").update(toll_allow=["international"])
    items = [{"product": name} for name in ("canada-number", "office-10", "call-recording")]
    order = place("alice", items=items, extensions=[{"number": "1002", "toll_allow": ["international"]}])
    entries = tenant_file.build(Order.objects.get(pk=order.pk)).extensions
    assert entries[0].toll_allow == ["domestic", "international"]
    assert entries[1].toll_allow == ["international"]
    with pytest.raises(Refused, match="mobile: the products"):
        place("alice", items=items, extensions=[{"number": "1002", "toll_allow": ["mobile"]}])


def test_seats_without_a_package_are_not_given_away(shop, place):
    alone = {"items": [{"product": "call-recording"}], "number": None, "trunk": None}
    with pytest.raises(Refused, match="seats: 1000 are more than the 0 of the products"):
        place("alice", **alone, seats=1000)
    with pytest.raises(Refused, match="seats: is required"):
        place("alice", **alone)
    with pytest.raises(Refused, match="say why in seats_reason"):
        place("bob", **alone, seats=3)
    order = place("bob", **alone, seats=3, seats_reason="a present of the house")
    assert AuditEvent.objects.get(order=order, action="submit").reason == "a present of the house"


def test_a_company_called_like_a_service_gets_another_name(shop, place):
    assert place("alice", company="Mail").domain == "mail-2.pbx.example.com"


def test_an_order_names_its_term_where_the_catalog_prices_by_term(shop, place):
    with pytest.raises(Refused, match=r"term: is required: .* there are annually, monthly"):
        place("alice", term=None)
    Product.objects.get(slug="canada-number").prices.all().delete()
    Product.objects.get(slug="office-10").prices.all().delete()
    assert place("alice", term=None).term is None


def test_an_order_that_todays_rules_would_refuse_is_mended_by_an_amendment(place, actors):
    order = place(extensions=[{"number": "1002", "name": "Zoe"}])
    Order.objects.filter(pk=order.pk).update(extensions=[{"number": "1002", "name": 'Zoe "Zo" $1'}])
    amended = actions.amend(order.pk, Amendment(contact="Ada Admin"), actors["dora"], "asked for by phone")
    assert amended.extensions[0]["name"] == 'Zoe "Zo" $1'
    mended = [ExtensionInput(number="1002", name="Zoe Zo")]
    amended = actions.amend(order.pk, Amendment(extensions=mended), actors["dora"], "phones would cut the name")
    assert amended.extensions[0]["name"] == "Zoe Zo"
