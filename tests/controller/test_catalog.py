"""The catalog: which rule maps a product, what is refused, and that export and import are the same thing."""

from __future__ import annotations

import pytest
import yaml
from voipbox.catalog import exchange, mapping
from voipbox.catalog.mapping import State, explain
from voipbox.catalog.models import Bundle, Mapping, Product, ProductGroup
from voipbox.core.errors import Refused
from voipbox.orders.models import Order
from voipbox.providers.models import ProviderAccount

from tests.controller.fixtures import order_data

SHOP = """
accounts:
  - {slug: one, name: One, driver: own, gateway_proxy: one.example}
  - {slug: two, name: Two, driver: own, gateway_proxy: two.example}
groups: [{slug: numbers, name: Numbers}, {slug: other, name: Other}]
products:
  - {slug: alone, name: Alone, group: numbers, kind: number-first}
  - {slug: inside, name: Inside, group: numbers, kind: number-first}
  - {slug: elsewhere, name: Elsewhere, group: other, kind: number-second}
bundles:
  - {slug: pack, name: Pack, items: [{product: inside}, {product: elsewhere}]}
"""


@pytest.fixture
def shop(db):
    """Two accounts; a bundle whose products lie in two groups."""
    exchange.load(exchange.parse(SHOP))
    accounts = {row.slug: row for row in ProviderAccount.objects.all()}
    rows = {row.slug: row for model in (ProductGroup, Product, Bundle) for row in model.objects.all()}
    return accounts, rows


def decision(slug, bundle=None):
    found = explain(Product.objects.get(slug=slug), bundle and Bundle.objects.get(slug=bundle))
    return found.state, found.account and found.account.slug, found.rule


def test_without_a_rule_a_product_is_default(shop):
    assert decision("alone") == (State.DEFAULT, None, "")
    assert explain(Product.objects.get(slug="alone")).reason == "No rule maps alone to a provider."


def test_by_bundle_maps_it_and_all_its_products_in_whatever_group(shop):
    accounts, rows = shop
    mapping.map_bundle(rows["pack"], accounts["one"])
    assert decision("inside") == decision("elsewhere") == (State.MAPPED, "one", "bundle pack")
    assert decision("alone")[0] == State.DEFAULT


def test_by_group_maps_standalone_products_alone(shop):
    accounts, rows = shop
    mapping.map_group(rows["numbers"], accounts["one"])
    assert decision("alone") == (State.MAPPED, "one", "group numbers")
    assert decision("inside")[0] == decision("inside", "pack")[0] == State.DEFAULT
    assert "standalone" in explain(Product.objects.get(slug="inside")).steps[0]


def test_group_goes_over_product_goes_over_bundle(shop):
    accounts, rows = shop
    mapping.map_product(rows["alone"], accounts["two"])
    assert decision("alone") == (State.MAPPED, "two", "product alone")
    mapping.map_group(rows["numbers"], accounts["one"])
    assert decision("alone") == (State.MAPPED, "one", "group numbers")
    mapping.map_bundle(rows["pack"], accounts["one"])
    mapping.map_product(rows["inside"], accounts["two"])
    assert decision("inside", "pack") == (State.MAPPED, "two", "product inside")
    assert mapping.unmap(rows["inside"])
    assert decision("inside", "pack") == (State.MAPPED, "one", "bundle pack")


def test_bundles_that_say_different_accounts_are_invalid(shop):
    accounts, rows = shop
    exchange.load(exchange.parse(SHOP + "  - {slug: pack-2, name: Pack 2, items: [{product: inside}]}\n"))
    mapping.map_bundle(rows["pack"], accounts["one"])
    mapping.map_bundle(Bundle.objects.get(slug="pack-2"), accounts["two"])
    assert decision("inside")[0] == State.INVALID
    assert decision("inside", "pack-2") == (State.MAPPED, "two", "bundle pack-2")


