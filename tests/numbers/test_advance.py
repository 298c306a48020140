"""From an approved order to a number with a trunk: each kind of fault ends in the right state, with a sentence to act on."""

from __future__ import annotations

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from voipbox.catalog.models import PbxServer
from voipbox.core.errors import MoveRefused, NotAllowed, Refused
from voipbox.numbers import advance, decisions, ordering, rekey, trunks
from voipbox.numbers.models import Balance, OrderTrunk, Purchase
from voipbox.orders import actions
from voipbox.orders.intake import Amendment
from voipbox.orders.models import AuditEvent, Order
from voipbox.provisioning import tenant_file
from voipbox_lab.provider_lab import FIRST, SECOND

from tests.numbers.sequences import start

pytestmark = pytest.mark.django_db


@pytest.fixture
def bought(market, buy, actors):
    """An order whose number is bought, and its market."""

    def bought(name):
        place = market(name)
        order = buy(place)
        start(order, actors)
        advance.advance(order.pk)
        return place, fresh(order)

    return bought


def let_time_pass():
    """Whatever was sent was sent long ago, and its next look is due."""
    waiting = Purchase.objects.filter(next_look_at__isnull=False)
    waiting.update(sent_at="2020-01-01T00:00:00Z", next_look_at="2020-01-01T00:30:00Z")


def fresh(order):
    return Order.objects.select_related("provider", "server").get(pk=order.pk)


def test_number_then_trunk_then_the_pbx(bought):
    place, order = bought(FIRST)
    assert (order.step, order.status) == ("trunk", "approved")
    assert [sold["number"] for sold in place.control.purchases()] == [order.number]
    advance.advance(order.pk)
    order = fresh(order)
    assert order.step == "provision"
    trunk = OrderTrunk.objects.get(order=order)
    assert order.secrets["trunk"]["username"] == trunk.username
    assert order.secrets["trunk"]["password"] == trunk.wanted_password["password"]
    assert ProcrastinateJob.objects.filter(task_name="voipbox.deploy", args__server_id=order.server_id).exists()
    gateway = tenant_file.build(order).trunk.gateway
    assert (gateway.username, gateway.proxy) == (trunk.username, "toronto.provider1.example")
    owned = place.control.call("GET", "/owned")[order.number]
    assert owned["pop"] == "45"
    assert trunk.username in owned["routing"]


def test_a_second_call_of_any_step_does_nothing_more(bought):
    place, order = bought(FIRST)
    advance.advance(order.pk)
    before = len(place.control.calls())
    advance.advance(order.pk)
    assert len(place.control.calls()) == before
    Order.objects.filter(pk=order.pk).update(step="trunk")
    advance.advance(order.pk)
    Order.objects.filter(pk=order.pk).update(step="purchase")
    advance.advance(order.pk)
    assert len(place.control.purchases()) == 1
    assert len(place.control.call("GET", "/subs")) == 1


def test_a_regulated_number_waits_for_its_registration(bought):
    place, order = bought(SECOND)
    assert Purchase.objects.get(order=order).ids["order"]
    let_time_pass()
    advance.advance(order.pk)
    order = fresh(order)
    assert (order.step, order.status) == ("registration", "order_placed")
    assert len(place.control.purchases()) == 1
    assert ProcrastinateJob.objects.filter(task_name="voipbox.register", args__order_id=order.pk).exists()


def buying_fails(market, buy, actors, kind, name=FIRST, **options):
    place = market(name)
    order = buy(place)
    start(order, actors)
    place.control.fault(kind, place.buying, **options)
    advance.advance(order.pk)
    return place, fresh(order), Purchase.objects.filter(order=order).latest("id")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("invalid_credentials", "credentials"),
        ("ip_not_enabled", "Allow"),
        ("non_sufficient_funds", "Add money"),
        ("did_limit_reached", "limit"),
        ("Unable_to_purchase", "another number"),
        ("missing_dialtime", "Correct"),
    ],
)
def test_a_refusal_fails_the_order_with_what_to_do(market, buy, actors, code, words):
    place, order, purchase = buying_fails(market, buy, actors, "refuse", code=code)
    assert (order.status, order.step, purchase.state) == ("failed", "purchase", "refused")
    assert words in order.reason
    assert place.control.purchases() == []
    actions.perform(order.pk, "retry", actors["bob"])
    advance.advance(order.pk)
    assert fresh(order).step == "trunk"
    assert len(place.control.purchases()) == 1


def test_a_code_that_nobody_foresaw_is_no_refusal(market, buy, actors):
    place, order, purchase = buying_fails(market, buy, actors, "refuse", code="a_code_nobody_knows")
    assert (order.status, purchase.state) == ("approved", "unknown")
    for _ in range(3):
        let_time_pass()
        advance.advance(order.pk)
    purchase.refresh_from_db()
    assert (purchase.state, purchase.looks) == ("refused", 2)
    advance.advance(order.pk)
    assert fresh(order).step == "trunk"
    references = [sold["reference"] for sold in place.control.purchases()]
    assert references == [Purchase.objects.get(order=order, current=True).reference] != [purchase.reference]


