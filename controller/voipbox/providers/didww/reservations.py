# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers that the provider keeps for us for some minutes."""

from __future__ import annotations

import datetime

from voipbox.core import clock
from voipbox.providers.errors import AccessDenied, AccountLimit, OutcomeUnknown, Refusal
from voipbox.providers.records import Offer, Reservation

from . import document, refusals
from .client import Client, to
from .document import Resource

_LIFE = datetime.timedelta(minutes=10)
"""The provider's default, for an answer that names no end."""


class Reservations:
    """Holds at the provider, found again by our reference, which is their description."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def make(self, offer: Offer, reference: str) -> Reservation | None:
        """Keep a number; None for an offer whose number the provider picks, and where the account may hold no more. Raises
        NumberUnavailable."""
        available = str(offer.token.get("available_did") or "")
        if not available:
            return None
        doing = f"to hold {offer.number}"
        try:
            answer = self._client.create(
                "did_reservations",
                {"description": reference},
                {"available_did": to("available_dids", available)},
                doing,
                repeatable=False,
            )
        except OutcomeUnknown:
            found = self._of(reference, available)
            if found is None:
                raise
            return _read(found)
        except (AccountLimit, AccessDenied):
            return None  # no more of them, or none at all for this account: our own claim has to do
        except Refusal as error:
            if not refusals.is_gone(error):
                raise
            found = self._of(reference, available)  # held already, by ourselves: an earlier answer may have been lost
            if found is None:
                raise refusals.gone(error) from None
            return _read(found)
        made = answer.one or self._of(reference, available)
        if made is None:
            raise OutcomeUnknown(f"The provider took {doing}, but shows no reservation.")
        return _read(made)

    def renew(self, reservation: str, offer: Offer, reference: str) -> Reservation | None:
        """Keep a number longer. The provider can only let go and hold anew, so between the two somebody else may take it:
        then NumberUnavailable is raised."""
        self.drop(reservation)
        return self.make(offer, reference)

    def drop(self, reservation: str) -> None:
        """Let a number go."""
        self._client.remove("did_reservations", reservation, "to let a held number go")

    def _of(self, reference: str, available: str) -> Resource | None:
        filters = {"filter[description]": reference, "include": "available_did"}
        found = [each for each in self._client.all("did_reservations", filters) if each.text("description") == reference]
        return next((each for each in found if each.link("available_did") in ("", available)), None)


def _read(found: Resource) -> Reservation:
    return Reservation(found.id, document.moment(found.attributes.get("expires_at")) or clock.now() + _LIFE)
