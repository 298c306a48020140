"""Drafts under pressure: many buttons at once, and what a failed try leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.controller.at_once import at_once
from tests.pages.checkout import Walk

Browse = Callable[[str], Client]


@pytest.mark.django_db(transaction=True)
def test_many_buttons_at_once_place_one_order(browse: Browse, catalog: None) -> None:
    from voipbox.orders.models import Mail, Order

    walk = Walk(browse("alice")).fill()
    browsers = [browse("alice") for _ in range(4)]
    seen = {"price": walk.price()}
    answers = at_once(lambda browser: browser.post(f"/order/{walk.token}/review/", seen), browsers)
    assert {answer["Location"] for answer in answers} == {f"/order/{walk.token}/done/"} and len(answers) == len(browsers)
    assert Order.objects.count() == 1 and Mail.objects.filter(kind="confirmation").count() == 1


def test_a_refused_order_leaves_the_draft_and_nothing_else(browse: Browse, catalog: None, place: Any) -> None:
    from voipbox.core.models import User
    from voipbox.orders.models import Draft, Order

    walk = Walk(browse("bob")).fill(company={"client": "fresh@acme.example"})
    taken = place("charlie", domain="acme-corp.pbx.example.com")
    answer = walk.place()
    assert answer.status_code == 422 and "is in another order" in answer.content.decode()
    assert list(Order.objects.all()) == [taken]
    assert not User.objects.filter(email="fresh@acme.example").exists()
    assert Draft.objects.get().order is None


def test_a_fault_after_the_order_was_written_undoes_all(browse: Browse, catalog: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from voipbox.orders.models import Draft, Mail, Order
    from voipbox.pages.client.checkout import review

    def broken(*_: object) -> None:
        raise RuntimeError("in the middle")

    walk = Walk(browse("alice")).fill()
    monkeypatch.setattr(review, "_register", broken)
    with pytest.raises(RuntimeError):
        walk.place()
    assert not Order.objects.exists() and not Mail.objects.exists() and Draft.objects.get().data
    monkeypatch.undo()
    assert walk.place()["Location"].endswith("/done/")
