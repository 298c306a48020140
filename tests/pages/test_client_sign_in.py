"""Signing in and out, sessions and their ends, limits on attempts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
import time_machine
from django.test import Client

Browse = Callable[[str], Client]
PASSWORD = "correct horse battery"


@pytest.fixture
def alice(people: dict[str, Any], settings: Any) -> Any:
    """A client with a password; hashing is quick here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    user = people["alice"]
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(browser: Client, email: str = "alice@people.example", password: str = PASSWORD, **more: str) -> Any:
    """Send the form."""
    return browser.post("/sign-in/", {"email": email, "password": password, **more})


def test_address_and_password_let_in(alice: Any) -> None:
    browser = Client()
    assert sign_in(browser, "ALICE@people.example").status_code == 302
    assert browser.get("/my/").status_code == 200


def test_a_wrong_password_and_an_unknown_address_look_alike(alice: Any) -> None:
    wrong, unknown = sign_in(Client(), password="nope"), sign_in(Client(), "nobody@people.example")
    assert wrong.status_code == unknown.status_code == 422
    for answer in (wrong, unknown):
        assert "Address or password is wrong" in answer.content.decode()


def test_signing_in_goes_on_to_a_page_of_this_site_alone(alice: Any) -> None:
    assert sign_in(Client(), next="/my/account/")["Location"] == "/my/account/"
    for away in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"):
        assert sign_in(Client(), next=away)["Location"] == "/"


def test_signing_in_makes_a_new_session_key(alice: Any) -> None:
    browser = Client()
    browser.post("/sign-up/", {"name": "", "email": ""})
    session = browser.session
    session["before"] = "here"
    session.save()
    key = session.session_key
    sign_in(browser)
    assert browser.session.session_key != key


def test_many_wrong_passwords_lock_an_account_for_a_while(alice: Any) -> None:
    for _ in range(10):
        assert sign_in(Client(), password="nope").status_code == 422
    assert sign_in(Client()).status_code == 429
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
        assert sign_in(Client()).status_code == 302


def test_a_success_takes_the_counts_away(alice: Any) -> None:
    for _ in range(9):
        sign_in(Client(), password="nope")
    assert sign_in(Client()).status_code == 302
    assert sign_in(Client(), password="nope").status_code == 422


def test_many_accounts_from_one_address_are_limited(alice: Any) -> None:
    for number in range(60):
        sign_in(Client(), f"user{number}@people.example")
    assert sign_in(Client()).status_code == 429


def test_signing_out_ends_the_session(alice: Any) -> None:
    browser = Client()
    sign_in(browser)
    key = browser.session.session_key
    assert browser.get("/sign-out/").status_code == 405
    browser.post("/sign-out/")
    from django.contrib.sessions.models import Session

    assert not Session.objects.filter(session_key=key).exists()
    assert browser.get("/my/").status_code == 302


@pytest.mark.parametrize("change", ["password", "role", "inactive"])
def test_sessions_end_when_password_role_or_account_change(alice: Any, change: str) -> None:
    browser = Client()
    sign_in(browser)
    if change == "password":
        alice.set_password("another good password")
    elif change == "role":
        alice.role = "operator"
    else:
        alice.is_active = False
    alice.save()
    assert browser.get("/my/")["Location"].startswith("/sign-in/")


def test_an_inactive_person_cannot_sign_in(alice: Any) -> None:
    alice.is_active = False
    alice.save()
    assert sign_in(Client()).status_code == 422


def test_cookies_are_kept_from_scripts_and_other_sites(alice: Any) -> None:
    browser = Client()
    sign_in(browser)
    cookie = next(value for name, value in browser.cookies.items() if name == "voipbox")
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and int(cookie["max-age"]) == 12 * 3600


def test_cookies_and_transport_are_strict_over_https() -> None:
    import subprocess
    import sys

    code = (
        "from voipbox.core.start import django_ready; django_ready()\n"
        "from django.conf import settings as s\n"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SECURE_HSTS_SECONDS)"
    )
    import os

    environment = {**os.environ, "VOIPBOX_BASE_URL": "https://orders.voipbox.example"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "__Host-voipbox", "__Host-csrftoken", "31536000"]


