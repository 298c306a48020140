# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of moves: which action leads from where to where, who may do it, what must hold, what follows.

Buttons, API, documentation and tests are made from this table; nothing else knows which move is legal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from voipbox.core.people import ACTING_STAFF, Role

from .statuses import Status

S = Status
_STAFF = ACTING_STAFF
_PROGRAM = frozenset({Role.SYSTEM})
_BOTH = ACTING_STAFF | _PROGRAM
PLAIN = frozenset({False})
REGULATED = frozenset({True})
ANY = frozenset({False, True})


@dataclass(frozen=True)
class Move:
    """One row of the table.

    Parameters: action, its name in API and audit; label, of the button; sources and target; kinds, whether for plain
    (False) or regulated (True) orders; who, the roles; guard, names in guards.GUARDS that must all hold; late, the same,
    but asked only when the move is made, since they read more than the order; effects, names
    in effects.EFFECTS, carried out in the same transaction; needs_reason, whether a sentence why is asked for.
    """

    action: str
    label: str
    sources: frozenset[Status]
    target: Status
    kinds: frozenset[bool] = ANY
    who: frozenset[Role] = _STAFF
    guard: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    needs_reason: bool = False


def _from(*sources: Status) -> frozenset[Status]:
    return frozenset(sources)


MOVES: tuple[Move, ...] = (
    Move("approve", "Approve", _from(S.PENDING), S.APPROVED, PLAIN, _BOTH, ("server_active", "provider_usable"), ("advance",)),
    Move("confirm_identity", "Confirm identity and address", _from(S.PENDING_REVIEW), S.IDENTITY_ADDRESS_CONFIRMED, REGULATED, _BOTH),
    Move("upload_documents", "Mark documents as uploaded", _from(S.IDENTITY_ADDRESS_CONFIRMED), S.DOCUMENTS_UPLOADED, REGULATED, _BOTH),
    Move(
        "place", "Place order", _from(S.DOCUMENTS_UPLOADED), S.ORDER_PLACED, REGULATED, _BOTH, ("server_active", "provider_usable"),
        ("purchase", "news_place"), ("papers_handed_in",),
    ),
    Move(
        "await_registration", "Provider: awaiting registration", _from(S.ORDER_PLACED, S.BLOCKED), S.AWAITING_REGISTRATION, REGULATED,
        _BOTH, effects=("news_await_registration",), late=("purchase_decided",),
    ),
    Move(
        "activate", "Provider: active", _from(S.ORDER_PLACED, S.AWAITING_REGISTRATION, S.BLOCKED), S.ACTIVE, REGULATED, _BOTH,
        ("server_active",), ("advance", "news_activate"), ("purchase_decided",),
    ),
    Move(
        "block", "Provider: blocked", _from(S.ORDER_PLACED, S.AWAITING_REGISTRATION, S.ACTIVE), S.BLOCKED, REGULATED, _BOTH,
        effects=("tell_staff", "news_block"), needs_reason=True,
    ),
    Move(
        "terminate", "Provider: terminated", _from(S.ORDER_PLACED, S.AWAITING_REGISTRATION, S.ACTIVE, S.BLOCKED), S.TERMINATED,
        REGULATED, _BOTH, effects=("tell_staff", "news_terminate"), needs_reason=True,
    ),
    Move("start", "Start", _from(S.APPROVED), S.IN_PROGRESS, PLAIN, _PROGRAM),
    Move("start", "Start", _from(S.ACTIVE), S.IN_PROGRESS, REGULATED, _PROGRAM),
    Move("complete", "Complete", _from(S.IN_PROGRESS), S.COMPLETED, ANY, _PROGRAM, effects=("welcome",)),
    Move("fail", "Fail", _from(S.IN_PROGRESS, S.APPROVED), S.FAILED, PLAIN, _PROGRAM, effects=("tell_staff",), needs_reason=True),
    Move(
        "fail", "Fail", _from(S.IN_PROGRESS, S.ORDER_PLACED, S.AWAITING_REGISTRATION, S.ACTIVE), S.FAILED, REGULATED, _PROGRAM,
        effects=("tell_staff",), needs_reason=True,
    ),
    Move("requeue", "Queue again", _from(S.IN_PROGRESS), S.APPROVED, PLAIN, _PROGRAM, effects=("deploy_later",), needs_reason=True),
    Move("requeue", "Queue again", _from(S.IN_PROGRESS), S.ACTIVE, REGULATED, _PROGRAM, effects=("deploy_later",), needs_reason=True),
    Move("retry", "Retry", _from(S.FAILED), S.APPROVED, PLAIN, _BOTH, ("server_active", "provider_usable"), ("afresh", "advance")),
    Move(
        "retry", "Retry", _from(S.FAILED), S.ACTIVE, REGULATED, _BOTH, ("server_active", "provider_usable", "failed_after_purchase"),
        ("afresh", "advance"),
    ),
    Move(
        "reset_purchase", "Reset purchase", _from(S.FAILED), S.PENDING, PLAIN, _STAFF, ("failed_before_provisioning",), ("afresh",),
        needs_reason=True,
    ),
    Move(
        "reset_purchase", "Reset purchase", _from(S.ORDER_PLACED, S.BLOCKED, S.FAILED), S.DOCUMENTS_UPLOADED, REGULATED, _STAFF,
        effects=("afresh",), needs_reason=True,
    ),
    Move(
        "rekey", "Re-key trunk", _from(S.COMPLETED), S.APPROVED, PLAIN, _STAFF, ("server_active", "provider_usable", "trunk_is_bought"),
        ("afresh", "rekey"), needs_reason=True,
    ),
    Move(
        "rekey", "Re-key trunk", _from(S.COMPLETED), S.ACTIVE, REGULATED, _STAFF,
        ("server_active", "provider_usable", "trunk_is_bought"), ("afresh", "rekey"), needs_reason=True,
    ),
    Move(
        "reject", "Reject", _from(S.PENDING, S.PENDING_REVIEW, S.IDENTITY_ADDRESS_CONFIRMED, S.DOCUMENTS_UPLOADED), S.CANCELLED,
        effects=("tell_rejection",), needs_reason=True,
    ),
    Move("cancel", "Cancel", _from(S.PENDING, S.APPROVED, S.FAILED), S.CANCELLED, PLAIN, _STAFF, effects=("news_cancel",), needs_reason=True),
    Move(
        "cancel", "Cancel",
        _from(S.PENDING_REVIEW, S.IDENTITY_ADDRESS_CONFIRMED, S.DOCUMENTS_UPLOADED, S.BLOCKED, S.FAILED), S.CANCELLED, REGULATED,
        _STAFF, effects=("news_cancel",), needs_reason=True,
    ),
)  # fmt: skip

