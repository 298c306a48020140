# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of an order on its way, beside its status: a retry goes on from the step that failed."""

from __future__ import annotations

import enum


class Step(enum.StrEnum):
    """What is being done for an order."""

    PURCHASE = "purchase"
    REGISTRATION = "registration"
    TRUNK = "trunk"
    PROVISION = "provision"
    REKEY = "rekey"


# What an order waits for while it is approved, placed or active, by its step.
STEP_WAITS: dict[str, str] = {
    Step.PURCHASE: "its number to be bought",
    Step.REGISTRATION: "its registration at the provider",
    Step.TRUNK: "its trunk to be made at the provider",
    Step.REKEY: "new credentials of its trunk",
}
