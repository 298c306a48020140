"""Two customers, one number: one gets it, the other learns so before paying and is shown the nearest alternatives."""

from __future__ import annotations

import datetime

import pytest
from voipbox.core import clock
from voipbox.core.errors import MoveRefused, Refused
from voipbox.numbers import holds, ordering, search
from voipbox.numbers.models import Choice, Hold
from voipbox.orders import intake
from voipbox.orders.models import Order
from voipbox.providers.records import LocationKind, Search
from voipbox_lab.provider_lab import FIRST, SECOND

from tests.controller.at_once import at_once
from tests.controller.fixtures import order_data

TORONTO = Search("CA", "CA-ON", pattern="416*", limit=20)


def offers(market, wanted=TORONTO, owner=""):
    return search.find(market.account, wanted, owner)


@pytest.mark.django_db
def test_a_held_number_is_offered_to_nobody_else(market):
    place = market(FIRST)
    offer = offers(place)[0]
    hold = holds.take(place.account, offer, "draft:alice")
    assert offer.number not in {one.number for one in offers(place, owner="draft:charlie")}
    assert offer.number in {one.number for one in offers(place, owner="draft:alice")}
    with pytest.raises(Refused, match=r"number: .* was just taken by somebody else"):
        holds.take(place.account, offer, "draft:charlie")
    holds.drop(hold)
    assert holds.take(place.account, offer, "draft:charlie").owner == "draft:charlie"


@pytest.mark.django_db
def test_who_chooses_another_number_lets_go_of_the_first(market):
    place = market(FIRST)
    one, other = offers(place)[:2]
    holds.take(place.account, one, "draft:alice")
    holds.take(place.account, other, "draft:alice")
    assert [hold.number for hold in Hold.objects.filter(owner="draft:alice")] == [other.number]


@pytest.mark.django_db
def test_a_hold_ends_by_itself_and_can_be_made_longer(market):
    place = market(FIRST)
    offer = offers(place)[0]
    hold = holds.take(place.account, offer, "draft:alice")
    before = hold.expires_at
    Hold.objects.filter(pk=hold.pk).update(expires_at=clock.now() + datetime.timedelta(seconds=5))
    hold.refresh_from_db()
    assert holds.extend(hold).expires_at >= before
    Hold.objects.filter(pk=hold.pk).update(expires_at=clock.now() - datetime.timedelta(seconds=1))
    hold.refresh_from_db()
    with pytest.raises(MoveRefused, match="is over"):
        holds.must_be_alive(hold)
    assert holds.take(place.account, offer, "draft:charlie").number == offer.number


@pytest.mark.django_db
def test_the_second_provider_reserves_and_tells_until_when(market):
    place = market(SECOND)
    offer = next(one for one in offers(place, Search("ZA", pattern="*555*", limit=50)) if one.number)
    hold = holds.take(place.account, offer, "draft:alice")
    assert hold.reservation
    assert hold.expires_at - clock.now() < datetime.timedelta(minutes=11)
    holds.drop(hold)
    again = holds.take(place.account, offer, "draft:charlie")
    assert again.reservation != hold.reservation


@pytest.mark.django_db
def test_alternatives_are_the_nearest_by_place_and_digits(market):
    place = market(FIRST)
    wanted = next(one for one in offers(place) if one.city == "Toronto")
    found = holds.alternatives(place.account, wanted)
    assert 1 < len(found) <= 8
    assert wanted.number not in {one.number for one in found}
    assert {one.city for one in found[:4]} == {"Toronto"}
    assert all(one.number.startswith("+1416") for one in found[:4])


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_moment_one_gets_it(market):
    place = market(FIRST)
    offer = offers(place)[0]

    def press(name):
        try:
            return holds.take(place.account, offer, f"draft:{name}").owner
        except Refused as error:
            return error.faults[0].field

    ends = at_once(press, range(4))
    assert sorted(ends)[1:] == ["number"] * 3
    assert Hold.objects.count() == 1


@pytest.mark.django_db
def test_an_order_takes_the_hold_along_with_its_price(market, actors):
    place = market(FIRST)
    offer = offers(place)[0]
    hold = holds.take(place.account, offer, "draft:alice", "2")
    items = [{"product": place.product}, {"product": "office-5"}]
    given = intake.parse(intake.OrderInput, order_data(items=items, trunk=None, number=offer.number))
    order = ordering.place(given, actors["alice"], "page", hold)
    choice = Choice.objects.get(order=order)
    assert (choice.capacity_id, choice.number) == ("2", order.number)
    assert choice.quote.monthly == choice.capacity.monthly > 0
    assert Hold.objects.get().owner == f"order:{order.pk}"
    assert offer.number not in {one.number for one in offers(place)}


@pytest.mark.django_db
def test_what_cannot_be_bought_is_refused_by_name_and_nothing_is_written(market, buy):
    place = market(FIRST)
    for number, cause in (("+12125550999", "not on offer"), ("+442079460000", "not on offer")):
        with pytest.raises(Refused, match=f"number: .*{cause}"):
            buy(place, number=number)
    with pytest.raises(Refused, match="capacity: there is no 9"):
        buy(place, capacity="9")
    with pytest.raises(Refused, match="trunk: is made at"):
        buy(place, trunk={"username": "u", "password": "Example-Trunk-1"})
    assert not Order.objects.exists()
    assert not Hold.objects.exists()


@pytest.mark.django_db
def test_places_are_asked_for_once_a_day(market):
    place = market(FIRST)
    first = search.places(place.account, LocationKind.REGION, "CA")
    calls = len(place.control.calls())
    assert search.places(place.account, LocationKind.REGION, "CA") == first
    assert len(place.control.calls()) == calls


@pytest.mark.django_db
@pytest.mark.parametrize(("provider", "wanted"), [(FIRST, Search("CA", "CA-ON", limit=500)), (SECOND, Search("GB", limit=500))])
def test_a_page_of_numbers_costs_three_calls_at_most(market, provider, wanted):
    place = market(provider)
    search.country_id(place.account, wanted.country)
    place.control.clear_journal()
    assert offers(place, wanted)
    assert len(place.control.calls()) <= 3
