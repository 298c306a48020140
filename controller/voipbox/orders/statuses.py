# SPDX-License-Identifier: GPL-3.0-or-later
"""Every status of an order: its name, the text and colour of its badge, and which groups it belongs to."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Status(enum.StrEnum):
    """Where an order stands."""

    PENDING = "pending"
    APPROVED = "approved"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PENDING_REVIEW = "pending_review"
    IDENTITY_ADDRESS_CONFIRMED = "identity_address_confirmed"
    DOCUMENTS_UPLOADED = "documents_uploaded"
    ORDER_PLACED = "order_placed"
    AWAITING_REGISTRATION = "awaiting_registration"
    ACTIVE = "active"
    BLOCKED = "blocked"
    TERMINATED = "terminated"


@dataclass(frozen=True)
class Badge:
    """What people see: a text and a colour of the page's palette."""

    text: str
    colour: str


BADGES: dict[Status, Badge] = {
    Status.PENDING: Badge("Pending", "blue"),
    Status.APPROVED: Badge("Approved", "azure"),
    Status.IN_PROGRESS: Badge("In Progress", "yellow"),
    Status.COMPLETED: Badge("Completed", "green"),
    Status.FAILED: Badge("Failed", "red"),
    Status.CANCELLED: Badge("Cancelled", "gray"),
    Status.PENDING_REVIEW: Badge("Pending", "blue"),
    Status.IDENTITY_ADDRESS_CONFIRMED: Badge("Identity Confirmed", "green"),
    Status.DOCUMENTS_UPLOADED: Badge("Docs Uploaded", "purple"),
    Status.ORDER_PLACED: Badge("Awaiting Provider", "orange"),
    Status.AWAITING_REGISTRATION: Badge("Awaiting Provider", "orange"),
    Status.ACTIVE: Badge("Active", "green"),
    Status.BLOCKED: Badge("Blocked", "red"),
    Status.TERMINATED: Badge("Terminated", "gray"),
}

# What an order waits for, in words; empty where it waits for nothing.
WAITS_FOR: dict[Status, str] = {
    Status.PENDING: "somebody to approve it",
    Status.APPROVED: "the next run on its PBX server",
    Status.IN_PROGRESS: "its run to end",
    Status.FAILED: "somebody to mend the cause and retry",
    Status.PENDING_REVIEW: "somebody to review identity and address",
    Status.IDENTITY_ADDRESS_CONFIRMED: "documents",
    Status.DOCUMENTS_UPLOADED: "the number to be ordered",
    Status.ORDER_PLACED: "the provider's answer",
    Status.AWAITING_REGISTRATION: "the provider's registration",
    Status.ACTIVE: "the next run on its PBX server",
    Status.BLOCKED: "somebody to correct what the provider refused",
}

# Gone for good: domain and number may be ordered again.
CLOSED = frozenset({Status.CANCELLED, Status.TERMINATED})
# Taken by the next run of their server.
READY = frozenset({Status.APPROVED, Status.ACTIVE})
# Staff may correct what was ordered, with a reason.
EDITABLE = frozenset(
    {
        Status.PENDING,
        Status.FAILED,
        Status.PENDING_REVIEW,
        Status.IDENTITY_ADDRESS_CONFIRMED,
        Status.DOCUMENTS_UPLOADED,
        Status.BLOCKED,
    }
)
REGULATED_ONLY = frozenset(
    {
        Status.PENDING_REVIEW,
        Status.IDENTITY_ADDRESS_CONFIRMED,
        Status.DOCUMENTS_UPLOADED,
        Status.ORDER_PLACED,
        Status.AWAITING_REGISTRATION,
        Status.ACTIVE,
        Status.BLOCKED,
        Status.TERMINATED,
    }
)
PLAIN_ONLY = frozenset({Status.PENDING, Status.APPROVED})


def statuses_of(regulated: bool) -> list[Status]:
    """The statuses that an order of this kind can have."""
    without = PLAIN_ONLY if regulated else REGULATED_ONLY
    return [status for status in Status if status not in without]
