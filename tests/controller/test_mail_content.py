"""Mails: what they say, and what nobody may put into them."""

from __future__ import annotations

import email
import re

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.urls import resolve
from voipbox.core import clock
from voipbox.core.config import config
from voipbox.core.errors import Refused
from voipbox.orders import actions, compose, credentials, mailing
from voipbox.orders.models import CredentialsLink, Mail, Order
from voipbox.orders.statuses import Status

from tests.controller.mail_fixtures import HOSTILE, LINK, only, parts, secrets_in, sent_by


def test_a_confirmation_is_written_when_an_order_is_placed(place, folder):
    order = place(reference="shop-17")
    assert mailing.send_queued() == 1
    assert mailing.send_queued() == 0
    (message,) = sent_by(folder)
    mail = Mail.objects.get()
    assert (mail.state, mail.attempts, mail.error, mail.kind) == ("sent", 1, "", "confirmation")
    assert message["To"] == "ada@acme.example"
    assert message["From"] == config().mail_from
    assert message["Subject"] == mail.subject == f"Your phone system: order {order.pk} has arrived"
    assert message["Message-ID"] == mail.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert email.utils.parsedate_to_datetime(message["Date"])
    assert message.get_content_type() == "multipart/alternative"
    text, html = parts(message)
    for words in (order.company, order.domain, order.number, "1001 to 1010", "Ada Admin"):
        assert words in text
        assert words in html
    assert "shop-17" in html
    assert not any(secret in text + html for secret in secrets_in(order))


def test_a_folder_of_mails_is_for_its_owner_alone(place, folder):
    place()
    mailing.send_queued()
    (path,) = folder.iterdir()
    assert (path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)


def test_the_welcome_holds_address_user_numbers_and_a_link_that_works_once(completed, folder):
    order = completed(admin={"username": "ada.boss"})
    only("welcome")
    assert mailing.send_queued() == 1
    text, html = parts(sent_by(folder)[0])
    for words in (f"https://{order.domain}", "ada.boss", "1001 to 1010", order.number, "72 hours"):
        assert words in text
        assert words in html
    assert not any(secret in text + html for secret in secrets_in(order))
    tokens = LINK.findall(text)
    assert len(tokens) == 1
    assert LINK.findall(html) == tokens
    assert not CredentialsLink.objects.filter(token_hash=tokens[0]).exists()
    assert credentials.open_once(tokens[0])[1]["password"] == order.secrets["admin_password"]


def test_what_a_mail_said_is_sealed_in_the_database(completed, folder):
    completed()
    mail = only("welcome")
    mailing.send_queued()
    with connection.cursor() as cursor:
        cursor.execute("SELECT text, html FROM orders_mail WHERE id = %s", [mail.pk])
        stored = cursor.fetchone()
    assert all(value.startswith("gAAAA") and "credentials" not in value for value in stored)
    assert LINK.search(Mail.objects.get(pk=mail.pk).text)


def test_passwords_stand_in_the_welcome_only_where_that_is_set(completed, folder, monkeypatch):
    monkeypatch.setattr(compose, "config", lambda: config().model_copy(update={"mail_credentials": True}))
    order = completed()
    mail = only("welcome")
    mailing.send_queued()
    text, html = parts(sent_by(folder)[0])
    extensions = order.secrets["extensions"]
    for secret in (order.secrets["admin_password"], extensions["1001"]["password"], extensions["1010"]["voicemail_password"]):
        assert secret in text
        assert secret in html or secret.replace("&", "&amp;") in html
    assert not LINK.search(text + html)
    assert order.secrets["trunk"]["password"] not in text + html
    with connection.cursor() as cursor:
        cursor.execute("SELECT orders_mail::text FROM orders_mail WHERE id = %s", [mail.pk])
        assert not any(secret in cursor.fetchone()[0] for secret in [order.secrets["admin_password"]])
    shown = compose.shown(mail.pk)[1]
    assert "(hidden)" in shown.text
    assert not any(secret in shown.text + shown.html for secret in secrets_in(order))


def test_a_look_at_the_welcome_shows_neither_link_nor_password_and_makes_no_link(completed, folder):
    order = completed()
    mail = only("welcome")
    before = compose.shown(mail.pk)[1]
    assert CredentialsLink.objects.count() == 0
    mailing.send_queued()
    after = compose.shown(mail.pk)[1]
    assert CredentialsLink.objects.count() == 1
    for words in (before, after):
        assert not LINK.search(words.text + words.html)
        assert not any(secret in words.text + words.html for secret in secrets_in(order))
        assert order.domain in words.subject


