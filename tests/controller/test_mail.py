"""Mails: what they say, that each leaves once whatever dies, and what nobody may put into them."""

from __future__ import annotations

import datetime
import email
import re
import socket
import socketserver
import threading
import time
from email import policy

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import override_settings
from voipbox.api import health
from voipbox.core import clock
from voipbox.core.config import config
from voipbox.core.errors import MoveRefused, NotAllowed, Refused, SetUpError
from voipbox.orders import actions, compose, credentials, mailing, transport
from voipbox.orders.models import AuditEvent, CredentialsLink, Mail, Order
from voipbox.orders.statuses import Status

LINK = re.compile(r"http://127\.0\.0\.1:8080/credentials/([\w-]+)/")
HOSTILE = 'Zoë & "Sons" <script>alert(1)</script> Ünlü 電話'


class Conversation(socketserver.StreamRequestHandler):
    """One SMTP connection, answered as the sink's replies say."""

    def handle(self):
        self.say("220 sink")
        recipients = []
        for raw in self.rfile:
            line = raw.decode().strip()
            word = line.split(" ", 1)[0].upper()
            reply = self.server.replies.get(word, {"DATA": "354 go on", "QUIT": "221 bye"}.get(word, "250 ok"))
            self.say(reply)
            if word == "RCPT" and reply.startswith("2"):
                recipients.append(line[line.index("<") + 1 : line.index(">")])
            if reply.startswith("354"):
                content = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.mails.append((recipients, email.message_from_bytes(content, policy=policy.default)))
                if self.server.hangs_up:
                    return
                self.say("250 taken")
            if word == "QUIT":
                return

    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())


class Sink(socketserver.ThreadingTCPServer):
    """A mail server that keeps what it is given. replies: by command, instead of the usual ones."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.mails, self.replies, self.hangs_up = [], {}, False


@pytest.fixture
def mail_url(monkeypatch):
    """Set where mails go."""

    def set_url(url):
        monkeypatch.setattr(transport, "config", lambda: config().model_copy(update={"mail_url": url}))

    return set_url


@pytest.fixture
def folder(tmp_path, mail_url):
    """A folder that mails are written to."""
    path = tmp_path / "mails"
    mail_url(f"folder:{path}")
    return path


@pytest.fixture
def sink(mail_url):
    """A mail server of this test."""
    with Sink() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        mail_url(f"smtp+plain://127.0.0.1:{server.server_address[1]}")
        yield server
        server.shutdown()


@pytest.fixture
def pass_time(monkeypatch):
    """Move the clock on."""
    passed, real = [], clock.now

    monkeypatch.setattr(clock, "now", lambda: real() + sum(passed, datetime.timedelta()))
    return lambda **time: passed.append(datetime.timedelta(**time))


@pytest.fixture
def completed(place, actors):
    """Place an order and let the program complete it."""

    def completed(**changes):
        order = place(**changes)
        Order.objects.filter(pk=order.pk).update(status=Status.IN_PROGRESS)
        return actions.perform(order.pk, "complete", actors["system"])

    return completed


def sent_by(folder):
    return [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.glob("*.eml"))]


def parts(message):
    return tuple(message.get_body([kind]).get_content() for kind in ("plain", "html"))


def only(kind):
    """Let no other mail wait."""
    Mail.objects.exclude(kind=kind).update(state="sent")
    return Mail.objects.get(kind=kind)


def secrets_in(order):
    return [order.secrets["admin_password"], order.secrets["trunk"]["password"]] + [
        value for extension in order.secrets["extensions"].values() for value in extension.values() if len(value) > 6
    ]


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
    assert f"http://127.0.0.1:8080/orders/{order.pk}/" in text
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


@pytest.mark.parametrize("name", ["alice", "charlie", "eve"])
def test_clients_and_auditors_do_not_resend(place, actors, folder, name):
    place("alice")
    mailing.send_queued()
    with pytest.raises(NotAllowed):
        mailing.resend(Mail.objects.get(), actors[name])
    assert Mail.objects.count() == 1


@pytest.mark.parametrize("state", ["queued", "sending"])
def test_what_is_on_its_way_is_not_resent(place, actors, state):
    place()
    Mail.objects.update(state=state)
    with pytest.raises(MoveRefused, match="still on its way"):
        mailing.resend(Mail.objects.get(), actors["bob"])
    assert Mail.objects.count() == 1


def test_a_welcome_that_is_sent_again_holds_a_fresh_link_and_the_old_one_stops(completed, actors, folder):
    completed()
    mail = only("welcome")
    mailing.send_queued()
    mailing.resend(Mail.objects.get(pk=mail.pk), actors["dora"])
    mailing.send_queued()
    old, fresh = (LINK.search(one.text)[1] for one in Mail.objects.filter(kind="welcome").order_by("id"))
    assert credentials.find(fresh)
    with pytest.raises(Exception, match="used, revoked or is too old"):
        credentials.find(old)


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
    counts, gate = [], threading.Barrier(2)

    def work():
        gate.wait()
        try:
            counts.append(mailing.send_queued())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 8
    assert all(counts)
    assert sorted(went) == sorted(Mail.objects.values_list("message_id", flat=True))
    assert set(Mail.objects.values_list("state", "attempts")) == {("sent", 1)}


@pytest.mark.parametrize("state", ["failed", "unknown"])
def test_the_doctor_warns_until_a_mail_is_sent_again(place, actors, folder, state):
    def finding():
        return next(one for one in health.checks() if one.name == "mails")

    place()
    assert finding().good
    Mail.objects.update(state=state)
    mail = Mail.objects.get()
    assert not finding().good
    assert f"voipbox mail resend {mail.pk}" in finding().fix
    mailing.resend(mail, actors["bob"])
    mailing.send_queued()
    assert finding().good


def test_the_doctor_warns_of_mails_that_wait_for_long(place):
    place()
    Mail.objects.update(created_at=clock.now() - datetime.timedelta(minutes=6))
    (finding,) = (one for one in health.checks() if one.name == "mails")
    assert (finding.good, finding.says) == (False, "0 failed or unknown, 1 late")
    assert finding.fix