def test_forms_need_their_token(alice: Any) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert sign_in(browser).status_code == 403
    browser.force_login(alice)
    assert browser.post("/my/account/password/", {}).status_code == 403


def switch_on(browser: Client) -> tuple[str, list[str]]:
    """Set the second factor up; its secret and recovery codes."""
    import re

    assert browser.post("/my/account/second-factor/begin/", {"present": PASSWORD}).status_code == 302
    page = browser.get("/my/account/second-factor/").content.decode()
    assert "<svg" in page
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert secret
    answer = browser.post("/my/account/second-factor/", {"code": pyotp.TOTP(secret[1]).now()})
    codes = re.findall(r"<code>(\w{10})</code>", answer.content.decode())
    assert len(codes) == 8
    return secret[1], codes


def test_a_second_factor_is_asked_for_and_each_code_works_once(alice: Any) -> None:
    from voipbox.pages.client.models import SecondFactor

    browser = Client()
    sign_in(browser)
    secret, codes = switch_on(browser)
    SecondFactor.objects.update(last_step=0)
    other = Client()
    assert sign_in(other)["Location"] == "/sign-in/code/"
    assert other.get("/my/").status_code == 302
    code = pyotp.TOTP(secret).now()
    assert other.post("/sign-in/code/", {"code": "000000"}).status_code == 422
    assert other.post("/sign-in/code/", {"code": code}).status_code == 302
    assert other.get("/my/").status_code == 200
    again = Client()
    sign_in(again)
    assert again.post("/sign-in/code/", {"code": code}).status_code == 422
    assert again.post("/sign-in/code/", {"code": codes[0]}).status_code == 302
    third = Client()
    sign_in(third)
    assert third.post("/sign-in/code/", {"code": codes[0]}).status_code == 422


def test_codes_cannot_be_guessed(alice: Any) -> None:
    browser = Client()
    sign_in(browser)
    switch_on(browser)
    other = Client()
    sign_in(other)
    for _ in range(5):
        assert other.post("/sign-in/code/", {"code": "000000"}).status_code == 422
    assert other.post("/sign-in/code/", {"code": "000000"}).status_code == 429
    assert other.get("/sign-in/code/")["Location"] == "/sign-in/"


def test_the_second_factor_is_sealed_and_ends_with_the_password(alice: Any) -> None:
    from django.db import connection

    browser = Client()
    sign_in(browser)
    secret, _ = switch_on(browser)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM client_secondfactor")
        assert secret not in str(cursor.fetchall())
    assert browser.post("/my/account/second-factor/end/", {"present": "nope"}).status_code == 422
    assert browser.post("/my/account/second-factor/end/", {"present": PASSWORD}).status_code == 302
    assert sign_in(Client())["Location"] == "/"


@pytest.mark.parametrize("password", ["only small letters here", "  blanks at both ends  ", "\N{SNOWMAN}" * 40, "x" * 128])
def test_a_password_is_taken_as_it_is_typed(alice: Any, password: str) -> None:
    browser = Client()
    sign_in(browser)
    answer = browser.post("/my/account/password/", {"present": PASSWORD, "password": password, "again": password})
    assert answer.status_code == 302
    assert sign_in(Client(), password=password).status_code == 302
    assert sign_in(Client(), password=password.strip()[:-1]).status_code == 422


def test_password_managers_are_told_which_field_is_which(alice: Any) -> None:
    page = Client().get("/sign-in/").content.decode()
    assert 'autocomplete="username"' in page and 'autocomplete="current-password"' in page
    browser = Client()
    sign_in(browser)
    assert browser.get("/my/account/").content.decode().count('autocomplete="new-password"') == 2


def test_a_fresh_installation_has_nobody_who_could_sign_in(db: None) -> None:
    from voipbox.core.models import User

    assert not User.objects.exists()
