# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a mail, from templates that a site can replace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from voipbox.core import password_links
from voipbox.core.config import config
from voipbox.core.errors import NotThere
from voipbox.core.models import User

from . import credentials
from .models import Mail, Order

_SECRET = "welcome"  # the kind with a link or passwords
_ACCOUNT = "account"  # the kind with a link to set a password
_PREVIEW_LINK = "(the one-time link is made when the mail is sent)"


@dataclass(frozen=True)
class Composed:
    """Subject, text and HTML of a mail."""

    subject: str
    text: str
    html: str


def compose(mail: Mail, preview: bool = False) -> Composed:
    """A mail's words now. A preview makes no link and shows no password."""
    context = _context(mail, preview)
    subject = " ".join(render_to_string(f"mail/{mail.kind}.subject.txt", context).split())
    text = render_to_string(f"mail/{mail.kind}.txt", context)
    html = render_to_string(f"mail/{mail.kind}.html", {**context, "subject": subject})
    return Composed(subject[:250], text.strip() + "\n", html)


def shown(mail_id: int) -> tuple[Mail, Composed]:
    """A mail with what it said when it was sent, or a preview of what it would say; links and passwords are left out.

    Raises NotThere.
    """
    mail = Mail.objects.select_related("order__server").filter(pk=mail_id).first()
    if mail is None:
        raise NotThere(f"There is no mail {mail_id}.")
    if mail.text and mail.kind not in (_SECRET, _ACCOUNT):
        return mail, Composed(mail.subject, mail.text, mail.html)
    return mail, compose(mail, preview=True)


def _context(mail: Mail, preview: bool) -> dict[str, Any]:
    order = mail.order
    context: dict[str, Any] = {**mail.context, "order": order, "base_url": config().base_url}
    context["proved"] = order is not None and _is_proved(order)
    if mail.kind == _ACCOUNT:
        return {**context, **_account(int(mail.context["user"]), preview)}
    if mail.kind != _SECRET or order is None:
        return context
    context["login_url"] = f"https://{order.domain}"
    context["link_hours"] = config().link_hours
    if config().mail_credentials:
        shown = credentials.of(order)
        context["credentials"] = _hidden(shown) if preview else shown
    else:
        context["link"] = _PREVIEW_LINK if preview else credentials.create(order)
    return context


def _is_proved(order: Order) -> bool:
    """True when the words of the order may stand in a mail to its address: staff or a program typed them, or the client showed
    by a mailed link that the address is their own. A stranger's words go to nobody whom the stranger merely named.
    """
    client = order.client
    if client is None or order.placed_by.lower() != client.email.lower():
        return True
    return order.email.lower() == client.email.lower() and client.has_usable_password()


def _account(user_id: int, preview: bool) -> dict[str, Any]:
    """The person and the link, which is made when the mail is: it stands nowhere else."""
    user = User.objects.get(pk=user_id)
    hours = int(password_links.lifetime(user).total_seconds() // 3600)
    return {"user": user, "link": _PREVIEW_LINK if preview else password_links.make(user), "link_hours": hours}


def _hidden(shown: dict[str, Any]) -> dict[str, Any]:
    hidden = [{**extension, "password": "(hidden)", "voicemail_password": "(hidden)"} for extension in shown["extensions"]]
    return {**shown, "password": "(hidden)", "extensions": hidden}
