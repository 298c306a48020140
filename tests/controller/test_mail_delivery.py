"""Mails: each leaves once, whatever dies."""

from __future__ import annotations

import datetime
import socket
import time

import pytest
from voipbox.core import clock
from voipbox.core.config import config
from voipbox.core.errors import SetUpError
from voipbox.orders import actions, mailing
from voipbox.orders.models import AuditEvent, Mail, Order
from voipbox.orders.statuses import Status

from tests.controller.at_once import at_once
from tests.controller.mail_fixtures import HOSTILE, only, parts, sent_by


def test_a_mail_server_is_given_the_mail(place, sink):
    order = place(company=HOSTILE, domain="smtp.pbx.example.com")
    assert mailing.send_queued() == 1
    ((recipients, message),) = sink.mails
    assert recipients == ["ada@acme.example"]
    assert message["Message-ID"] == Mail.objects.get().message_id
    assert HOSTILE in parts(message)[0]
    assert order.domain in parts(message)[1]


def test_all_of_staff_is_told_in_one_mail(place, actors, sink, monkeypatch):
    staff = ["one@voipbox.example", "two@voipbox.example"]
    monkeypatch.setattr("voipbox.orders.effects.config", lambda: config().model_copy(update={"mail_staff": staff}))
    order = place()
    Order.objects.filter(pk=order.pk).update(status=Status.IN_PROGRESS)
    actions.perform(order.pk, "fail", actors["system"], "no")
    only("failure")
    mailing.send_queued()
    assert [recipients for recipients, _ in sink.mails] == [staff]


def test_a_refused_recipient_is_not_tried_again(place, sink, pass_time):
    sink.replies["RCPT"] = "550 5.1.1 no such person"
    place()
    assert mailing.send_queued() == 0
    mail = Mail.objects.get()
    assert (mail.state, mail.attempts) == ("failed", 1)
    assert "no such person" in mail.error
    sink.replies.clear()
    pass_time(days=1)
    assert mailing.send_queued() == 0
    assert sink.mails == []


def test_a_recipient_refused_for_now_is_tried_again(place, sink, pass_time):
    sink.replies["RCPT"] = "450 4.2.0 greylisted, come back later"
    place()
    mailing.send_queued()
    assert Mail.objects.get().state == "queued"
    sink.replies.clear()
    pass_time(minutes=2)
    assert mailing.send_queued() == 1
    assert len(sink.mails) == 1


def test_a_temporary_failure_is_repeated_with_longer_pauses_until_it_fails(place, sink, pass_time):
    sink.replies["MAIL"] = "451 4.3.0 try again"
    place()
    pauses = []
    for attempt in range(1, 9):
        before = clock.now()
        assert mailing.send_queued() == 0
        mail = Mail.objects.get()
        assert mail.attempts == attempt
        if mail.state == "queued":
            assert mailing.send_queued() == 0
            assert Mail.objects.get().attempts == attempt
            pauses.append(round((mail.next_try_at - before).total_seconds() / 60))
            pass_time(minutes=pauses[-1], seconds=1)
    assert pauses == [1, 2, 4, 8, 16, 32, 64]
    assert mail.state == "failed"
    assert "451" in mail.error
    pass_time(days=1)
    assert mailing.send_queued() == 0
    assert Mail.objects.get().attempts == 8


def test_a_mail_server_that_is_down_loses_nothing(place, sink, mail_url, pass_time):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        mail_url(f"smtp+plain://127.0.0.1:{unused.getsockname()[1]}")
        place()
        assert mailing.send_queued() == 0
    mail = Mail.objects.get()
    assert (mail.state, mail.attempts) == ("queued", 1)
    assert "ConnectionRefusedError" in mail.error
    mail_url(f"smtp+plain://127.0.0.1:{sink.server_address[1]}")
    pass_time(minutes=2)
    assert mailing.send_queued() == 1
    assert (Mail.objects.get().state, Mail.objects.get().error, len(sink.mails)) == ("sent", "", 1)


