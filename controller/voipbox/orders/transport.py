# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways that mails leave: a mail server, or a folder of files for trying."""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from voipbox.core.config import config
from voipbox.core.errors import SetUpError
from voipbox.core.keys import write_private
from voipbox.core.total_time import TotalTime

_TIMEOUT = 30.0  # seconds from byte to byte
_TOTAL = 60.0  # seconds for one mail, signing in included
_WELCOME = 220
_NOT_UNDERSTOOD = "VOIPBOX_MAIL_URL is not understood. Write folder:PATH, smtp://USER@HOST:PORT or smtps://USER@HOST:PORT."
_ENCODED_WORD = "=?"  # how one begins
_STANDARD_PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}


class Unclear(Exception):
    """The connection broke after a mail was handed over and before the server answered: it may have gone out."""


class Transport(Protocol):
    """How a mail leaves."""

    def send(self, message: EmailMessage) -> None:
        """Hand it over. Raises OSError or smtplib.SMTPException when it did not go out, Unclear when it may have."""
        ...

    def was_sent(self, message_id: str) -> bool | None:
        """Whether it went out; None where that cannot be found out."""
        ...

    def check(self) -> str:
        """A line about where mails go. Raises OSError or smtplib.SMTPException when they cannot."""
        ...


class Folder:
    """A file a mail. The same mail always has the same name, so a repeated one is no second mail."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: EmailMessage) -> None:
        """Write the file, whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(self._path(str(message["Message-ID"])), message.as_string())

    def was_sent(self, message_id: str) -> bool | None:
        """True when the file is there."""
        return self._path(message_id).exists()

    def check(self) -> str:
        """Where the files go."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return f"mails are written to {self._folder}"

    def _path(self, message_id: str) -> Path:
        return self._folder / (re.sub(r"[^A-Za-z0-9.-]", "", message_id.split("@", maxsplit=1)[0]) + ".eml")


class _Watched(smtplib.SMTP):
    """A connection that knows whether a mail's content was being handed over."""

    in_data = False
    total: TotalTime

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Hand over the content."""
        self.in_data = True
        return super().data(msg)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        opened = super()._get_socket(host, port, timeout)  # type: ignore[misc] # smtplib's own hook, not in its stubs
        self.total.watch(opened)
        return opened  # type: ignore[no-any-return] # as above


class _WatchedTls(smtplib.SMTP_SSL, _Watched):
    """The same with TLS from the first byte."""


class MailServer:
    """An SMTP server."""

    def __init__(self, scheme: str, host: str, port: int, user: str | None) -> None:
        self._scheme, self._host, self._port, self._user = scheme, host, port, user

    def send(self, message: EmailMessage) -> None:
        """Hand it to the server."""
        with TotalTime(_TOTAL) as total:
            server = self._connect(total)
            try:
                server.send_message(message)
            except (OSError, smtplib.SMTPException) as error:
                # What was read of an answer when the time was over may look like a refusal.
                if server.in_data and (total.is_over or isinstance(error, smtplib.SMTPServerDisconnected)):
                    raise Unclear("the mail server was gone before it answered") from error
                raise
            finally:
                with contextlib.suppress(OSError, smtplib.SMTPException):
                    server.quit()

    def was_sent(self, message_id: str) -> bool | None:
        """A mail server cannot be asked."""
        return None

    def check(self) -> str:
        """Sign in and leave again."""
        with TotalTime(_TOTAL) as total, self._connect(total) as server:
            server.noop()
        return f"the mail server {self._host}:{self._port} answers"

    def _connect(self, total: TotalTime) -> _Watched:
        context = ssl.create_default_context()
        server: _Watched = (
            _WatchedTls(timeout=_TIMEOUT, context=context) if self._scheme == "smtps" else _Watched(timeout=_TIMEOUT)
        )
        server.total = total
        # The host is named here and not above, where the first words of the server would be read unwatched.
        server._host = self._host  # type: ignore[attr-defined] # what TLS checks the certificate against
        code, words = server.connect(self._host, self._port)
        if code != _WELCOME:
            server.close()
            raise smtplib.SMTPConnectError(code, words)
        if self._scheme == "smtp":
            server.starttls(context=context)
        if self._user:
            path = config().mail_password_file
            server.login(self._user, path.read_text().strip() if path else "")
        return server


def transport() -> Transport:
    """The way that VOIPBOX_MAIL_URL says. Raises SetUpError."""
    url = config().mail_url
    if url.startswith("folder:"):
        path = url.removeprefix("folder:")
        return Folder(Path(path).expanduser() if path else config().state_dir / "mail")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        (host or "").encode("idna")
    except ValueError:
        raise SetUpError(_NOT_UNDERSTOOD) from None
    if parts.scheme not in _STANDARD_PORTS or not host:
        raise SetUpError(_NOT_UNDERSTOOD)
    return MailServer(
        parts.scheme, host, port or _STANDARD_PORTS[parts.scheme], unquote(parts.username) if parts.username else None
    )


def message(sender: str, recipients: list[str], subject: str, text: str, html: str, message_id: str) -> EmailMessage:
    """A mail in text and HTML. Raises ValueError for an address that headers cannot hold.

    Encoded words, which people may have typed, could bring line breaks into a header: they are not let in.
    """
    if any(_ENCODED_WORD in recipient for recipient in recipients):
        raise ValueError("an address holds =?")
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Subject"] = subject.replace(_ENCODED_WORD, "= ?")
    mail["Message-ID"] = message_id
    mail["Date"] = formatdate()
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail
