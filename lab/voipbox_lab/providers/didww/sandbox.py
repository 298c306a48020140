# SPDX-License-Identifier: GPL-3.0-or-later
"""The second provider's sandbox: a WSGI application over its parts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from .. import control
from ..faults import Fault, FaultKind
from ..sandbox import Sandbox
from . import capacity, catalogue, money, seed, trunks_out
from .access import Access
from .api import Api, is_file, parts_of
from .callbacks import Callbacks
from .controls import Switchboard
from .exports import Exports
from .files import Files, PublicKeys
from .handler import Handler
from .identities import Addresses, Identities
from .keys import Keys
from .numbers import Numbers
from .orders import Orders
from .proofs import PermanentDocuments, Proofs
from .records import Record
from .requirements import Validations
from .reservations import Reservations
from .trunks_in import TrunkGroups, TrunksIn
from .trunks_out import Regenerations, TrunksOut
from .verifications import Verifications
from .wire import Refusal, answer, error, no_such_path
from .world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_READ_ONLY = (
    "countries",
    "regions",
    "areas",
    "cities",
    "did_group_types",
    "did_groups",
    "nanpa_prefixes",
    "pops",
    "proof_types",
    "supporting_document_templates",
    "address_requirements",
    "did_history",
)
_HANDLERS = (
    catalogue.AvailableDids,
    Reservations,
    capacity.Pools,
    capacity.CapacityGroups,
    TrunksIn,
    TrunkGroups,
    TrunksOut,
    Regenerations,
    Identities,
    Addresses,
    PublicKeys,
    Files,
    Proofs,
    PermanentDocuments,
    Validations,
    Exports,
)
# What the journal keeps of a body.
_TOLD = ("external_reference_id", "items", "allow_back_ordering", "description", "name", "terminated")
_PERSONS = {"identities", "addresses"}
_KNOWN: dict[str, dict[str, Any]] = {
    "balance": {
        "status": 400,
        "code": "400",
        "title": "Insufficient balance",
        "meta": {"available_balance": "0.0", "total_cost": "1.0"},
    },
    "gone": {"detail": "available_did - is invalid", "pointer": "/data/attributes/items"},
    "unauthorized": {"status": 401, "code": "401", "title": "Unauthorized", "detail": "Authorization failed"},
    "read only": {"status": 403, "code": "403", "title": "Forbidden", "detail": "Customer is in read-only mode"},
}


class Didww(Sandbox):
    """Parameters: folder, where the key pairs are kept; api_key; callback_secret, empty: no callbacks; wait, until there are
    key pairs: without it a new folder's are made while other calls are served."""

    world: World
    orders: Orders
    verifications: Verifications

    def __init__(self, folder: Path, api_key: str, callback_secret: str = "", wait: bool = True) -> None:
        super().__init__()
        self._keys = Keys(folder, wait)
        self._access = Access(api_key, lambda: self.world.settings, lambda: self.clock.now().timestamp())
        self.callbacks = Callbacks(self.clock.now, lambda: self.world.settings, self.lock, callback_secret)
        self._build({})
        self.callbacks.start(self._tick)

    def _build(self, given: Mapping[str, Any]) -> None:
        world = World(self.clock, self.journal, self._keys, self._tell)
        numbers = Numbers(world)
        orders, verifications = Orders(world, numbers), Verifications(world, numbers)
        handlers: list[Handler] = [
            *(catalogue.ReadOnly(world, kind) for kind in _READ_ONLY),
            *(make(world) for make in _HANDLERS),
            numbers,
            orders,
            verifications,
        ]
        for module in (catalogue, capacity, trunks_out):
            module.work_out(world)
        seed.fill(world, given)
        self.world, self.orders, self.verifications = world, orders, verifications
        self._api = Api(world, {handler.kind: handler for handler in handlers})

    # What the base asks for.

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI. What is due happens before anything is looked at."""
        with self.lock:
            self._tick()
        return super().__call__(environ, start_response)

    def _tick(self) -> None:
        self.world.schedule.run()

    def stop(self) -> None:
        """Stop sending callbacks, and let waiting calls go on."""
        super().stop()
        self.callbacks.stop()

    def name_of(self, request: Request) -> str:
        """Verb and path with ids left out: "POST /orders", "GET /orders/{id}"."""
        parts = parts_of(request.path)
        if not parts:
            return f"{request.method} {request.path}"
        if is_file(parts):
            parts = ["exports", "{file}"]
        shown = [part if place != 1 else part if part == "{file}" else "{id}" for place, part in enumerate(parts)]
        return f"{request.method} /{'/'.join(shown)}"

    def details_of(self, request: Request) -> Mapping[str, Any]:
        """The path, the query, and of a body what tells purchases apart. No header, and nothing of persons."""
        details: dict[str, Any] = {"path": request.path}
        if not _PERSONS & set(parts_of(request.path)):
            details["query"] = request.args.to_dict()
        attributes = _attributes(request)
        details.update({name: attributes[name] for name in _TOLD if name in attributes})
        return details

    def perform(self, request: Request) -> Response:
        """What the provider does."""
        try:
            return self._served(request)
        except Refusal as refusal:
            return refusal.response()

    def _served(self, request: Request) -> Response:
        if request.path == "/token" and request.method == "POST":
            return self._access.token(request)
        parts = parts_of(request.path)
        if not parts:
            raise no_such_path()
        version = self._access.version(request)
        if parts[0] != "public_keys":
            self._access.check(request, version, key_will_do=is_file(parts))
        return self._api.answer(request, version)

    def refusal(self, fault: Fault, request: Request) -> Response:
        """Options: status, code, title, detail, meta; or says: balance, gone, unauthorized, for answers that are known."""
        if fault.kind is FaultKind.LIMIT:
            return answer(429, {"errors": [{"status": "429", "detail": "Too Many Requests"}]})
        options = fault.options
        known: dict[str, Any] = _KNOWN.get(str(options.get("says", "")), {})
        given = {"status": 422, "code": "100", "title": "is invalid", **known, **options}
        entry = error(
            int(given["status"]),
            str(given["code"]),
            str(given["title"]),
            str(given.get("detail", "")),
            str(given.get("pointer", "")),
            given.get("meta"),
        )
        return answer(int(given["status"]), {"errors": [entry]})

    def happen(self, fault: Fault, request: Request) -> None:
        """A number vanishes (the one of the option, or all that the call names), the balance drains, prices change."""
        if fault.kind is FaultKind.DRAIN:
            self.set_balance(str(fault.options.get("amount", "0")))
        elif fault.kind is FaultKind.PRICE:
            for group in self.world.store.all("did_groups"):
                self.reprice(group, Decimal(str(fault.options.get("factor", "2"))))
        elif fault.options.get("number"):
            self.vanish(str(fault.options["number"]))
        else:
            for number in self._named(request):
                self.world.stock.take(number)

    def outcome_of(self, response: Response) -> str:
        """The details of an answer's errors, or its status."""
        if response.status_code < 400 or not response.is_json:  # noqa: PLR2004 - parts of a path, classes of a status
            return str(response.status_code)
        return "; ".join(str(entry.get("detail", "")) for entry in json.loads(response.get_data())["errors"])

    def reset(self, seed: Mapping[str, Any] | None = None) -> None:
        """Back to the first state; what a seed may say stands with seed.fill."""
        super().reset(seed)
        self.callbacks.clear()
        self._build(seed or {})

    def set_balance(self, amount: str) -> None:
        """Let the account have this much; credit stays."""
        self.world.balance = Decimal(amount)

    def controls(self) -> Mapping[str, control.Action]:
        """The sandbox's own endpoints."""
        return Switchboard(self).actions()

    # What faults and endpoints do.

    def vanish(self, number: str) -> None:
        """Somebody else buys a number that is offered, also one that is reserved. Raises ValueError where it is not."""
        record = self.world.stock.by_number(number.removeprefix("+"))
        if record is None:
            raise ValueError(f"The number {number} is not for sale.")
        self.world.stock.take(record)

    def reprice(self, group: Record, factor: Decimal) -> None:
        """Multiply the prices of a group."""
        for sku in self.world.links_to("stock_keeping_units", "_group", group.ref):
            for name in ("setup_price", "monthly_price"):
                sku.attributes[name] = money.text(Decimal(sku.attributes[name]) * factor)

    def _named(self, request: Request) -> list[Record]:
        """The offered numbers that an order or a reservation names."""
        store, found = self.world.store, []
        for item in _attributes(request).get("items") or []:
            given = item.get("attributes") or {}
            reservation = store.get("did_reservations", str(given.get("did_reservation_id")))
            found += [store.at(reservation.one("available_did")) if reservation else None]
            found += [store.get("available_dids", str(given.get("available_did_id")))]
        link = (_data(request).get("relationships") or {}).get("available_did") or {}
        found += [store.get("available_dids", str((link.get("data") or {}).get("id")))]
        return [record for record in found if record]

    def _tell(self, record: Record, payload: dict[str, Any]) -> None:
        """Send a callback about a record to where it was ordered; trunks are told about in a list."""
        whole = {"id": record.id, "type": record.type, **payload}
        given = record.attributes
        told = [whole] if record.type == "voice_out_trunks" else whole
        self.callbacks.tell(given.get("callback_url"), given.get("callback_method"), told)


def _data(request: Request) -> dict[str, Any]:
    """The resource in a body; empty for anything else."""
    try:
        data = json.loads(request.get_data())["data"]
    except (ValueError, KeyError, TypeError):
        return {}
    return data if isinstance(data, dict) else {}


def _attributes(request: Request) -> dict[str, Any]:
    found = _data(request).get("attributes")
    return found if isinstance(found, dict) else {}
