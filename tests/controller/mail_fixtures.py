"""A mail server for tests, and a folder that mails are written to."""

from __future__ import annotations

import email
import re
import socketserver
import threading
from email import policy

import pytest
from voipbox.core.config import config
from voipbox.orders import actions, transport
from voipbox.orders.models import Mail, Order
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
