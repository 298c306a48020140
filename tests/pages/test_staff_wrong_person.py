"""Every address below /staff/ for everybody whom it is not for. New pages are in here by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.django_db
_ARGUMENTS = {
    "order_id": 1, "run_id": 1, "mail_id": 1, "purchase_id": 1, "document_id": 1, "user_id": 1, "token_id": 1, "webhook_id": 1,
    "finding_id": 1,
    "action": "approve", "slug": "maple", "kind": "product",
}  # fmt: skip
# What auditors may see.
_LOOKED_AT = {
    "dashboard", "queue", "order", "runs", "run", "run_output", "mail", "framed_mail", "settings", "accounts", "servers",
    "catalog", "findings", "numbers", "mails", "audit", "client", "orders_sheet",
    "mappings", "mail_templates", "framed_template", "doctor",
}  # fmt: skip


def addresses() -> Iterator[tuple[str, str]]:
    """Name and path of every page, with arguments that fit."""
    from django.urls import URLPattern, URLResolver, reverse
    from voipbox.pages.staff import urls

    def walk(patterns: Any) -> Iterator[URLPattern]:
        for each in patterns:
            if isinstance(each, URLResolver):
                yield from walk(each.url_patterns)
            else:
                yield each

    def names(each: Any) -> list[str]:
        return list(each.pattern.converters)

    outer = {"order_id": 1}
    for each in walk(urls.urlpatterns):
        for arguments in (
            {name: _ARGUMENTS[name] for name in names(each)},
            {**outer, **{name: _ARGUMENTS[name] for name in names(each)}},
        ):
            try:
                yield each.name, reverse(f"staff:{each.name}", kwargs=arguments)
                break
            except Exception:
                continue
        else:
            raise AssertionError(f"{each.name} has arguments that this test does not know")


def test_every_page_is_looked_at() -> None:
    found = dict(addresses())
    assert len(found) > 50 and set(found) >= _LOOKED_AT


def test_strangers_are_sent_to_sign_in(browse: Any, place: Any) -> None:
    place(company="Secret Harbour")
    stranger = browse("")
    for name, path in addresses():
        for answer in (stranger.get(path), stranger.post(path)):
            if answer.status_code != 405:
                assert answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in/"), name
            assert "Secret Harbour" not in answer.text, name


def test_clients_see_and_do_nothing(browse: Any, place: Any) -> None:
    order = place(actor="alice", company="Secret Harbour")
    alice = browse("alice")
    for name, path in addresses():
        for answer in (alice.get(path), alice.post(path, {"reason": "because"})):
            assert answer.status_code in (403, 405), name
            assert "Secret Harbour" not in answer.text, name
    assert order.audit.count() == 1


def test_auditors_look_and_change_nothing(browse: Any, place: Any) -> None:
    from voipbox.orders.models import AuditEvent

    place()
    eve, before = browse("eve"), AuditEvent.objects.count()
    for name, path in addresses():
        looked = eve.get(path).status_code
        assert looked in ((200, 204, 286, 404) if name in _LOOKED_AT else (403, 405)), name
        assert eve.post(path, {"reason": "because"}).status_code in (403, 405), name
    assert AuditEvent.objects.count() == before


def test_operators_change_no_settings(browse: Any, place: Any) -> None:
    from voipbox.orders.models import AuditEvent

    place()
    bob, before = browse("bob"), AuditEvent.objects.count()
    for name, path in addresses():
        if path.startswith("/staff/settings/") and name not in ("test_account", "look_at_servers"):
            assert bob.post(path).status_code in (403, 405), name
    assert AuditEvent.objects.count() == before