def test_out_of_reach_means_later(market, buy, actors):
    place, order, purchase = buying_fails(market, buy, actors, "limit", after=0)
    assert (order.status, purchase.state) == ("approved", "planned")
    assert order.next_try_at is not None
    assert ProcrastinateJob.objects.filter(task_name="voipbox.wake_order", args__order_id=order.pk).exists()
    place.control.clear_faults()
    advance.advance(order.pk)
    assert fresh(order).step == "trunk"


@pytest.mark.parametrize("kind", ["commit_then_drop", "commit_then_html", "commit_then_garble"])
@pytest.mark.parametrize("name", [FIRST, SECOND])
def test_a_lost_answer_is_read_back_and_adopted(market, buy, actors, kind, name):
    place, order, purchase = buying_fails(market, buy, actors, kind, name)
    if purchase.state == "unknown":
        assert purchase.next_look_at is not None
        assert order.status in ("approved", "order_placed")
        let_time_pass()
        advance.advance(order.pk)
    assert Purchase.objects.get(order=order).state == "confirmed"
    assert [sold["number"] for sold in place.control.purchases()] == [fresh(order).number]


def test_a_dearer_number_is_not_bought_unasked(market, buy, actors):
    place = market(FIRST)
    order = buy(place)
    start(order, actors)
    place.control.fault("price", "*", factor="3")
    advance.advance(order.pk)
    order = fresh(order)
    assert order.status == "failed"
    assert "as agreed" in order.reason
    assert place.control.purchases() == []
    choice = order.choice
    ordering.choose(order, choice.offer, choice.capacity_id, actors["bob"], "the client agrees")
    actions.perform(order.pk, "retry", actors["bob"])
    advance.advance(order.pk)
    assert fresh(order).step == "trunk"


def test_an_empty_account_buys_nothing(market, buy, actors):
    place = market(FIRST)
    order = buy(place)
    start(order, actors)
    place.control.balance("0.10")
    advance.advance(order.pk)
    assert fresh(order).status == "failed"
    assert "balance" in fresh(order).reason
    assert place.control.purchases() == []


def test_nothing_is_bought_for_a_server_that_the_provider_would_not_let_in(market, buy, actors):
    place = market(SECOND)
    order = buy(place)
    PbxServer.objects.update(host_variables={})
    start(order, actors)
    advance.advance(order.pk)
    assert fresh(order).status == "failed"
    assert "voipbox_sip_addresses" in fresh(order).reason
    assert place.control.purchases() == []


def test_a_cancelled_order_buys_nothing(market, buy, actors):
    place = market(FIRST)
    order = buy(place)
    start(order, actors)
    actions.perform(order.pk, "cancel", actors["bob"], "changed their mind")
    advance.advance(order.pk)
    assert place.control.purchases() == []
    assert not Purchase.objects.filter(state="sent").exists()


def test_a_person_settles_what_cannot_be_read(market, buy, actors):
    place, order, purchase = buying_fails(market, buy, actors, "html")
    Purchase.objects.filter(pk=purchase.pk).update(state="needs_human", next_look_at=None)
    with pytest.raises(NotAllowed):
        decisions.settle_purchase(purchase.pk, False, actors["eve"], "seen")
    with pytest.raises(Refused, match="reason"):
        decisions.settle_purchase(purchase.pk, False, actors["bob"], " ")
    with pytest.raises(Refused, match="is not among those"):
        decisions.settle_purchase(purchase.pk, True, actors["bob"], "seen")
    decisions.settle_purchase(purchase.pk, False, actors["bob"], "not in the portal")
    with pytest.raises(MoveRefused):
        decisions.settle_purchase(purchase.pk, False, actors["bob"], "once more")
    advance.advance(order.pk)
    assert fresh(order).step == "trunk"
    assert len(place.control.purchases()) == 1
    assert AuditEvent.objects.filter(action="settle_purchase").count() == 1


def test_a_bought_number_is_not_changed_for_another(bought, actors):
    place, order = bought(FIRST)
    Order.objects.filter(pk=order.pk).update(status="failed")
    with pytest.raises(Refused, match="is Confirmed in this order's name"):
        ordering.amend(order.pk, Amendment(number=place.number()), actors["bob"], "another one")
    assert len(place.control.purchases()) == 1


def test_a_number_in_the_wrong_place_stops_before_the_pbx(bought):
    _, order = bought(FIRST)
    order.provider.options = {**order.provider.options, "pop": "99"}
    order.provider.save()
    advance.advance(order.pk)
    order = fresh(order)
    assert (order.status, order.step) == ("failed", "trunk")
    assert "POP" in order.reason or "point of presence" in order.reason


