# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of somebody's unfinished orders."""

from __future__ import annotations

from typing import Any

from voipbox.core.models import User
from voipbox.orders import drafts

from .content import COMPANY, Content
from .flow import first_open

_MOST = 10


def rows(user: User) -> list[dict[str, Any]]:
    """The newest first: the draft, what it is called and which step comes next."""
    found = []
    for draft in drafts.unfinished(user)[:_MOST]:
        content = Content(draft, user)
        company = content.section(COMPANY).get("company")
        found.append({"draft": draft, "company": company or "New order", "step": first_open(content).title})
    return found
