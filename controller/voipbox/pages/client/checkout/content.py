# SPDX-License-Identifier: GPL-3.0-or-later
"""What a draft says, as one order: the sections of the steps put together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from voipbox.core.errors import Fault, Refused
from voipbox.core.models import User
from voipbox.numbers import holds, ordering
from voipbox.numbers.models import Hold
from voipbox.orders import checks, drafts
from voipbox.orders.checks import Checked
from voipbox.orders.intake import OrderInput, parse
from voipbox.orders.models import Draft
from voipbox.providers.drivers import buys, driver_class
from voipbox.providers.models import ProviderAccount
from voipbox.regulatory import needs

PRODUCTS, COMPANY, NUMBER, REGISTRATION, TENANT, ADMIN = "products", "company", "number", "registration", "tenant", "admin"
_BLANK_COMPANY = {"company": "x", "contact": "x", "email": "x@company.example", "phone": "+14165550100"}


@dataclass
class Content:
    """A draft in the hands of somebody. user: who fills it in; the draft's client is whom it is for."""

    draft: Draft
    user: User

    def section(self, name: str) -> dict[str, Any]:
        """What a step holds."""
        return drafts.section(self.draft, name)

    def has(self, name: str) -> bool:
        """Whether a step was filled in."""
        return name in self.draft.data

    @property
    def owner(self) -> str:
        """In whose name numbers are held."""
        return f"draft:{self.draft.pk}"

    @cached_property
    def items(self) -> list[dict[str, Any]]:
        """What was chosen, as an order lists it."""
        return list(self.section(PRODUCTS).get("items", []))

    @cached_property
    def account(self) -> ProviderAccount | None:
        """Where the number is had; None where the order has none."""
        if not self.items:
            return None
        given = OrderInput.model_validate({**_BLANK_COMPANY, "items": self.items})
        return ordering.account_of(given)

    @property
    def buys(self) -> bool:
        """True when the number is bought; False when the client brings it."""
        return self.account is not None and buys(self.account)

    @cached_property
    def hold(self) -> Hold | None:
        """The number that is held for this draft now."""
        return holds.of(self.owner) if self.buys else None

    @property
    def needs_trunk(self) -> bool:
        """True when the client brings the credentials of a trunk too."""
        return self.account is not None and self.account.driver == "own" and self.account.gateway_register

    @property
    def regulated(self) -> bool:
        """Whether the chosen number needs a registration."""
        if self.account is None:
            return False
        if self.buys:
            return bool(self.section(NUMBER).get("regulated"))
        return driver_class(self.account.driver)(self.account).is_regulated(str(self.section(NUMBER).get("number", "")))

    @property
    def requirements(self) -> Any:
        """What the provider wants to know, None where it was not asked or nothing is known."""
        return needs.unpack(self.section(NUMBER).get("requirements") or {})

    def as_given(self, **changes: Any) -> dict[str, Any]:
        """The order as it would be handed in; sections that are still missing stand in with blanks. changes: top keys."""
        company = {**_BLANK_COMPANY, **self.section(COMPANY)}
        number, tenant, admin = self.section(NUMBER), self.section(TENANT), self.section(ADMIN)
        given: dict[str, Any] = {
            **{name: company[name] for name in ("company", "contact", "email", "phone")},
            "items": self.items,
            "term": self.section(PRODUCTS).get("term") or None,
            "number": number.get("number") or None,
            "capacity": number.get("capacity") or None,
            "trunk": number.get("trunk") or None,
            "server": tenant.get("server") or None,
            "domain": tenant.get("domain") or None,
            "seats": tenant.get("seats"),
            "seats_reason": tenant.get("seats_reason"),
            "first_extension": tenant.get("first_extension"),
            "admin": {name: value for name, value in admin.items() if value},
            "client": self.draft.client.email if self.draft.client else None,
        }
        return {**given, **changes}

    def check(self, **changes: Any) -> tuple[Checked | None, list[Fault]]:
        """Everything that placing would check: what came out, or every fault. Nothing is written, nobody is asked."""
        try:
            given = parse(OrderInput, self.as_given(**changes))
            offer = self.hold.offer if self.hold else None
            return checks.check(given, self.user.actor(), offer=offer), []
        except Refused as error:
            return None, error.faults

    def faults(self, *fields: str, **changes: Any) -> list[Fault]:
        """The faults whose path begins with one of these fields."""
        return [fault for fault in self.check(**changes)[1] if fault.field.split(".")[0].split("[")[0] in fields]
