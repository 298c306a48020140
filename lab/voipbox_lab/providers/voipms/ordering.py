# SPDX-License-Identifier: GPL-3.0-or-later
"""Methods that buy numbers, change them and give them back."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import fields, places
from .fields import Form, need
from .shapes import No
from .state import Stock

if TYPE_CHECKING:
    from .sandbox import VoipMsSandbox

_MONTH = datetime.timedelta(days=30)
_NOTE_BELOW = 50
_PREFIX_BELOW = 20
_MOST_BACK_ORDERED = 2  # more than that is out of stock
_FAILOVERS = ("failover_busy", "failover_unreachable", "failover_noanswer")
_REGIONS = {"CA": ("province", places.PROVINCES), "US": ("state", places.STATES)}
_MONEY_ZERO = "0.00000000"


class Ordering:
    """Parameters: sandbox, whose state it changes."""

    def __init__(self, sandbox: VoipMsSandbox) -> None:
        self._sandbox = sandbox

    def order(self, form: Form) -> Mapping[str, Any]:
        """orderDID: takes effect at once, tells nothing, and cannot be undone. test=1 checks and does nothing."""
        return self._order(form, toll_free=False)

    def order_toll_free(self, form: Form) -> Mapping[str, Any]:
        """orderTollFree: there is one plan."""
        return self._order(form, toll_free=True)

    def order_vanity(self, form: Form) -> Mapping[str, Any]:
        """orderVanity: the same, and a carrier."""
        need(form, "carrier")
        return self._order(form, toll_free=True)

    def _order(self, form: Form, toll_free: bool) -> Mapping[str, Any]:
        state = self._sandbox.state
        did = fields.did(form)
        row = self._row(form, "1" if toll_free else fields.billing_type(form))
        again = did in state.owned
        if again and state.settings.repeat_orders == "refuse":
            raise No("did_in_use")
        stock = state.kinds.get(did) if again else state.stock.get(did)
        if stock is None or (stock.centre is None) != toll_free:
            raise No(state.settings.gone_code)
        if len(state.owned) >= state.settings.did_limit:
            raise No("did_limit_reached")
        setup, monthly = _price(stock, row["billing_type"])
        if state.balance < setup + monthly:
            raise No("non_sufficient_funds")
        if not fields.flag(form, "test"):
            self._sell(stock, row, again)
        return {}

    def _sell(self, stock: Stock, row: dict[str, Any], again: bool) -> None:
        state, now = self._sandbox.state, self._sandbox.clock.now()
        setup, monthly = _price(stock, row["billing_type"])
        place = f"{stock.centre.name}, {stock.centre.region}" if stock.centre else "Toll-free"
        if not again:
            state.sell(stock.did)
            state.owned[stock.did] = {
                "did": stock.did, "description": place, **row, "e911": False, "port_out_pin": "",
                "next_billing": (now + _MONTH).strftime("%Y-%m-%d"), "order_date": now, "reseller_account": "",
                "reseller_next_billing": None, "reseller_monthly": _MONEY_ZERO, "reseller_minute": _MONEY_ZERO,
                "reseller_setup": _MONEY_ZERO, "sms_available": stock.sms, "sms_enabled": False,
            }  # fmt: skip
        state.charge(now, f"DID{stock.did}", f"DID Setup Fee: {stock.did}", setup)
        state.charge(now, f"DID{stock.did}", f"DID Monthly Fee: {stock.did}", monthly)
        self._sandbox.journal.bought(now, f"+1{stock.did}", row["note"])

    def _row(self, form: Form, billing_type: str) -> dict[str, Any]:
        """The fields of a number that a client may set, each checked; what is left out gets its default."""
        state = self._sandbox.state
        row: dict[str, Any] = {"routing": fields.routing(state, form)}
        for name in _FAILOVERS:
            row[name] = fields.routing(state, form, name, required=False)
        row["voicemail"] = form.get("voicemail", "") or "0"
        row["pop"] = fields.pop(form)
        row["dialtime"] = fields.dial_time(form)
        row["cnam"] = fields.flag(form, "cnam", required=True)
        prefix = fields.short(form, "callerid_prefix", _PREFIX_BELOW)
        row["callerid_prefix"] = "" if row["cnam"] else prefix  # looking up names silently ends prefixes
        row["note"] = fields.short(form, "note", _NOTE_BELOW)
        row["billing_type"] = billing_type
        return row

    def _owned(self, form: Form) -> dict[str, Any]:
        row = self._sandbox.state.owned.get(fields.did(form))
        if row is None:
            raise No("invalid_did")
        return row

    def info(self, form: Form) -> Mapping[str, Any]:
        """getDIDsInfo: everything owned, or one number, or what leads to one sub-account."""
        did, client = form.get("did", ""), form.get("client", "")
        rows = [
            row
            for row in self._sandbox.state.owned.values()
            if did in ("", row["did"]) and (not client or row["routing"] == f"account:{client}")
        ]
        if not rows and self._sandbox.state.settings.empty == "code":
            raise No("no_did")
        return {"dids": rows}

    def set_routing(self, form: Form) -> Mapping[str, Any]:
        """setDIDRouting."""
        self._owned(form)["routing"] = fields.routing(self._sandbox.state, form)
        return {}

    def set_pop(self, form: Form) -> Mapping[str, Any]:
        """setDIDPOP."""
        self._owned(form)["pop"] = fields.pop(form)
        return {}

    def set_billing_type(self, form: Form) -> Mapping[str, Any]:
        """setDIDBillingType."""
        row, wanted = self._owned(form), fields.billing_type(form)
        if row["billing_type"] == wanted:
            raise No("same_did_billingtype")
        row["billing_type"] = wanted
        return {}

    def set_info(self, form: Form) -> Mapping[str, Any]:
        """setDIDInfo replaces everything: what is left out is reset."""
        row = self._owned(form)
        row.update(self._row(form, fields.billing_type(form)))
        return {}

    def cancel(self, form: Form) -> Mapping[str, Any]:
        """cancelDID: at once and for good; the number goes back into stock."""
        row = self._owned(form)
        fields.flag(form, "portout")
        if not fields.flag(form, "test"):
            del self._sandbox.state.owned[row["did"]]
            self._sandbox.state.take_back(row["did"])
        return {}

    def back_order(self, country: str, form: Form) -> Mapping[str, Any]:
        """backOrderDIDCAN and backOrderDIDUSA: no id is told."""
        quantity = need(form, "quantity")
        key, known = _REGIONS[country]
        region, centre_name = need(form, key), need(form, "ratecenter")
        if region not in known:
            raise No(f"invalid_{key}")
        centres = [one for one in places.RATE_CENTRES if (one.country, one.region, one.name) == (country, region, centre_name)]
        if not centres:
            raise No("invalid_ratecenter")
        row = self._row(form, fields.billing_type(form))
        if not quantity.isdigit() or int(quantity) < 1:
            raise No("invalid_quantity")
        if int(quantity) > _MOST_BACK_ORDERED or not centres[0].back_orders:
            raise No("unsifficient_stock")
        if not fields.flag(form, "test"):
            for _ in range(int(quantity)):
                self._note_back_order(f"{centre_name}, {region}", row)
        return {}

    def _note_back_order(self, place: str, row: Mapping[str, Any]) -> None:
        state = self._sandbox.state
        number = str(next(state.ids))
        kept = {name: value for name, value in row.items() if name not in ("note", "callerid_prefix")}
        state.back_orders[number] = {"id": number, "description": place, **kept, "order_date": self._sandbox.clock.now()}

    def back_orders(self, form: Form) -> Mapping[str, Any]:
        """getBackOrders."""
        rows = list(self._sandbox.state.back_orders.values())
        return {"quantity": len(rows), "back_orders": rows}

    def fulfil(self, back_order: str, did: str) -> None:
        """A back-ordered number arrives. Raises KeyError for an order that is not there."""
        state = self._sandbox.state
        row = state.back_orders.pop(back_order)
        name, region = row["description"].rsplit(", ", 1)
        centre = next(one for one in places.RATE_CENTRES if (one.name, one.region) == (name, region))
        pattern = next(stock for stock in (*state.stock.values(), *state.kinds.values()) if stock.centre is not None)
        stock = Stock(did, centre, pattern.monthly, pattern.minute, pattern.setup, pattern.flat_monthly, pattern.flat_setup)
        state.stock[did] = stock
        self._sell(
            stock, {**{k: v for k, v in row.items() if k not in ("id", "description", "order_date")},
                    "note": "", "callerid_prefix": ""}, again=False,
        )  # fmt: skip


def _price(stock: Stock, billing_type: str) -> tuple[Any, Any]:
    """Setup and month of a plan."""
    if billing_type == "2" and stock.flat_monthly is not None:
        return stock.flat_setup or 0, stock.flat_monthly
    return stock.setup, stock.monthly
