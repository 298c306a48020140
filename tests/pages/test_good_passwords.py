"""Attempts are counted for the person who is found, and a password is held against what is known of its person."""

from __future__ import annotations

import pytest
from voipbox.core import passwords
from voipbox.core.errors import Refused
from voipbox.core.models import User
from voipbox.orders import actions, intake
from voipbox.pages.client import accounts, attempts
from voipbox.pages.client.by_email import ByEmail

from tests.controller.fixtures import order_data

pytestmark = pytest.mark.django_db


def test_no_spelling_of_an_address_begins_counting_anew(client, people):
    alice = people["alice"]
    spellings = [alice.email, alice.email.upper(), alice.email.title(), f" {alice.email} "]
    statuses = [
        client.post("/sign-in/", {"email": spellings[n % len(spellings)], "password": "wrong"}).status_code
        for n in range(attempts.SIGN_IN.most + 1)
    ]
    assert statuses[-1] == 429


@pytest.mark.parametrize("other", ["\u0131", "\u0130", "\uff49"])
def test_a_letter_that_looks_alike_is_counted_for_whom_it_finds(people, other):
    alice = people["alice"]
    strange = alice.email.replace("i", other, 1)
    found = User.by_address(strange).first()
    assert attempts.whose(strange) == (found.pk if found else f"nobody:{strange}")
    assert (ByEmail().authenticate(None, strange, "Quiet-Harbour-71") is None) or found == alice
    assert attempts.whose(alice.email.upper()) == alice.pk
    assert not User.by_address(alice.email.replace("i", "\u0131", 1)).exists()


@pytest.mark.parametrize(
    ("password", "cause"),
    [
        ("Short1a", "too short"),
        ("Password12345", "everybody tries first"),
        ("Ada.Admin@Acme.example1", "too like"),
        ("123456789012345", "everybody tries first"),
    ],
)
def test_a_weak_password_is_refused_for_people_and_for_the_admin_of_a_tenant(people, catalog, actors, password, cause):
    person = User(username="ada", email="ada.admin@acme.example")
    assert cause in (passwords.weakness_for(password, person) or "")
    with pytest.raises(Refused, match=cause):
        accounts.set_password(User(pk=people["alice"].pk, email="ada.admin@acme.example"), password, actors["alice"])
    if password[0].isalpha() and len(password) > 12:
        given = order_data(email="ada.admin@acme.example", admin={"method": "password", "password": password})
        with pytest.raises(Refused, match=cause):
            actions.place(intake.parse(intake.OrderInput, given), actors["bob"], "api")


def test_a_good_password_is_taken():
    assert passwords.weakness("Quiet-Harbour-71", "ada@acme.example", "admin", ("Ada Admin", "Acme Corp")) is None