def test_a_server_that_says_goodbye_badly_gets_the_mail_once(place, sink, pass_time):
    sink.replies["QUIT"] = "421 too busy to say goodbye"
    place()
    assert mailing.send_queued() == 1
    pass_time(days=1)
    assert mailing.send_queued() == 0
    assert (Mail.objects.get().state, len(sink.mails)) == ("sent", 1)


def test_a_connection_lost_before_the_answer_leaves_the_mail_unknown(place, sink, pass_time):
    sink.hangs_up = True
    place()
    assert mailing.send_queued() == 0
    mail = Mail.objects.get()
    assert (mail.state, mail.attempts) == ("unknown", 1)
    assert "resend" in mail.error
    pass_time(days=1)
    assert mailing.send_queued() == 0
    assert len(sink.mails) == 1


def test_a_connection_lost_before_the_content_is_tried_again(place, sink, pass_time):
    sink.replies["MAIL"] = "421 shutting down"
    place()
    mailing.send_queued()
    assert Mail.objects.get().state == "queued"


@pytest.mark.parametrize(
    "url", ["smtp://", "pigeon://roof", "smtp://host:abc", "smtp://host:99999", "smtp://[::1", "smtp://a..b", ""]
)
def test_an_address_that_is_not_understood_is_one_line(place, mail_url, url):
    mail_url(url)
    place()
    with pytest.raises(SetUpError, match="VOIPBOX_MAIL_URL is not understood"):
        mailing.send_queued()
    assert Mail.objects.get().state == "queued"


def abandoned(mail, **ago):
    Mail.objects.filter(pk=mail.pk).update(state="sending", attempts=1, claimed_at=clock.now() - datetime.timedelta(**ago))


@pytest.mark.parametrize("written", [False, True])
def test_a_daemon_died_while_it_wrote_a_file(place, folder, written):
    place()
    mail = Mail.objects.get()
    if written:
        mailing.send_queued()
    abandoned(mail, minutes=3)
    mailing.send_queued()
    mailing.send_queued()
    assert Mail.objects.get().state == "sent"
    assert Mail.objects.get().sent_at
    assert [message["Message-ID"] for message in sent_by(folder)] == [mail.message_id]


def test_a_daemon_died_while_it_spoke_to_a_mail_server(place, actors, sink, pass_time):
    place()
    mail = Mail.objects.get()
    abandoned(mail, minutes=3)
    for _ in range(3):
        assert mailing.send_queued() == 0
        pass_time(days=1)
    mail.refresh_from_db()
    assert (mail.state, sink.mails) == ("unknown", [])
    assert "mailbox" in mail.error
    fresh = mailing.resend(mail, actors["bob"])
    assert fresh.pk != mail.pk
    assert fresh.message_id != mail.message_id
    assert mailing.send_queued() == 1
    assert [message["Message-ID"] for _, message in sink.mails] == [fresh.message_id]
    mail.refresh_from_db()
    assert mail.state == "unknown"
    event = AuditEvent.objects.get(action="resend_mail")
    assert (event.actor, event.after) == ("bob@people.example", {"mail": fresh.pk, "kind": "confirmation"})


def test_a_mail_that_is_being_sent_is_left_alone(place, sink):
    place()
    abandoned(Mail.objects.get(), seconds=30)
    assert mailing.send_queued() == 0
    assert Mail.objects.get().state == "sending"


@pytest.mark.django_db(transaction=True)
def test_two_daemons_send_each_mail_once(place, monkeypatch):
    went = []

    class Slow:
        def send(self, message):
            time.sleep(0.02)
            went.append(message["Message-ID"])

        def was_sent(self, message_id):
            return None

    monkeypatch.setattr(mailing, "transport", Slow)
    for _ in range(8):
        place()
    counts = at_once(lambda _: mailing.send_queued(), range(2))
    assert sum(counts) == 8
    assert all(counts)
    assert sorted(went) == sorted(Mail.objects.values_list("message_id", flat=True))
    assert set(Mail.objects.values_list("state", "attempts")) == {("sent", 1)}
