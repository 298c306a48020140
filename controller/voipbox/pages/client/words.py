# SPDX-License-Identifier: GPL-3.0-or-later
"""What a status means, in the words of somebody who waits for a phone system."""

from __future__ import annotations

from dataclasses import dataclass

from voipbox.orders.statuses import Status


@dataclass(frozen=True)
class Words:
    """A short name, a sentence, and a colour of the pages' badges."""

    short: str
    sentence: str
    colour: str


WORDS: dict[Status, Words] = {
    Status.PENDING: Words("Received", "We have your order and look at it.", "blue"),
    Status.APPROVED: Words("Being set up", "Your system is about to be set up.", "azure"),
    Status.IN_PROGRESS: Words("Being set up", "Your system is being set up right now.", "yellow"),
    Status.COMPLETED: Words("Ready", "Your system is ready. Sign in and connect your phones.", "green"),
    Status.FAILED: Words("Delayed", "Something held us up and we work on it. You need not do anything.", "orange"),
    Status.CANCELLED: Words("Cancelled", "This order was cancelled. Nothing is charged for it.", "gray"),
    Status.PENDING_REVIEW: Words(
        "Being checked", "We check who uses the number. Bring the documents below, if there are any.", "blue"
    ),
    Status.IDENTITY_ADDRESS_CONFIRMED: Words("Documents needed", "We wait for the documents that the provider wants.", "orange"),
    Status.DOCUMENTS_UPLOADED: Words("Documents there", "We have your documents and order the number.", "purple"),
    Status.ORDER_PLACED: Words("At the provider", "Your number is ordered; we wait for the provider.", "orange"),
    Status.AWAITING_REGISTRATION: Words("At the provider", "The provider checks the registration of your number.", "orange"),
    Status.ACTIVE: Words("Being set up", "Your number works; your system is about to be set up.", "azure"),
    Status.BLOCKED: Words(
        "Needs correction", "The provider wants something corrected: what it is stands below, and we see to it with you.", "red"
    ),
    Status.TERMINATED: Words("Ended", "This number was ended at the provider.", "gray"),
}
_WAY = ("Received", "Being set up", "Ready")
_REGULATED_WAY = ("Received", "Checked", "At the provider", "Being set up", "Ready")
_PLACES = {
    Status.PENDING: 0, Status.APPROVED: 1, Status.IN_PROGRESS: 1, Status.FAILED: 1, Status.COMPLETED: 2,
}  # fmt: skip
_REGULATED_PLACES = {
    Status.PENDING_REVIEW: 0, Status.IDENTITY_ADDRESS_CONFIRMED: 1, Status.DOCUMENTS_UPLOADED: 1, Status.ORDER_PLACED: 2,
    Status.AWAITING_REGISTRATION: 2, Status.BLOCKED: 2, Status.ACTIVE: 3, Status.IN_PROGRESS: 3, Status.FAILED: 3,
    Status.COMPLETED: 4,
}  # fmt: skip


def way(status: Status, regulated: bool) -> list[tuple[str, bool, bool]]:
    """The stations of an order, each with whether it is passed and whether it is the present one; empty for an ended order."""
    names, places = (_REGULATED_WAY, _REGULATED_PLACES) if regulated else (_WAY, _PLACES)
    here = places.get(status)
    return [] if here is None else [(name, place < here, place == here) for place, name in enumerate(names)]
