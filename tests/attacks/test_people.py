"""Strangers against people: words in mails to others, guessed passwords under another spelling, targets behind other names."""

from __future__ import annotations

import httpx
import pytest

from tests.attacks.over_http import PASSWORD, Browser

BAIT = "Your line is locked, pay at evil.example"
INSIDE = (
    "https://192.0.0.192/", "https://[64:ff9b:1::7f00:1]/", "https://[2002:7f00:1::]/", "https://[::7f00:1]/",
    "https://[::ffff:127.0.0.1]/", "https://[2001:0:7f00:1::]/", "https://127.0.0.1/", "https://user:word@192.0.2.1/",
)  # fmt: skip


@pytest.fixture(scope="module")
def victim(target):
    return target.person("victim")


def test_a_sign_up_carries_no_words_of_a_stranger(target):
    browser = Browser(target.base)
    browser.send("/sign-up/", {"name": BAIT, "email": "somebody@else.example"})
    said = target.home.python(
        "from voipbox.core.start import django_ready; django_ready()\n"
        "from voipbox.orders import compose, models\n"
        "print(*(compose.shown(pk)[1] for pk in models.Mail.objects.values_list('pk', flat=True)))"
    )
    assert "choose a password" in said.lower()
    assert "evil.example" not in said and "locked" not in said


def signs_in(target, email, password):
    """True when somebody came in."""
    answer = Browser(target.base).send("/sign-in/", {"email": email, "password": password})
    return answer.status_code == httpx.codes.FOUND


def test_another_spelling_counts_for_the_same_person(target, victim):
    assert signs_in(target, victim, PASSWORD)
    for count in range(12):
        spelling = (victim, victim.upper(), victim.title(), f" {victim} ")[count % 4]
        assert not signs_in(target, spelling, f"Wrong-Passw0rd-{count}")
    assert not signs_in(target, victim, PASSWORD)


def test_a_letter_that_looks_alike_signs_nobody_in(target):
    other = target.person("willis")
    assert not signs_in(target, other.replace("i", "\N{LATIN SMALL LETTER DOTLESS I}", 1), PASSWORD)


def test_no_webhook_goes_inside(target):
    taken = target.home.python(
        "from voipbox.core.start import django_ready; django_ready()\n"
        "from voipbox.core import errors, people\n"
        "from voipbox.orders import webhooks\n"
        f"for url in {INSIDE!r}:\n"
        "    try:\n"
        "        webhooks.create(url, [], people.operator_of_this_machine())\n"
        "    except errors.Refused:\n"
        "        continue\n"
        "    print(url)\n"
    )
    assert taken.strip() == ""
    assert target.home.sql("SELECT count(*) FROM orders_webhookendpoint")[0][0] == 0


def test_a_client_cannot_give_out_or_erase_anybody(target):
    program = target.program(target.person("mallory"), "orders:read")
    for method, path in (("GET", "/people/victim@people.example"), ("DELETE", "/people/victim@people.example")):
        assert program.request(method, path).status_code in (httpx.codes.NOT_FOUND, httpx.codes.METHOD_NOT_ALLOWED)
    assert target.home.sql("SELECT count(*) FROM core_user WHERE starts_with(email, 'erased')")[0][0] == 0
