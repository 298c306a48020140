# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers that the account owns: how they stand, where they lead, giving them back."""

from __future__ import annotations

from voipbox.providers.errors import NotFound
from voipbox.providers.records import NumberState, OwnedNumber, Trunk

from .capacity import Capacity
from .client import Client, to
from .document import Document, Resource
from .purchase import costs
from .trunks import Trunks

_INCLUDE = {"include": "order,voice_in_trunk"}
_ROUTED = {"include": "voice_in_trunk,voice_in_trunk_group,shared_capacity_group,did_group"}


class Owned:
    """The account's numbers."""

    def __init__(self, client: Client, capacity: Capacity, trunks: Trunks) -> None:
        self._client, self._capacity, self._trunks = client, capacity, trunks

    def all(self) -> list[OwnedNumber]:
        """Every number, those that were given back included while the provider still shows them."""
        pages = self._client.pages("dids", _INCLUDE, "the list of numbers in the account")
        return [_owned(page, did) for page in pages for did in page.resources]

    def one(self, number: str) -> OwnedNumber | None:
        """One number; None where it is not ours."""
        page, did = self.look(number, _INCLUDE)
        return _owned(page, did) if did is not None else None

    def look(self, number: str, include: dict[str, str] | None = None) -> tuple[Document, Resource | None]:
        """The provider's own resource of a number, and the answer that it came in."""
        digits = number.removeprefix("+")
        page = self._client.get("dids", {"filter[number]": digits, **(include or {})}, f"to look for {number}")
        found = [did for did in page.resources if did.text("number") == digits]
        found.sort(key=lambda did: _state(did) is NumberState.TERMINATED)  # given back and bought again, it may be there twice
        return page, found[0] if found else None

    def must(self, number: str, include: dict[str, str] | None = None) -> tuple[Document, Resource]:
        """The same; raises NotFound."""
        page, did = self.look(number, include)
        if did is None:
            raise NotFound(f"The number {number} is not in the account at the provider.")
        return page, did

    def route(self, number: str, trunk: Trunk) -> None:
        """Let a number lead to a trunk, give it capacity where it has none, and let the trunk show it as caller id."""
        page, did = self.must(number, _ROUTED)
        if did.link("voice_in_trunk") != trunk.ids["inbound"] or did.link("voice_in_trunk_group"):
            relations = {"voice_in_trunk": to("voice_in_trunks", trunk.ids["inbound"]), "voice_in_trunk_group": None}
            self._client.change("dids", did.id, relations=relations, doing=f"to let {number} lead to {trunk.name}")
        self._capacity.ensure(did, number, trunk.name)
        group = page.relative(did, "did_group")
        features = group.attributes.get("features") if group else None
        if not isinstance(features, list) or "voice_out" in features:  # toll-free numbers, say, may not be shown
            self._trunks.allow_caller_id(trunk, did.id)

    def release(self, number: str) -> None:
        """Give a number back; one that is gone or on its way out stays so."""
        _page, did = self.look(number)
        if did is not None and _state(did) is not NumberState.TERMINATED:
            self._client.change("dids", did.id, {"terminated": True}, doing=f"to give {number} back")


def _owned(page: Document, did: Resource) -> OwnedNumber:
    order, trunk = page.relative(did, "order"), page.relative(did, "voice_in_trunk")
    return OwnedNumber(
        number=f"+{did.text('number')}",
        state=_state(did),
        id=did.id,
        reference=order.text("external_reference_id") if order else "",
        route=trunk.text("name") if trunk else "",
        monthly=costs(order)[1] if order else None,
    )


def _state(did: Resource) -> NumberState:
    """How a number stands. The order matters: one that awaits registration is said to be blocked as well."""
    told = did.attributes
    if not all(isinstance(told.get(name), bool) for name in ("terminated", "awaiting_registration", "blocked")):
        return NumberState.UNKNOWN
    if told["terminated"]:
        return NumberState.TERMINATED
    if told["awaiting_registration"]:
        return NumberState.AWAITING_REGISTRATION
    return NumberState.BLOCKED if told["blocked"] else NumberState.ACTIVE