def test_staff_is_told_of_a_failure_as_it_was_then(place, actors, folder):
    order = place()
    Order.objects.filter(pk=order.pk).update(status=Status.IN_PROGRESS)
    actions.perform(order.pk, "fail", actors["system"], "the switch <said> no")
    actions.perform(order.pk, "retry", actors["bob"])
    mail = only("failure")
    mailing.send_queued()
    (message,) = sent_by(folder)
    text, html = parts(message)
    assert message["To"] == "staff@voipbox.example"
    assert message["Subject"] == f"Order {order.pk} ({order.domain}): Failed"
    assert "the switch <said> no" in text
    assert "the switch &lt;said&gt; no" in html
    assert f"voipbox order act {order.pk} retry" in text
    (path,) = re.findall(r"http://127\.0\.0\.1:8080(/\S+)", text)
    assert resolve(path).view_name == "staff:order" and path in html
    Order.objects.filter(pk=order.pk).update(company="Another")
    assert order.company in compose.shown(mail.pk)[1].text


def test_staff_is_not_told_to_retry_what_cannot_be_retried(regulated, actors, folder):
    order = regulated()
    Order.objects.filter(pk=order.pk).update(status=Status.ACTIVE)
    actions.perform(order.pk, "block", actors["system"], "papers are missing")
    only("failure")
    mailing.send_queued()
    text, html = parts(sent_by(folder)[0])
    assert "papers are missing" in text
    assert "Blocked" in text
    assert "retry" not in text + html


def test_a_move_is_told_even_when_it_is_made_twice(place, actors, folder):
    order = place()
    for cause in ("first", "second"):
        Order.objects.filter(pk=order.pk).update(status=Status.IN_PROGRESS)
        actions.perform(order.pk, "fail", actors["system"], cause)
    mailing.send_queued()
    told = [parts(message)[0] for message in sent_by(folder) if "Failed" in message["Subject"]]
    assert sorted(re.findall(r"Cause: +(\w+)", " ".join(told))) == ["first", "second"]


def test_without_staff_there_is_no_notice(place, actors, monkeypatch):
    monkeypatch.setattr("voipbox.orders.effects.config", lambda: config().model_copy(update={"mail_staff": []}))
    order = place()
    Order.objects.filter(pk=order.pk).update(status=Status.IN_PROGRESS)
    actions.perform(order.pk, "fail", actors["system"], "no")
    assert not Mail.objects.filter(kind="failure").exists()


def test_html_escapes_what_people_typed_and_text_does_not(place, folder):
    place(company=HOSTILE, contact="Zoë <b>O'Neill</b>", domain="hostile.pbx.example.com")
    mailing.send_queued()
    text, html = parts(sent_by(folder)[0])
    assert HOSTILE in text
    assert "Zoë <b>O'Neill</b>" in text
    assert "<script>" not in html
    assert "<b>" not in html
    assert "Zoë &amp; &quot;Sons&quot; &lt;script&gt;alert(1)&lt;/script&gt; Ünlü 電話" in html


@pytest.mark.parametrize("company", ["Acme\r\nBcc: all@world.example", "Acme\nX", "Acme\x00", "Acme\u2028X", "Acme\x85X"])
def test_a_company_with_a_line_break_is_refused(place, company):
    with pytest.raises(Refused, match="company"):
        place(company=company)
    assert Mail.objects.count() == 0


@pytest.mark.parametrize(
    "company", [HOSTILE, "Acme\r\nBcc: all@world.example", "A\u2028Bcc: x\x85Bcc: y\x0bz", "=?utf-8?q?a?=", "X" * 100]
)
def test_a_subject_stays_one_header_whatever_is_in_it(place, folder, tmp_path, company):
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "confirmation.subject.txt").write_text(
        "{% autoescape off %}{{ order.company }} - {{ order.company }}{% endautoescape %}"
    )
    order = place()
    Order.objects.filter(pk=order.pk).update(company=company)
    with override_settings(TEMPLATES=[{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]):
        mailing.send_queued()
    (message,) = sent_by(folder)
    assert sorted(message.keys()) == sorted(
        ["From", "To", "Subject", "Message-ID", "Date", "Auto-Submitted", "MIME-Version", "Content-Type"]
    )
    one_line = " ".join(company.split())
    # What looks like an encoded word is broken up, so that no reader decodes it.
    assert message["Subject"].replace("= ?", "=?") == f"{one_line} - {one_line}"[:250]
    assert message["Bcc"] is None


def test_a_folder_of_the_site_replaces_templates(place, folder, tmp_path):
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "confirmation.txt").write_text("Ahoy {{ order.contact }}")
    order = place()
    with override_settings(TEMPLATES=[{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]):
        mailing.send_queued()
    text, html = parts(sent_by(folder)[0])
    assert text == "Ahoy Ada Admin\n"
    assert order.domain in html


def test_a_broken_template_of_the_site_holds_up_no_other_mail(completed, folder, tmp_path):
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "confirmation.txt").write_text("{% nonsense %}")
    completed()
    with override_settings(TEMPLATES=[{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]):
        assert mailing.send_queued() == 1
    bad = Mail.objects.get(kind="confirmation")
    assert (bad.state, bad.attempts) == ("queued", 1)
    assert "TemplateSyntaxError" in bad.error
    Mail.objects.update(next_try_at=clock.now())
    assert mailing.send_queued() == 1
    assert len(sent_by(folder)) == 2