def test_a_mapping_to_a_deleted_or_switched_off_account_is_invalid_and_says_so(shop):
    accounts, rows = shop
    mapping.map_product(rows["alone"], accounts["one"])
    ProviderAccount.objects.filter(slug="one").update(active=False)
    assert decision("alone")[0] == State.INVALID
    accounts["one"].delete()
    assert decision("alone") == (State.INVALID, None, "product alone")
    assert "one, which was deleted" in explain(Product.objects.get(slug="alone")).reason


def test_a_number_of_one_provider_is_not_bought_at_the_other(shop):
    accounts, rows = shop
    accounts["two"].driver = "voipms"
    accounts["two"].save()
    with pytest.raises(Refused, match="elsewhere"):
        mapping.map_product(rows["elsewhere"], accounts["two"])
    with pytest.raises(Refused, match="elsewhere"):
        mapping.map_bundle(rows["pack"], accounts["two"])
    assert not Mapping.objects.exists()
    mapping.map_product(rows["alone"], accounts["two"])


def test_an_unmapped_product_cannot_be_ordered_and_the_refusal_says_why(place):
    Mapping.objects.all().delete()
    with pytest.raises(Refused) as refusal:
        place()
    assert [fault.field for fault in refusal.value.faults] == ["items[0]"]
    assert "canada-number is not mapped to a provider" in str(refusal.value)
    assert not Order.objects.exists()


def test_call_recording_turns_recording_on_in_the_tenant_file(place):
    from voipbox.provisioning import tenant_file

    items = [*order_data()["items"], {"product": "call-recording"}]
    plain, recorded = place(), place(items=items)
    assert {entry.record for entry in tenant_file.build(plain).extensions} == {None}
    assert {entry.record for entry in tenant_file.build(recorded).extensions} == {"all"}


def test_several_packages_add_their_seats(place):
    order = place(items=[{"product": "canada-number"}, {"product": "office-10", "quantity": 2}, {"product": "office-5"}])
    assert order.seats == 25
    assert order.extension_numbers[-1] == "1025"


def test_export_and_import_are_the_same_thing(catalog):
    text = exchange.dump()
    assert exchange.load(exchange.parse(text)) == []
    document = yaml.safe_load(text)
    document["products"][0]["name"] = "Another name"
    lines = exchange.load(exchange.parse(yaml.safe_dump(document)), dry_run=True)
    assert lines == [f"changed product {document['products'][0]['slug']}: name"]
    assert exchange.dump() == text


def test_an_export_shows_no_secret_variable(catalog):
    from voipbox.catalog.models import PbxServer

    server = PbxServer.objects.get(slug="pbx-one")
    server.secret_variables = {"ansible_become_password": "Marked-Become-1"}
    server.save()
    assert "Marked-Become-1" not in exchange.dump()


@pytest.mark.parametrize(
    ("text", "field", "cause"),
    [
        ("products: [{slug: a, name: A, group: no-such, kind: number-first}]", "products.a.group", "there is no"),
        ("products: [{slug: a, name: A, group: x, kind: cake}]", "products.0.kind", "Input should be"),
        ("groups: [{slug: a, name: A}, {slug: a, name: B}]", "groups.a", "stands twice"),
        ("groups: [{slug: Not A Slug, name: A}]", "groups.0.slug", "pattern"),
        ("groups: [{slug: a, name: A, colour: red}]", "groups.0.colour", "Extra"),
        ("accounts: [{slug: a, name: A, driver: nobody, gateway_proxy: x.example}]", "accounts.a.driver", "there is no driver"),
        ("- a list", "document", "valid"),
        ("{", "document", "not valid YAML"),
    ],
)
def test_a_bad_document_is_refused_by_the_fields_name(db, text, field, cause):
    with pytest.raises(Refused) as refusal:
        exchange.load(exchange.parse("groups: [{slug: good, name: Good}]\n" + text if text.startswith("products") else text))
    assert field in [fault.field for fault in refusal.value.faults]
    assert cause in str(refusal.value)
    assert not ProductGroup.objects.exists()
