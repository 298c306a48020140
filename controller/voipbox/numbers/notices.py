# SPDX-License-Identifier: GPL-3.0-or-later
"""Mails to staff about numbers and accounts."""

from __future__ import annotations

from collections.abc import Sequence

from voipbox.core.config import config
from voipbox.orders import mail_queue


def tell_staff(key: str, title: str, lines: Sequence[str]) -> None:
    """Queue one mail to staff; the same key is told once."""
    mail_queue.add_notice(key, config().mail_staff, title, lines)
