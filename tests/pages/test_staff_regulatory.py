"""The regulatory review, the ordering dialog and the number ledger on the order page."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.regulatory import files
from tests.regulatory.conftest import ADDRESS, PERSON, fresh

pytestmark = pytest.mark.django_db
FORM = {
    **{f"identity.{name}": value for name, value in PERSON.items()},
    **{f"address.{name}": value for name, value in ADDRESS.items()},
}


def test_an_operator_takes_it_through_every_phase(browse: Any, order: Any, world: Any) -> None:
    one, bob = order("alice"), browse("bob")
    base = f"/staff/orders/{one.pk}"
    assert "store what is missing of identity and address" in bob.get(f"{base}/").text
    assert bob.post(f"{base}/registration/", FORM).status_code == 302
    assert "Reviewed and complete" in bob.get(f"{base}/registration/review/").text
    bob.post(f"{base}/registration/review/")
    bob.post(f"{base}/registration/submit/")
    assert fresh(one).status == "identity_address_confirmed"
    for entity, proof, issued in (("identity", "pt-passport", ""), ("address", "pt-bill", _today())):
        file = SimpleUploadedFile("scan.pdf", files.pdf(entity.encode()), "application/pdf")
        page = bob.post(
            f"{base}/documents/", {"entity": entity, "proof_type": proof, "issued_on": issued, "file": file}, follow=True
        )
        assert "is kept, encrypted" in page.text
    bob.post(f"{base}/registration/send/")
    assert fresh(one).status == "documents_uploaded"
    dialog = bob.get(f"{base}/number/", headers={"HX-Request": "true"}).text
    for part in (
        "Availability",
        "Alternatives",
        "Capacity",
        "Subtotal",
        "VAT",
        "Total",
        "Do not order now",
        "Order the number</button>",
    ):
        assert part in dialog, part
    bob.post(f"{base}/number/place/")
    assert fresh(one).status == "order_placed"
    actors = {event.actor for event in one.audit.all() if "status" in event.before}
    assert actors == {"bob@people.example"}


def _today() -> str:
    from voipbox.core import clock

    return clock.now().date().isoformat()


def test_personal_data_shows_only_where_it_is_asked_for(browse: Any, order: Any, give: Any) -> None:
    one = order()
    give(one)
    base = f"/staff/orders/{one.pk}"
    for who in ("bob", "eve"):
        assert PERSON["last_name"] not in browse(who).get(f"{base}/").text
    assert PERSON["last_name"] in browse("bob").get(f"{base}/registration/").text
    assert one.audit.filter(action="regulatory_shown").count() == 1
    assert browse("eve").get(f"{base}/registration/").status_code == 403


def test_wrong_data_is_named_by_field(browse: Any, order: Any) -> None:
    one, bob = order(), browse("bob")
    answer = bob.post(
        f"/staff/orders/{one.pk}/registration/", {**FORM, "identity.birth_date": "never", "address.country": "South"}
    )
    assert answer.status_code == 422
    assert answer.text.count("is-invalid") == 2 and 'value="never"' in answer.text
    assert one.audit.count() == 1


@pytest.mark.parametrize("content", [b"MZ not a document", b""])
def test_files_that_are_none_are_refused(browse: Any, order: Any, content: bytes) -> None:
    one = order()
    file = SimpleUploadedFile("virus.pdf", content, "application/pdf")
    page = browse("bob").post(
        f"/staff/orders/{one.pk}/documents/", {"entity": "identity", "proof_type": "pt-passport", "file": file}, follow=True
    )
    assert "was not kept" in page.text and one.documents.count() == 0


def test_a_file_that_is_too_large_is_refused_without_reading_it(browse: Any, order: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from voipbox.pages import uploads

    monkeypatch.setattr(uploads, "_FORM", -10 * 1024 * 1024)
    one = order()
    file = SimpleUploadedFile("large.pdf", files.pdf(), "application/pdf")
    page = browse("bob").post(f"/staff/orders/{one.pk}/documents/", {"entity": "identity", "file": file}, follow=True)
    assert "at most 10 MB" in page.text and one.documents.count() == 0


def test_an_upload_needs_the_token_of_its_form(people: Any, order: Any) -> None:
    from django.test import Client

    one, client = order(), Client(enforce_csrf_checks=True)
    client.force_login(people["bob"])
    file = SimpleUploadedFile("scan.pdf", files.pdf(), "application/pdf")
    answer = client.post(f"/staff/orders/{one.pk}/documents/", {"entity": "identity", "proof_type": "pt-passport", "file": file})
    assert answer.status_code == 403 and one.documents.count() == 0


def test_documents_are_opened_as_downloads_and_noted(browse: Any, order: Any, bring: Any) -> None:
    one, other, bob = order(), order(), browse("bob")
    document = bring(one)
    answer = bob.post(f"/staff/orders/{one.pk}/documents/{document.pk}/")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert (
        answer.headers["Content-Security-Policy"].startswith("sandbox") and "attachment" in answer.headers["Content-Disposition"]
    )
    assert one.audit.last().after.get("document") == document.pk
    assert bob.post(f"/staff/orders/{other.pk}/documents/{document.pk}/").status_code == 404
    assert bob.post(f"/staff/orders/{other.pk}/documents/{document.pk}/remove/").status_code == 404
    bob.post(f"/staff/orders/{one.pk}/documents/{document.pk}/remove/")
    assert one.documents.count() == 0


def test_a_number_that_is_gone_is_told_with_alternatives(browse: Any, order: Any, walk: Any, world: Any) -> None:
    one = walk(order(), "documents")
    world.offered.remove(one.number)
    bob, path = browse("bob"), f"/staff/orders/{one.pk}/number/"
    page = bob.get(path).text
    assert f"{one.number} is no longer available" in page and "Order the number</button>" not in page
    other = next(number for number in world.offered if f"{number} - Setup: $1.00, Monthly: $2.00" in page)
    assert bob.post(f"{path}place/", follow=True).status_code == 200
    assert fresh(one).status == "documents_uploaded" and world.purchases == []
    page = bob.post(path, {"number": other}).text
    assert "is available" in page and "Order the number</button>" in page
    assert fresh(one).number == other


def test_another_way_to_pay_changes_the_price(browse: Any, order: Any, walk: Any) -> None:
    one, bob = walk(order(), "documents"), browse("bob")
    path = f"/staff/orders/{one.pk}/number/"
    assert "3.45 USD" in bob.get(path).text  # (1 + 2) and 15 %
    page = bob.post(path, {"capacity": "sku-2"}, headers={"HX-Request": "true"}).text
    assert "10.35 USD" in page  # (1 + 8) and 15 %
    assert "there is no nonsense" in bob.post(path, {"capacity": "nonsense"}).text


def test_a_provider_that_does_not_answer_is_told(browse: Any, order: Any, walk: Any, world: Any) -> None:
    from voipbox.providers.errors import NothingSent

    one = walk(order(), "documents")
    world.script("quote", NothingSent("The provider cannot be reached."))
    answer = browse("bob").get(f"/staff/orders/{one.pk}/number/")
    assert answer.status_code == 409 and "The provider was not reached" in answer.text and "Place order" not in answer.text


def test_the_ledger_shows_attempts_and_settles_what_stayed_open(browse: Any, order: Any, walk: Any, world: Any) -> None:
    from voipbox.numbers.models import Purchase

    one, bob = walk(order(), "bought"), browse("bob")
    purchase = Purchase.objects.get(order=one)
    page = bob.get(f"/staff/orders/{one.pk}/").text
    assert purchase.reference in page and "Confirmed" in page and "Settle it by hand" not in page
    Purchase.objects.filter(pk=purchase.pk).update(state="unknown", decided_at=None)
    assert "Settle it by hand" in bob.get(f"/staff/orders/{one.pk}/").text
    assert "Settle it by hand" not in browse("eve").get(f"/staff/orders/{one.pk}/").text
    path = f"/staff/orders/{one.pk}/purchases/{purchase.pk}/settle/"
    bob.post(path, {"bought": "yes", "number": one.number, "reason": " "})
    assert Purchase.objects.get(pk=purchase.pk).state == "unknown"
    bob.post(path, {"bought": "yes", "number": one.number, "reason": "seen in the portal"})
    assert Purchase.objects.get(pk=purchase.pk).state == "confirmed"
    other = order()
    assert bob.post(f"/staff/orders/{other.pk}/purchases/{purchase.pk}/settle/", {"reason": "x"}).status_code == 404


def test_a_refused_registration_is_corrected_and_handed_in_again(browse: Any, order: Any, walk: Any, world: Any) -> None:
    from voipbox.regulatory import verification

    one, bob = walk(order(), "awaiting"), browse("bob")
    world.reject("Address: the <b>street</b> cannot be found")
    verification.register(one.pk)
    page = bob.get(f"/staff/orders/{one.pk}/").text
    assert fresh(one).status == "blocked" and "Refused by the provider" in page and "<b>street" not in page
    bob.post(f"/staff/orders/{one.pk}/registration/", {**FORM, "address.street": "2 Example Street"})
    for act, words in (
        ("review", "Reviewed and complete"),
        ("submit", "Confirm identity and address"),
        ("send", "Send the documents"),
        ("again", "Register again"),
    ):
        where = "registration/review/" if act == "review" else ""
        assert words in bob.get(f"/staff/orders/{one.pk}/{where}").text
        for document in one.documents.all():
            bob.get(f"/staff/orders/{one.pk}/documents/{document.pk}/seen/")
        bob.post(f"/staff/orders/{one.pk}/registration/{act}/")
    assert fresh(one).registration.state == "open"
    verification.register(one.pk)
    assert fresh(one).registration.attempt == 2


def test_an_order_without_a_chosen_number_still_has_its_page(browse: Any, order: Any, world: Any) -> None:
    from voipbox.numbers.models import Choice

    one = order()
    Choice.objects.filter(order=one).delete()
    answer = browse("bob").get(f"/staff/orders/{one.pk}/")
    assert answer.status_code == 200 and "Regulatory review" in answer.text


def test_an_account_of_an_unknown_driver_breaks_no_page(browse: Any, order: Any) -> None:
    from voipbox.providers.models import ProviderAccount

    one = order()
    ProviderAccount.objects.update(driver="gone")
    for path in ("/staff/orders/", f"/staff/orders/{one.pk}/", "/staff/", "/staff/settings/accounts/"):
        assert browse("dora").get(path).status_code == 200, path


def test_nobody_reviews_what_was_not_looked_at(browse: Any, order: Any, give: Any, bring: Any, actors: Any) -> None:
    from voipbox.core.errors import MoveRefused
    from voipbox.regulatory import registrations

    one, bob = order("alice"), browse("bob")
    give(one)
    bring(one)
    base = f"/staff/orders/{one.pk}"
    assert f"{base}/registration/review/" in bob.get(f"{base}/").text
    assert "Look first at the values" in bob.post(f"{base}/registration/review/", follow=True).text
    page = bob.get(f"{base}/registration/review/").text
    for shown in ("Nkosi", "South Africa (ZA)", "1 Example Street", "Proof of identity: Passport", "Reviewed and complete"):
        assert shown in page, shown
    document = one.documents.get()
    assert f"Look first at document {document.pk}" in bob.post(f"{base}/registration/review/", follow=True).text
    seen = bob.get(f"{base}/documents/{document.pk}/seen/")
    assert (
        seen["Content-Type"] == "image/png"
        and seen["X-Frame-Options"] == "SAMEORIGIN"
        and "default-src 'none'" in seen["Content-Security-Policy"]
    )
    with pytest.raises(MoveRefused):  # what one looked at says nothing of another
        registrations.review(one.pk, actors["dora"])
    bob.post(f"{base}/registration/review/")
    assert fresh(one).registration.reviewed_by == "bob@people.example"
    for who, status in (("alice", 403), ("eve", 403), ("", 302)):
        assert browse(who).get(f"{base}/registration/review/").status_code == status
        assert browse(who).get(f"{base}/documents/{document.pk}/seen/").status_code == status


def test_changed_values_are_to_be_looked_at_again(browse: Any, order: Any, give: Any) -> None:
    one, bob = order(), browse("bob")
    give(one)
    base = f"/staff/orders/{one.pk}"
    bob.get(f"{base}/registration/review/")
    give(one, address={**ADDRESS, "street": "2 Other Street"})
    assert "Look first" in bob.post(f"{base}/registration/review/", follow=True).text


def test_no_page_shows_the_path_of_a_field(browse: Any, order: Any, give: Any, bring: Any, world: Any) -> None:
    import re

    one = order("alice")
    give(one)
    bill = bring(one, "address", "Utility Bill")
    type(bill).objects.filter(pk=bill.pk).update(issued_on=None)
    one.registration.faults = [{"field": "identity.birth_date", "cause": "is wrong"}]
    one.registration.save(update_fields=["faults"])
    for who, address in (("bob", f"/staff/orders/{one.pk}/"), ("alice", f"/my/orders/{one.pk}/")):
        text = re.sub(r"<[^>]*>", " ", browse(who).get(address).text)
        assert not re.findall(r"\b(?:identity|address|documents)(?:\.|\[)\w+", text)
