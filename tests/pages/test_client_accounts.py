"""Signing up, invitations, forgotten and changed passwords, and the mails about them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

Browse = Callable[[str], Client]
GOOD = "a long and good password"


@pytest.fixture(autouse=True)
def quick(settings: Any, db: None) -> None:
    """Hashing is quick here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def link_in_mail() -> str:
    """The path of the link in the newest account mail, as it would be sent."""
    from voipbox.orders.compose import compose
    from voipbox.orders.models import Mail

    words = compose(Mail.objects.filter(kind="account").latest("id"))
    found = re.search(r"https?://[^/\s]+(/account/password/\S+)", words.text)
    assert found and found[1] in words.html
    return found[1]


def ask(path: str, email: str, **more: str) -> str:
    """Send a form that asks for a mail; the answer's words, without the address."""
    answer = Client().post(path, {"email": email, **more})
    assert answer.status_code == 200, answer.content.decode()
    return re.sub(r"\s+", " ", answer.content.decode().replace(email, "")).split("csrf")[-1]


def test_a_sign_up_is_completed_by_the_mailed_link(people: dict[str, Any]) -> None:
    from voipbox.core.models import User

    browser = Client()
    answer = browser.post("/sign-up/?next=/order/", {"name": "New Client", "email": "new@acme.example", "next": "/order/"})
    assert "/account/password/" not in answer.content.decode()
    user = User.objects.get(email="new@acme.example")
    assert user.role == "client" and not user.has_usable_password()
    path = link_in_mail()
    assert browser.get(path).status_code == 200
    assert browser.post(path, {"password": GOOD, "again": GOOD})["Location"] == "/order/"
    assert browser.get("/my/").status_code == 200
    assert browser.get(path).status_code == 404


def test_the_link_is_shown_where_one_is_only_trying(monkeypatch: pytest.MonkeyPatch) -> None:
    from voipbox.core.config import config

    monkeypatch.setattr(config(), "sign_up", "shown")
    answer = Client().post("/sign-up/", {"name": "New Client", "email": "new@acme.example"})
    assert "/account/password/" in answer.content.decode()


def test_signing_up_can_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    from voipbox.core.config import config

    monkeypatch.setattr(config(), "sign_up", "closed")
    assert Client().get("/sign-up/").status_code == 403
    assert Client().post("/sign-up/", {"name": "New Client", "email": "new@acme.example"}).status_code == 403


def test_nobody_learns_who_has_an_account(people: dict[str, Any]) -> None:
    from voipbox.orders.models import Mail

    people["alice"].set_password(GOOD)
    people["alice"].save()
    assert ask("/sign-up/", "alice@people.example", name="Alice") == ask("/sign-up/", "nobody@acme.example", name="Nobody")
    assert ask("/account/forgotten/", "alice@people.example") == ask("/account/forgotten/", "noone@acme.example")
    assert sorted(mail.context["about"] for mail in Mail.objects.all()) == ["known", "reset", "sign_up"]


def test_mails_cannot_be_asked_for_without_end(people: dict[str, Any]) -> None:
    codes = [Client().post("/account/forgotten/", {"email": "alice@people.example"}).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]


def test_a_reset_link_works_once_and_for_an_hour(people: dict[str, Any]) -> None:
    people["alice"].set_password("the old good password")
    people["alice"].save()
    ask("/account/forgotten/", "alice@people.example")
    path = link_in_mail()
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=61)):
        assert Client().get(path).status_code == 404
    assert Client().post(path, {"password": "short", "again": "short"}).status_code == 422
    assert Client().post(path, {"password": GOOD, "again": "other"}).status_code == 422
    answer = Client().post(path, {"password": GOOD, "again": GOOD})
    assert answer.status_code == 302 and answer["Referrer-Policy"] == "same-origin"
    assert Client().post(path, {"password": GOOD, "again": GOOD}).status_code == 404
    for wrong in (
        "/account/password/x/y/",
        "/account/password/MQ/abc-def/",
        "/account/password/OTk5OTk5OTk5OTk5OTk5OTk5OTk5/a-b/",
    ):
        assert Client().get(f"/account/password/{wrong}/").status_code == 404


def test_a_common_password_is_refused(people: dict[str, Any]) -> None:
    ask("/account/forgotten/", "alice@people.example")
    answer = Client().post(link_in_mail(), {"password": "q1w2e3r4t5y6", "again": "q1w2e3r4t5y6"})
    assert answer.status_code == 422 and "everybody tries first" in answer.content.decode()


def test_the_mail_with_a_link_is_shown_to_staff_without_it(people: dict[str, Any]) -> None:
    from voipbox.orders.compose import shown
    from voipbox.orders.mailing import send_queued
    from voipbox.orders.models import Mail

    ask("/account/forgotten/", "alice@people.example")
    mail = Mail.objects.get()
    assert "password/" not in str(mail.context)
    send_queued()
    sent = Mail.objects.get()
    assert sent.state == "sent"
    assert "/account/password/" not in shown(sent.pk)[1].text


def test_changing_the_password_ends_other_sessions_and_is_told_by_mail(people: dict[str, Any]) -> None:
    from voipbox.orders.models import AuditEvent, Mail

    alice = people["alice"]
    alice.set_password("the old good password")
    alice.save()
    here, there = Client(), Client()
    here.force_login(alice)
    there.force_login(alice)
    wrong = here.post("/my/account/password/", {"present": "nope", "password": GOOD, "again": GOOD})
    assert wrong.status_code == 422 and GOOD not in wrong.content.decode()
    right = here.post("/my/account/password/", {"present": "the old good password", "password": GOOD, "again": GOOD})
    assert right.status_code == 302
    assert here.get("/my/").status_code == 200
    assert there.get("/my/").status_code == 302
    assert Mail.objects.get().context["about"] == "changed"
    assert AuditEvent.objects.get(action="password").actor == "alice@people.example"


def test_the_present_password_cannot_be_guessed(people: dict[str, Any]) -> None:
    people["alice"].set_password(GOOD)
    people["alice"].save()
    browser = Client()
    browser.force_login(people["alice"])
    for _ in range(10):
        browser.post("/my/account/password/", {"present": "nope", "password": GOOD, "again": GOOD})
    answer = browser.post("/my/account/password/", {"present": GOOD, "password": GOOD + "1", "again": GOOD + "1"})
    assert answer.status_code == 422 and "Too many attempts" in answer.content.decode()


@pytest.mark.parametrize("email", ["=?utf-8?q?x?=@acme.example", "a@b", "<script>@acme.example", "a\u202eb@acme.example"])
def test_an_address_that_is_none_is_refused(email: str) -> None:
    assert Client().post("/sign-up/", {"name": "Somebody", "email": email}).status_code == 422
