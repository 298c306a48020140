# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox's own endpoints under /_sim/: its reviewer, its settings, its callbacks, and what happens to numbers there."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from . import exports, files, probes, seed, trunks_out
from .records import Record

if TYPE_CHECKING:
    from ..control import Action
    from .sandbox import Didww


class Switchboard:
    """Parameters: sandbox. Every method takes the JSON body with the query and the parts of the path."""

    def __init__(self, sandbox: Didww) -> None:
        self._sandbox = sandbox

    def actions(self) -> Mapping[str, Action]:
        """The endpoints."""
        return {
            "GET /settings": lambda _: self._sandbox.world.settings.shown(),
            "POST /settings": self._settings,
            "POST /callback-secret": self._secret,
            "GET /callbacks": lambda _: self._sandbox.callbacks.listed(),
            "POST /callbacks/plan": self._plan,
            "POST /callbacks/release": lambda given: self._sandbox.callbacks.release(bool(given.get("newest_first"))),
            "POST /callbacks/<int:id>/resend": lambda given: self._sandbox.callbacks.resend(given["id"]),
            "POST /verifications/<id>/approve": self._approve,
            "POST /verifications/<id>/reject": self._reject,
            "POST /requirements/<id>": self._requirement,
            "POST /orders/<id>/complete": self._complete,
            "POST /orders/<id>/cancel": self._cancel,
            "POST /groups/<id>/restock": self._restock,
            "POST /groups/<id>/prices": self._prices,
            "POST /numbers/<number>/vanish": lambda given: self._sandbox.vanish(given["number"]),
            "POST /numbers/<number>/block": lambda given: self._block(given["number"], True),
            "POST /numbers/<number>/unblock": lambda given: self._block(given["number"], False),
            "POST /trunks/<id>/spend": self._spend,
            "POST /calls": self._call,
            "POST /keys/rotate": lambda _: self._sandbox.world.keys.rotate(),
            "GET /files/<id>": lambda given: files.seen(self._record("encrypted_files", given["id"])),
            "GET /documents/<id>": self._documents,
            "GET /ring": lambda given: probes.ring(self._sandbox.world, given["number"]),
            "GET /dial": lambda given: probes.dial(self._sandbox.world, given),
        }

    def _record(self, kind: str, identifier: str) -> Record:
        record = self._sandbox.world.store.get(kind, identifier)
        if record is None:
            raise ValueError(f"There is no record {identifier} in {kind}.")
        return record

    def _settings(self, given: dict[str, Any]) -> dict[str, Any]:
        self._sandbox.world.settings.change(given)
        return self._sandbox.world.settings.shown()

    def _secret(self, given: dict[str, Any]) -> None:
        self._sandbox.callbacks.secret = str(given["secret"])

    def _plan(self, given: dict[str, Any]) -> None:
        self._sandbox.callbacks.plan(given)

    def _approve(self, given: dict[str, Any]) -> None:
        self._sandbox.verifications.approve(self._record("address_verifications", given["id"]))

    def _reject(self, given: dict[str, Any]) -> None:
        reasons = given.get("reasons") or ["The proof of personal address is required"]
        self._sandbox.verifications.reject(self._record("address_verifications", given["id"]), reasons, given.get("comment"))

    def _requirement(self, given: dict[str, Any]) -> None:
        record = self._record("address_requirements", given.pop("id"))
        wrong = set(given) - set(record.attributes)
        if wrong:
            raise ValueError(f"A requirement has no {', '.join(sorted(wrong))}.")
        record.attributes.update(given)

    def _pending(self, given: dict[str, Any]) -> Record:
        record = self._record("orders", given["id"])
        if record.attributes["status"] != "pending":
            raise ValueError(f"The order is {record.attributes['status']} already.")
        return record

    def _complete(self, given: dict[str, Any]) -> None:
        self._sandbox.orders.complete(self._pending(given))

    def _cancel(self, given: dict[str, Any]) -> None:
        self._sandbox.orders.cancel(self._pending(given))

    def _restock(self, given: dict[str, Any]) -> list[str]:
        numbers = seed.restock(self._sandbox.world, self._record("did_groups", given["id"]), int(given["amount"]))
        self._sandbox.orders.retry()
        return numbers

    def _prices(self, given: dict[str, Any]) -> None:
        self._sandbox.reprice(self._record("did_groups", given["id"]), Decimal(str(given["factor"])))

    def _block(self, number: str, blocked: bool) -> None:
        did = self._sandbox.world.number_of(number)
        if did is None:
            raise ValueError(f"Nobody has the number {number}.")
        did.attributes["blocked"] = blocked

    def _spend(self, given: dict[str, Any]) -> None:
        trunk = self._record("voice_out_trunks", given["id"])
        trunks_out.spend(self._sandbox.world, trunk, Decimal(str(given["amount"])))

    def _call(self, given: dict[str, Any]) -> None:
        self._sandbox.world.calls.append(exports.call(str(given["type"]), dict(given["row"])))

    def _documents(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        """What a proof, a permanent document or a verification holds: types, sizes and hashes of its files."""
        for kind in ("proofs", "permanent_supporting_documents", "address_verifications"):
            record = self._sandbox.world.store.get(kind, given["id"])
            if record:
                return list(record.hidden["files"])
        raise ValueError(f"Nothing with the id {given['id']} holds files.")
