"""Whose words stand in a mail to whom, and that each change which a client would ask about is told once."""

from __future__ import annotations

import pytest
from voipbox.core.models import User
from voipbox.orders import actions, compose, mail_queue, moves
from voipbox.orders.effects import EFFECTS
from voipbox.orders.models import Mail, Order
from voipbox.pages.client import accounts

pytestmark = pytest.mark.django_db
BAIT = "Your line is locked, pay at evil.example"


def words(mail):
    made = compose.compose(Mail.objects.select_related("order__client", "order__server").get(pk=mail.pk), preview=True)
    return made.subject + made.text + made.html


def test_a_stranger_writes_nothing_to_an_address_that_signs_up(settings):
    accounts.sign_up("victim@acme.example", BAIT)
    mail = Mail.objects.get()
    assert "evil.example" not in words(mail) and "locked" not in words(mail)
    accounts.sign_up("victim@acme.example", BAIT + " again")
    assert all("evil.example" not in words(mail) for mail in Mail.objects.all())


@pytest.mark.parametrize("kind", ["confirmation", "rejection", "welcome", "corrected", "news"])
@pytest.mark.parametrize("proved", [True, False])
def test_words_of_an_order_go_to_an_address_that_was_proved(place, people, kind, proved):
    order = place("alice")
    alice = people["alice"]
    email = alice.email if proved else "victim@acme.example"
    Order.objects.filter(pk=order.pk).update(contact=BAIT, company=BAIT, email=email)
    order.refresh_from_db()
    Mail.objects.all().delete()
    mail_queue.add(kind, [order], None, {"about": "cancel", "lines": [], "price": []})
    found = words(Mail.objects.get())
    assert ("evil.example" in found) == (proved and kind not in ("corrected", "news"))


def test_a_client_whose_address_no_link_has_proved_is_a_stranger(place, people):
    order = place("alice")
    User.objects.filter(pk=people["alice"].pk).update(password="!")
    Order.objects.filter(pk=order.pk).update(contact=BAIT, email=people["alice"].email)
    assert all("evil.example" not in words(mail) for mail in Mail.objects.filter(kind="confirmation"))


def test_what_staff_typed_may_be_said(place):
    order = place("bob")
    assert order.contact in words(Mail.objects.get(order=order, kind="confirmation"))


def test_each_cause_is_told_once_though_the_order_stays_as_it_is(place):
    order = place()
    for cause in ("first refusal", "second refusal", "second refusal"):
        mail_queue.add("failure", [order], ["staff@voipbox.example"], {"reason": cause}, cause)
    assert Mail.objects.filter(kind="failure").count() == 2


def test_a_client_hears_of_a_cancellation(place, actors):
    order = place("alice")
    actions.perform(order.pk, "cancel", actors["bob"], "an internal reason")
    mail = Mail.objects.get(kind="news")
    assert mail.recipients == [order.email]
    assert "was cancelled" in words(mail) and "internal" not in words(mail)


def test_every_move_that_a_client_would_ask_about_is_told():
    told = {move.action for move in moves.MOVES if any(name.startswith("news_") for name in move.effects)}
    assert told == {"cancel", "place", "await_registration", "activate", "block", "terminate"}
    assert all(name in EFFECTS for move in moves.MOVES for name in move.effects)


def test_an_invitation_goes_to_who_signs_in(place, actors):
    order = place(admin={"method": "invitation", "email": "it@acme.example"})
    EFFECTS["welcome"]([order])
    assert not Mail.objects.filter(kind="welcome").exists()
    actions.audit.write(actors["bob"], "complete", order)
    EFFECTS["welcome"]([order])
    assert Mail.objects.get(kind="welcome").recipients == ["it@acme.example"]
    news = Mail.objects.get(kind="news")
    assert news.recipients == [order.email] and "is ready" in words(news)
