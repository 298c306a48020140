# SPDX-License-Identifier: GPL-3.0-or-later
"""The first provider's sandbox: one URL, methods by name, every answer with HTTP 200."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from decimal import Decimal
from functools import partial
from typing import Any

from werkzeug.wrappers import Request, Response

from .. import control
from ..faults import Fault, FaultKind
from ..sandbox import Sandbox
from . import finding, shapes, sub_accounts
from .fields import Form
from .money import Money
from .ordering import Ordering
from .shapes import No
from .state import State, fresh
from .sub_accounts import SubAccounts

PATH = "/api/v1/rest.php"
_SECRET = frozenset(("api_username", "api_password", "password", "port_out_pin"))
_DELETES = frozenset(("delSubAccount",))
_LIMIT_CODE = "api_limit_exceeded"
_BROKEN = "<html><head><title>500 Internal Server Error</title></head><body></body></html>"


class VoipMsSandbox(Sandbox):
    """Its endpoints under /_sim/ besides the common ones: settings (see state.Settings), account, owned, subs (by login),
    sub_accounts (each, twins too), calls, registrations, would_ring, stock, back_orders/<id>/fulfil, changes."""

    def __init__(self, seed: Mapping[str, Any] | None = None) -> None:
        self._first_seed = dict(seed or {})
        self.state: State = fresh(self._first_seed)
        self._ordering, self._subs, self._money = Ordering(self), SubAccounts(self), Money(self)
        self._methods = self._table()
        super().__init__()

    def _table(self) -> dict[str, Callable[[Form], Mapping[str, Any]]]:
        ordering, subs, money = self._ordering, self._subs, self._money
        own: dict[str, Callable[[Form], Mapping[str, Any]]] = {
            "getIP": lambda form: {"ip": self.state.settings.caller},
            "getBalance": money.balance, "getCDR": money.calls, "getTransactionHistory": money.transactions,
            "orderDID": ordering.order, "orderTollFree": ordering.order_toll_free, "orderVanity": ordering.order_vanity,
            "getDIDsInfo": ordering.info, "setDIDRouting": ordering.set_routing, "setDIDPOP": ordering.set_pop,
            "setDIDBillingType": ordering.set_billing_type, "setDIDInfo": ordering.set_info, "cancelDID": ordering.cancel,
            "backOrderDIDCAN": partial(ordering.back_order, "CA"), "backOrderDIDUSA": partial(ordering.back_order, "US"),
            "getBackOrders": ordering.back_orders,
            "createSubAccount": subs.create, "setSubAccount": subs.change, "getSubAccounts": subs.listed,
            "delSubAccount": subs.delete, "getRegistrationStatus": subs.registration,
        }  # fmt: skip
        reading: dict[str, finding.Method] = {
            "getServersInfo": finding.servers, "getProvinces": finding.provinces, "getStates": finding.states,
            "getRateCentersCAN": finding.rate_centres("CA"), "getRateCentersUSA": finding.rate_centres("US"),
            "getDIDsCAN": finding.numbers("CA"), "getDIDsUSA": finding.numbers("US"),
            "searchDIDsCAN": finding.search("CA"), "searchDIDsUSA": finding.search("US"),
            "searchTollFreeCanUS": finding.toll_free, "searchTollFreeUSA": finding.toll_free_usa,
            "searchVanity": finding.vanity, "getPortability": finding.portability,
            "getTerminationRates": finding.termination_rates,
            "getProtocols": finding.values("protocols", *sub_accounts.PROTOCOLS),
            "getAuthTypes": finding.values("auth_types", *sub_accounts.AUTH_TYPES),
            "getDeviceTypes": finding.values("device_types", *sub_accounts.DEVICE_TYPES),
            "getLockInternational": finding.values("lock_international", *sub_accounts.LOCKS),
            "getRoutes": finding.values("routes", *sub_accounts.ROUTES),
            "getMusicOnHold": finding.values("music_on_hold", *sub_accounts.MUSIC),
            "getAllowedCodecs": finding.values("allowed_codecs", *sub_accounts.CODECS),
            "getDTMFModes": finding.values("dtmf_modes", *sub_accounts.DTMF_MODES),
            "getNAT": finding.values("nat", *sub_accounts.NAT),
        }  # fmt: skip
        for name, method in reading.items():
            own[name] = lambda form, method=method: method(self.state, form)  # type: ignore[misc]
        return own

    # What the base asks for.

    def name_of(self, request: Request) -> str:
        """The method, by whatever way it came; verb and path where there is none."""
        form = _form(request)
        return (form or {}).get("method", "") or f"{request.method} {request.path}"

    def details_of(self, request: Request) -> Mapping[str, Any]:
        """The form without credentials, and the way it came."""
        form = _form(request) or {}
        kept = {name: value for name, value in form.items() if name not in _SECRET and name != "method"}
        return {**kept, "_transport": f"{request.method} {request.mimetype}".strip()}

    def perform(self, request: Request) -> Response:
        """Sign in, then do what the method says."""
        if request.path != PATH:
            return Response("<html><head><title>404</title></head></html>", status=404, mimetype="text/html")
        form = _form(request)
        if form is None:
            return Response(_BROKEN, status=500, mimetype="text/html")
        settings = self.state.settings
        try:
            name = self._signed_in(form)
            content = self._methods[name](form)
        except No as no:
            return shapes.refusal(settings, no)
        if settings.empty_deletes and name in _DELETES:
            return Response("", mimetype="application/json")
        return shapes.answer(settings, content)

    def _signed_in(self, form: Form) -> str:
        """The method's name. Raises No."""
        state, settings = self.state, self.state.settings
        if not form.get("api_username") or not form.get("api_password"):
            raise No("missing_credentials")
        if (form["api_username"], form["api_password"]) != (state.username, state.password):
            raise No("invalid_credentials", "Username or Password is incorrect")
        if not settings.api_enabled:
            raise No("api_not_enabled")
        name = form.get("method", "")
        if not name:
            raise No("missing_method")
        if name != "getIP" and settings.caller not in settings.allowed:
            raise No("ip_not_enabled")
        if name not in self._methods:
            raise No("invalid_method")
        return name

    def landing(self, request: Request) -> Callable[[], object]:
        """A sub-account is checked when it is asked for, so that another of its login may stand when it lands."""
        form = _form(request) or {}
        if form.get("method") != "createSubAccount":
            return super().landing(request)
        try:
            self._signed_in(form)
            return self._subs.asked(form)
        except No:
            return lambda: None

    def slowness(self, request: Request) -> float:
        """Seconds that an answer takes after the method took effect."""
        return self.state.settings.slow.get(self.name_of(request), 0.0)

    def refusal(self, fault: Fault, request: Request) -> Response:
        """The code that the fault names, with HTTP 200."""
        code = fault.options.get("code") or (_LIMIT_CODE if fault.kind is FaultKind.LIMIT else "order_failed")
        return shapes.refusal(self.state.settings, No(str(code)))

    def happen(self, fault: Fault, request: Request) -> None:
        """Numbers by E.164 or ten digits."""
        state = self.state
        if fault.kind is FaultKind.DRAIN:
            state.balance = Decimal(str(fault.options.get("amount", "0")))
        elif fault.kind is FaultKind.VANISH:
            state.stock.pop(str(fault.options.get("number") or (_form(request) or {}).get("did", "")).removeprefix("+1"), None)
        elif fault.kind is FaultKind.PRICE:
            factor = Decimal(str(fault.options.get("factor", 2)))
            for stock in state.stock.values():
                stock.setup, stock.monthly, stock.minute = stock.setup * factor, stock.monthly * factor, stock.minute * factor

    def outcome_of(self, response: Response) -> str:
        """The status code of the answer."""
        try:
            return str(json.loads(response.get_data())["status"])
        except (ValueError, KeyError, TypeError):
            return f"HTTP {response.status_code}"

    def reset(self, seed: Mapping[str, Any] | None = None) -> None:
        """The first state, or that of a seed (see state.fresh)."""
        self.state = fresh(self._first_seed if seed is None else seed)
        super().reset(seed)

    def set_balance(self, amount: str) -> None:
        """USD."""
        self.state.balance = Decimal(amount)

    def controls(self) -> Mapping[str, control.Action]:
        """The sandbox's own endpoints."""
        return {
            "GET /settings": lambda _: asdict(self.state.settings),
            "POST /settings": self._change_settings,
            "GET /account": lambda _: {"main": self.state.main, "balance": str(self.state.balance)},
            "GET /owned": lambda _: {f"+1{did}": _public(row) for did, row in self.state.owned.items()},
            "GET /subs": lambda _: {row["account"]: _public(row) for row in self.state.subs.values()},
            "GET /sub_accounts": lambda _: [_public(row) for row in self.state.subs.values()],
            "POST /calls": self._money.note_call,
            "POST /registrations": self._register,
            "GET /would_ring": lambda given: self._would_ring(str(given["number"])),
            "GET /stock": lambda given: f"{str(given['number']).removeprefix('+1')}" in self.state.stock,
            "DELETE /stock": lambda given: self.state.stock.pop(str(given["number"]).removeprefix("+1")).did,
            "POST /back_orders/<id>/fulfil": lambda given: self._ordering.fulfil(given["id"], given["did"]),
        }  # fmt: skip

    def _change_settings(self, given: dict[str, Any]) -> None:
        self.state.settings.change(given)

    def _register(self, given: dict[str, Any]) -> dict[str, Any]:
        why = self._subs.register(given["account"], given["password"], given["host"], given.get("address", "203.0.113.10"))
        return {"registered": not why, "why": why}

    def _would_ring(self, number: str) -> dict[str, Any]:
        """Whether a call to a number would reach a gateway. The provider itself never tells why one does not."""
        why = self._silence(number.removeprefix("+1"))
        return {"rings": not why, "why": why}

    def _silence(self, did: str) -> str:
        state = self.state
        row = state.owned.get(did)
        if row is None:
            return "the number is not of this account"
        if state.balance <= 0:
            return "the balance is used up"
        header, _, account = row["routing"].partition(":")
        if header != "account":
            return f"it is routed to {row['routing']}"
        seen = self._subs.seen(account)
        if seen is None:
            return f"{account} is not registered"
        if seen.pop != row["pop"]:
            return f"the number is at POP {row['pop']}, the gateway at POP {seen.pop}"
        return ""


def _form(request: Request) -> Form | None:
    """The fields of a call: a query, or multipart; None for any other body, which the provider's server breaks on."""
    if request.method == "GET":
        return request.args.to_dict()
    if request.method == "POST" and request.mimetype == "multipart/form-data":
        return request.form.to_dict()
    return None


def _public(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without secrets, as JSON."""
    return {name: value if isinstance(value, bool) else str(value) for name, value in row.items() if name not in _SECRET}
