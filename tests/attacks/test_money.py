"""Many hands on one order while its number is bought: whoever acts and whenever, one number is paid, or a person is told."""

from __future__ import annotations

import collections
import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import yaml
from voipbox_lab.provider_lab import FIRST, ProviderLab
from voipbox_lab.providers.control import SandboxControl

from tests.controller.fixtures import order_data
from tests.controller.installation import ROOT

pytestmark = pytest.mark.long(60)
_numbers = itertools.count(100)
HANDS = 12


class Shop:
    """The target with a provider's sandbox and a daemon. Attributes: target; control, of the sandbox; staff, a token's client."""

    def __init__(self, target, providers):
        home = target.home
        catalog = providers.catalog()
        home.voipbox("catalog", "import", "-", text=yaml.safe_dump(catalog))
        home.voipbox("account", "credentials", FIRST, "-", text=yaml.safe_dump(providers.credentials(FIRST)))
        home.voipbox("catalog", "import", str(ROOT / "examples" / "catalog" / "lab.yml"))
        self.target, self.control = target, SandboxControl(providers.url(FIRST))
        self.control.balance("1000")
        self.staff = target.program(target.person("dora", "administrator"), "orders:read", "orders:act")
        home.daemon()

    def order(self):
        """A pending order whose number is to be bought; its id."""
        number = f"+1416555{next(_numbers):04d}"
        items = [{"product": "canada-number"}, {"product": "office-5"}]
        self.target.home.place(order_data(domain=f"money{number[-4:]}.pbx.example.com", items=items, number=number, trunk=None))
        return self.sql("SELECT max(id) FROM orders_order")[0][0]

    def sql(self, query, *parameters):
        return self.target.home.sql(query, parameters)

    def act(self, order, action):
        return self.staff.post(f"/orders/{order}/actions/{action}", json={"reason": "an attack"}).status_code

    def at_rest(self, order):
        """Whether its purchase is decided."""
        states = self.sql("SELECT state FROM numbers_purchase WHERE order_id = %s", order)
        return bool(states) and all(state in ("confirmed", "refused", "needs_human") for (state,) in states)

    def paid(self, order):
        """Numbers that the provider sold under references of this order."""
        references = [one for (one,) in self.sql("SELECT reference FROM numbers_purchase WHERE order_id = %s", order)]
        return [sold["number"] for one in references for sold in self.control.purchases(reference=one)]


@pytest.fixture(scope="module")
def shop(target, tmp_path_factory):
    providers = ProviderLab(tmp_path_factory.mktemp("attacked-providers"))
    providers.up()
    try:
        yield Shop(target, providers)
    finally:
        providers.down()


def test_an_order_that_is_approved_by_many_at_once_is_paid_once(shop):
    order = shop.order()
    with ThreadPoolExecutor(HANDS) as pool:
        answers = collections.Counter(pool.map(lambda _: shop.act(order, "approve"), range(HANDS)))
    assert answers == {httpx.codes.OK: 1, httpx.codes.CONFLICT: HANDS - 1}
    shop.target.home.wait(lambda: shop.at_rest(order), 120)
    assert len(shop.paid(order)) == 1


def test_whoever_acts_during_a_purchase_no_second_number_is_paid(shop):
    order = shop.order()
    shop.control.fault("commit_then_delay", "orderDID", seconds=3)
    assert shop.act(order, "approve") == httpx.codes.OK
    shop.target.home.wait(lambda: bool(shop.sql("SELECT 1 FROM numbers_purchase WHERE order_id = %s", order)), 60)
    (purchase,) = shop.sql("SELECT id FROM numbers_purchase WHERE order_id = %s", order)[0]
    number = shop.sql("SELECT number FROM numbers_purchase WHERE id = %s", purchase)[0][0]

    def meddle(hand):
        codes = []
        until = time.monotonic() + 6
        while time.monotonic() < until:
            if hand % 3 == 0:
                codes.append(shop.act(order, ("reset_purchase", "retry", "activate", "approve")[len(codes) % 4]))
            else:
                given = {"bought": hand % 3 == 1, "number": number, "reason": "an attack"}
                codes.append(shop.staff.post(f"/numbers/purchases/{purchase}/settle", json=given).status_code)
        return codes

    with ThreadPoolExecutor(6) as pool:
        codes = {code for some in pool.map(meddle, range(6)) for code in some}
    assert codes <= {200, 409, 422, 429, 503}, codes
    shop.target.home.wait(lambda: shop.at_rest(order), 120)
    assert shop.paid(order) == [number]
    states = [state for (state,) in shop.sql("SELECT state FROM numbers_purchase WHERE order_id = %s", order)]
    assert states.count("confirmed") == 1 and len(states) == 1


def test_a_number_paid_for_an_order_that_was_cancelled_meanwhile_reaches_a_person(shop):
    order = shop.order()
    shop.control.fault("commit_then_delay", "orderDID", seconds=3)
    assert shop.act(order, "approve") == httpx.codes.OK
    shop.target.home.wait(
        lambda: bool(shop.sql("SELECT 1 FROM numbers_purchase WHERE order_id = %s AND state = 'sent'", order)), 60
    )
    assert shop.act(order, "cancel") == httpx.codes.OK
    shop.target.home.wait(lambda: bool(shop.sql("SELECT 1 FROM numbers_finding WHERE order_id = %s", order)), 120)
    (finding,) = [one for one in shop.staff.get("/numbers/findings").json() if one["order"] == order]
    assert (finding["kind"], finding["state"]) == ("orphan", "open") and finding["advice"]
    assert shop.paid(order) == [finding["number"]]


def test_a_client_settles_and_gives_back_nothing(shop):
    mallory = shop.target.program(shop.target.person("mallory-at-money"), "orders:read", "orders:place")
    purchase = shop.sql("SELECT max(id) FROM numbers_purchase")[0][0]
    finding = shop.sql("SELECT max(id) FROM numbers_finding")[0][0]
    before = (
        shop.sql("SELECT id, state FROM numbers_purchase ORDER BY id"),
        shop.sql("SELECT id, settled_at FROM numbers_finding"),
    )
    for path in (f"/numbers/purchases/{purchase}/settle", f"/numbers/findings/{finding}/settle"):
        answer = mallory.post(path, json={"bought": False, "reason": "mine"})
        assert answer.status_code == httpx.codes.FORBIDDEN, answer.text
    for path in ("/numbers/purchases", "/numbers/findings"):
        assert mallory.get(path).status_code == httpx.codes.FORBIDDEN
    assert before == (
        shop.sql("SELECT id, state FROM numbers_purchase ORDER BY id"),
        shop.sql("SELECT id, settled_at FROM numbers_finding"),
    )
