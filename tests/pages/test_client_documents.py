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
