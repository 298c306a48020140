# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of the checkout's steps: when one applies, when it is complete, its form, and what it keeps."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest

from voipbox.orders import drafts
from voipbox.orders.models import Draft

from ..forms import PageForm
from .content import Content


class Step:
    """One step. slug: in the address; section: of the draft; template: its page."""

    slug: ClassVar[str]
    title: ClassVar[str]
    section: ClassVar[str]
    template: ClassVar[str]

    def applies(self, content: Content) -> bool:
        """Whether an order like this has the step."""
        return True

    def complete(self, content: Content) -> bool:
        """Whether the next step may follow."""
        return content.has(self.section)

    def form(self, content: Content, request: HttpRequest) -> PageForm:
        """The form: bound when something was sent, with what is kept otherwise."""
        raise NotImplementedError

    def extra(self, content: Content, request: HttpRequest) -> dict[str, Any]:
        """What the page shows besides the form."""
        return {}

    def save(self, content: Content, form: Any, seen: int | None) -> Draft | None:
        """Keep what a valid form says; None when it was refused, with the faults in the form.

        Raises drafts.AlreadyPlaced, drafts.ChangedElsewhere.
        """
        raise NotImplementedError

    def keep(self, content: Content, values: dict[str, Any], seen: int | None, **columns: Any) -> Draft:
        """Write the step's section."""
        return drafts.write(content.draft, self.section, values, seen, **columns)
