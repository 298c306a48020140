"""Findings, numbers, mails, the audit and a client's page."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def find(place: Any) -> Any:
    """An open finding of a kind: find("orphan", number)."""
    from voipbox.core import clock
    from voipbox.numbers.models import Finding
    from voipbox.providers.models import ProviderAccount

    def find(kind: str, number: str, order: Any = None) -> Any:
        account, now = ProviderAccount.objects.get(slug="maple"), clock.now()
        return Finding.objects.create(
            account=account, kind=kind, number=number, order=order, words=f"{number} <b>is</b> paid", first_seen_at=now,
            last_seen_at=now,
        )  # fmt: skip

    return find


def test_findings_stand_on_a_page_with_what_to_do(browse: Any, find: Any, place: Any) -> None:
    order = place()
    rows = [find("orphan", f"+1416555{digits}") for digits in range(1000, 1051)]
    missing = find("missing", order.number, order)
    assert "/staff/findings/" in browse("bob").get("/staff/").text
    page = browse("eve").get("/staff/findings/")
    assert len(page.context["rows"]) == 52 and "Give it back to the provider" in page.text and "&lt;b&gt;is" in page.text
    assert f"/staff/orders/{order.pk}/" in page.text and 'name="reason"' not in page.text
    only = browse("bob").get("/staff/findings/?kind=missing")
    assert [one["row"].pk for one in only.context["rows"]] == [missing.pk] and "Its calls do not come in" in only.text
    assert browse("bob").get("/staff/findings/?kind=x&account=%00&before=y").status_code == 200
    assert rows


def test_findings_are_settled_together_with_a_reason(browse: Any, find: Any) -> None:
    from voipbox.numbers.models import Finding
    from voipbox.orders.models import AuditEvent

    rows, bob = [find("orphan", f"+1416555100{digit}") for digit in range(3)], browse("bob")
    keys = [row.pk for row in rows[:2]]
    assert "Why" in bob.post("/staff/findings/settle/", {"finding": keys, "reason": " "}, follow=True).text
    assert Finding.objects.filter(settled_at=None).count() == 3
    assert (
        "2 findings settled"
        in bob.post("/staff/findings/settle/", {"finding": keys, "reason": "kept in stock"}, follow=True).text
    )
    assert list(Finding.objects.filter(settled_at=None)) == [rows[2]]
    assert AuditEvent.objects.filter(action="settle_finding", reason="kept in stock").count() == 2
    assert "Settled" in bob.get("/staff/findings/?settled=yes").text
    assert "Choose a finding first" in bob.post("/staff/findings/settle/", {"reason": "x"}, follow=True).text


def test_a_number_is_given_back_only_when_it_is_typed_again(browse: Any, find: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from voipbox.numbers import decisions

    given: list[tuple[int, str, str]] = []
    row, bob = find("orphan", "+14165551000"), browse("bob")
    path = f"/staff/findings/{row.pk}/give-back/"
    assert "was not given back" in bob.post(path, {"confirm": "+14165551001", "reason": "x"}, follow=True).text
    monkeypatch.setattr(
        decisions, "release", lambda account, number, confirm, actor, reason: given.append((account, number, reason))
    )
    assert "is given back" in bob.post(path, {"confirm": "+14165551000", "reason": "unused"}, follow=True).text
    assert given == [(row.account_id, "+14165551000", "unused")]
    assert browse("eve").post(path).status_code == 403


def test_numbers_mails_and_the_audit_have_pages(browse: Any, place: Any, find: Any) -> None:
    order, other = place("alice"), place()
    find("missing", order.number, order)
    eve = browse("eve")
    page = eve.get("/staff/numbers/").text
    assert order.number in page and other.number in page and "does not agree" in page
    assert other.number not in eve.get(f"/staff/numbers/?q={order.number[1:]}").text
    page = eve.get("/staff/mails/?kind=confirmation").text
    assert page.count("Order confirmation") >= 2 and "ada@acme.example" in page
    assert "No mail is like that" in eve.get("/staff/mails/?q=nobody&state=failed").text
    page = eve.get("/staff/audit/?actor=alice&action=submit")
    assert [event.order_id for event in page.context["rows"]] == [order.pk]
    assert "Nothing like that was done" in eve.get("/staff/audit/?until=2001-01-01").text
    for path in ("numbers", "mails", "audit", "findings"):
        assert eve.get(f"/staff/{path}/?before=x&since=x&q=%00&state=x").status_code == 200
        assert browse("alice").get(f"/staff/{path}/").status_code == 403


def test_a_client_has_a_page(browse: Any, place: Any, people: Any) -> None:
    own, written = place("alice", company="Own Company"), place("bob", company="Written Company", email="ALICE@People.Example")
    place("charlie", company="Other Company")
    page = browse("bob").get(f"/staff/clients/{people['alice'].pk}/").text
    assert "Own Company" in page and "Written Company" in page and "Other Company" not in page
    assert f"/staff/orders/{own.pk}/" in page and f"/staff/orders/{written.pk}/" in page
    assert f"/staff/clients/{people['alice'].pk}/" in browse("bob").get("/clients/").text
    assert f"/staff/clients/{people['alice'].pk}/" in browse("bob").get(f"/staff/orders/{own.pk}/").text
    assert browse("bob").get(f"/staff/clients/{people['dora'].pk}/").status_code == 404
