"""Documents that a client brings on the page of an order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.pages.checkout import problems
from tests.regulatory.files import png

Browse = Callable[[str], Client]


def bring(browser: Client, order: Any, content: bytes, name: str = "passport.png", purpose: str = "identity:passport") -> Any:
    """Send the form and follow it."""
    file = SimpleUploadedFile(name, content, "image/png")
    return browser.post(f"/my/orders/{order.pk}/documents/", {"purpose": purpose, "file": file}, follow=True)


def test_a_client_brings_a_document_and_sees_its_name(browse: Browse, regulated: Any) -> None:
    from voipbox.regulatory.models import Document

    order = regulated("alice")
    page = browse("alice").get(f"/my/orders/{order.pk}/").content.decode()
    assert '<option value="identity:passport">' in page
    answer = bring(browse("alice"), order, png())
    assert "kept, encrypted" in answer.content.decode(), problems(answer)
    assert "passport.png" in answer.content.decode()
    document = Document.objects.get()
    assert (document.entity, document.added_by) == ("identity", "alice@people.example")


def test_what_is_no_document_is_refused_in_plain_words(browse: Browse, regulated: Any) -> None:
    from voipbox.regulatory.models import Document

    order = regulated("alice")
    assert "not kept" in bring(browse("alice"), order, b"<html>no picture</html>").content.decode()
    assert "not kept" in bring(browse("alice"), order, png(), purpose="<b>").content.decode()
    none = browse("alice").post(f"/my/orders/{order.pk}/documents/", {"purpose": "identity"}, follow=True)
    assert "is required" in none.content.decode()
    assert not Document.objects.exists()


def test_nobody_brings_documents_for_somebody_else(browse: Browse, regulated: Any) -> None:
    order = regulated("alice")
    assert bring(browse("charlie"), order, png()).status_code == 404
    assert bring(browse("eve"), order, png()).status_code == 403


def test_an_order_without_registration_takes_no_documents(browse: Browse, place: Any) -> None:
    order = place("alice")
    assert bring(browse("alice"), order, png()).status_code == 409
    assert "Bring the document" not in browse("alice").get(f"/my/orders/{order.pk}/").content.decode()


def bill(browser: Client, order: Any, **more: str) -> Any:
    """Bring a bill."""
    file = SimpleUploadedFile("bill.png", png(b"bill"), "image/png")
    return browser.post(f"/my/orders/{order.pk}/documents/", {"purpose": "address:pt-bill", "file": file, **more}, follow=True)


def test_a_bill_takes_its_date_with_it_or_later(browse: Browse, order: Any, give: Any) -> None:
    from voipbox.core import clock

    one = order("alice")
    give(one)
    alice, today = browse("alice"), clock.now().date()
    page = alice.get(f"/my/orders/{one.pk}/").content.decode()
    assert 'name="issued_on"' in page and "documents[" not in page
    page = bill(alice, one).content.decode()
    assert "Proof of address: Utility Bill: is required: enter the date that stands on the bill" in page
    document = one.documents.get()
    old = alice.post(f"/my/orders/{one.pk}/documents/{document.pk}/date/", {"issued_on": "2001-01-01"}, follow=True)
    assert "Date on the bill: 2001-01-01 is more than 3 months ago" in old.content.decode()
    page = alice.post(
        f"/my/orders/{one.pk}/documents/{document.pk}/date/", {"issued_on": today.isoformat()}, follow=True
    ).content.decode()
    assert "enter the date" not in page and f"dated {today:%-d %B %Y}" in page
    document.delete()
    assert "enter the date" not in bill(alice, one, issued_on=today.isoformat()).content.decode()


def test_the_same_file_with_a_date_takes_the_date(browse: Browse, order: Any) -> None:
    from voipbox.core import clock

    one, alice = order("alice"), browse("alice")
    bill(alice, one)
    bill(alice, one, issued_on=clock.now().date().isoformat())
    assert [document.issued_on for document in one.documents.all()] == [clock.now().date()]


def test_a_document_says_its_kind_is_opened_replaced_and_removed_by_its_owner(browse: Browse, order: Any) -> None:
    one, alice = order("alice"), browse("alice")
    file = SimpleUploadedFile("passport.png", png(), "image/png")
    page = alice.post(f"/my/orders/{one.pk}/documents/", {"purpose": "identity:pt-passport", "file": file}, follow=True)
    assert "Proof of identity: Passport" in page.content.decode()
    document = one.documents.get()
    address = f"/my/orders/{one.pk}/documents/{document.pk}/"
    opened = alice.post(address)
    assert opened.content == png() and "attachment" in opened["Content-Disposition"]
    assert one.audit.filter(action="document_shown").get().actor == "alice@people.example"
    for who, status in (("charlie", 404), ("eve", 403), ("", 302)):
        assert browse(who).post(address).status_code == status
        assert browse(who).post(f"{address}remove/").status_code == status, who
    other = SimpleUploadedFile("newer.png", png(b"newer"), "image/png")
    alice.post(
        f"/my/orders/{one.pk}/documents/",
        {"purpose": "identity:pt-passport", "file": other, "instead_of": document.pk},
        follow=True,
    )
    newer = one.documents.get()
    assert newer.name == "newer.png" and newer.pk != document.pk
    alice.post(f"/my/orders/{one.pk}/documents/{newer.pk}/remove/")
    assert not one.documents.exists()


def test_a_form_to_sign_can_be_downloaded(browse: Browse, order: Any, give: Any, world: Any) -> None:
    import dataclasses

    from tests.regulatory.conftest import ADDRESS, COMPANY

    business = dataclasses.replace(world.requirements.business, template_url="https://forms.provider.example/1")
    world.requirements = dataclasses.replace(world.requirements, business=business)
    one = order("alice")
    give(one, identity=COMPANY, address=ADDRESS)
    page = browse("alice").get(f"/my/orders/{one.pk}/").content.decode()
    assert 'href="https://forms.provider.example/1"' in page and "Registration Form" in page
    assert 'href="https://forms.provider.example/1"' in browse("bob").get(f"/staff/orders/{one.pk}/").content.decode()


def test_a_client_reads_what_the_provider_did_not_take(browse: Browse, order: Any, walk: Any, world: Any) -> None:
    from voipbox.regulatory import verification

    one = walk(order("alice"), "awaiting")
    world.reject("Address: the <b>street</b> cannot be found")
    verification.register(one.pk)
    page = browse("alice").get(f"/my/orders/{one.pk}/").content.decode()
    assert "What the provider did not take" in page and "the &lt;b&gt;street&lt;/b&gt; cannot be found" in page