def test_a_fault_at_the_trunk_goes_on_from_the_trunk(bought, actors):
    place, order = bought(FIRST)
    place.control.fault("refuse", "createSubAccount", code="weak_password")
    advance.advance(order.pk)
    order = fresh(order)
    assert (order.status, order.step) == ("failed", "trunk")
    actions.perform(order.pk, "retry", actors["bob"])
    assert fresh(order).step == "trunk"
    advance.advance(order.pk)
    assert fresh(order).step == "provision"
    assert len(place.control.purchases()) == 1


def test_new_credentials_without_losing_the_old_before_the_gateway_stands(bought, actors):
    place, order = bought(FIRST)
    advance.advance(order.pk)
    Order.objects.filter(pk=order.pk).update(status="completed")
    old = OrderTrunk.objects.get(order=order).username
    actions.perform(order.pk, "rekey", actors["bob"], "a phone was stolen")
    place.control.fault("commit_then_drop", "createSubAccount")
    advance.advance(order.pk)
    advance.advance(order.pk)
    order, row = fresh(order), OrderTrunk.objects.get(order=order)
    assert order.step == "provision"
    assert row.username != old
    assert order.secrets["trunk"]["username"] == row.username
    assert {old, row.username} <= set(place.control.call("GET", "/subs"))
    Order.objects.filter(pk=order.pk).update(status="completed", facts={"gateways": [{"state": "TRYING"}]})
    assert rekey.finish() == 0
    Order.objects.filter(pk=order.pk).update(facts={"gateways": [{"state": "REGED"}]})
    given = {"account": row.username, "password": order.secrets["trunk"]["password"]}
    place.control.call("POST", "/registrations", **given, host="toronto.provider1.example", address="203.0.113.10")
    assert rekey.finish() == 1
    assert old not in place.control.call("GET", "/subs")
    assert row.username in place.control.call("GET", "/owned")[order.number]["routing"]
    assert rekey.finish() == 0


def test_the_trunks_name_is_its_order(bought):
    _, order = bought(FIRST)
    assert trunks.name_of(order, 1).endswith(f"-{order.pk}")
    assert trunks.name_of(order, 2).endswith(f"-{order.pk}-2")
    order.domain = f"{'a' * 60}.example.com"
    assert len(trunks.name_of(order, 12)) <= 32


def test_a_low_balance_is_told_once(market):
    from voipbox.numbers import balances
    from voipbox.orders.models import Mail

    place = market(FIRST)
    place.control.balance("3.00")
    balances.read(place.account)
    balances.read(place.account)
    assert Balance.objects.get(account=place.account).low
    titles = [mail.context["title"] for mail in Mail.objects.filter(kind="notice")]
    assert titles == ["The balance at Provider One (sandbox) is low"]
    place.control.balance("300.00")
    assert not balances.read(place.account).low


@pytest.fixture
def failed_in_the_dark(market, buy, actors):
    """A purchase whose answer was lost, and the provider then refuses to tell of it: the order failed. kind: how it was lost."""

    def failed(kind="commit_then_drop"):
        place, order, _ = buying_fails(market, buy, actors, kind, SECOND)
        place.control.fault("refuse", "*")
        let_time_pass()
        advance.advance(order.pk)
        place.control.clear_faults()
        return place, fresh(order)

    return failed


def test_a_refused_read_back_decides_nothing_and_says_so(failed_in_the_dark):
    _, order = failed_in_the_dark()
    assert (order.status, order.step) == ("failed", "purchase")
    assert order.reason.startswith(f"It is not known yet whether {Purchase.objects.get().number} was bought:")
    assert "do not order the number by hand" in order.reason
    assert "send it again" not in order.reason
    assert Purchase.objects.get().next_look_at is not None


def test_a_number_found_after_its_order_failed_is_told_and_kept(failed_in_the_dark, actors):
    place, order = failed_in_the_dark()
    advance.callback(order.pk)
    for _ in range(2):
        advance.advance(order.pk)
    order, purchase = fresh(order), Purchase.objects.get()
    assert (order.status, purchase.state) == ("failed", "confirmed")
    assert order.reason.startswith(f"{purchase.number} is bought and paid. Go on with the order")
    assert AuditEvent.objects.filter(order=order, action="purchase_found").count() == 1
    actions.perform(order.pk, "reset_purchase", actors["bob"], "once more")
    start(order, actors)
    advance.advance(order.pk)
    assert fresh(order).step == "registration"
    assert [sold["number"] for sold in place.control.purchases()] == [fresh(order).number]


def test_a_failed_order_whose_purchase_bought_nothing_can_buy_anew(failed_in_the_dark, actors):
    place, order = failed_in_the_dark("drop")
    for _ in range(3):
        let_time_pass()
        advance.advance(order.pk)
    assert fresh(order).reason.endswith("Nothing was bought; going on with the order buys anew.")
    actions.perform(order.pk, "reset_purchase", actors["bob"], "once more")
    start(order, actors)
    advance.advance(order.pk)
    assert [sold["number"] for sold in place.control.purchases()] == [Purchase.objects.get(current=True).number]