ACTIONS: tuple[str, ...] = tuple(dict.fromkeys(move.action for move in MOVES))


def find(action: str, status: Status, regulated: bool) -> Move | None:
    """The move that an action means for an order in this status, None where it is not legal."""
    for move in MOVES:
        if move.action == action and status in move.sources and regulated in move.kinds:
            return move
    return None


def sources_of(action: str, regulated: bool) -> frozenset[Status]:
    """The statuses from which an action is legal."""
    return frozenset().union(*(move.sources for move in MOVES if move.action == action and regulated in move.kinds))


def possible(status: Status, regulated: bool, role: Role) -> list[Move]:
    """The moves that somebody with this role may make now, in the order of the table."""
    return [move for move in MOVES if status in move.sources and regulated in move.kinds and role in move.who]


def diagram(regulated: bool) -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {S.PENDING_REVIEW if regulated else S.PENDING}: place an order"]
    for move in _of(regulated):
        for source in sorted(move.sources):
            lines.append(f"    {source} --> {move.target}: {move.action}")
    ends = {move.target for move in _of(regulated)} - {source for move in _of(regulated) for source in move.sources}
    return "\n".join(lines + [f"    {end} --> [*]" for end in sorted(ends)])


def _of(regulated: bool) -> Iterable[Move]:
    return (move for move in MOVES if regulated in move.kinds)
