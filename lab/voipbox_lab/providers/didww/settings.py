# SPDX-License-Identifier: GPL-3.0-or-later
"""How the sandbox behaves where the provider's behaviour is a matter of the account, of time, or not known."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_type_hints

KEYS_VERSION = "2026-04-16"
TOKEN_VERSION = "2026-11-19"
VERSIONS = ("2017-09-18", "2021-04-19", "2021-12-15", "2022-05-10", KEYS_VERSION, TOKEN_VERSION)


@dataclass
class Settings:
    """Seconds are those of the sandbox's clock.

    Parameters: account_version, to which the account is pinned; token_seconds, how long a token lives; read_only, whether
    the customer may write; order_delay and order_end, when and how pending orders end; out_of_stock, what happens to an
    order that may not wait; number_gone, what happens to an order of a number that is not there: an answer 422, an answer
    400, or an accepted order that is canceled later; charge, when the balance changes; prorating, whether the account may
    ask for it; available_dids, whether the account sees single numbers, and available_limit, at most how many;
    reservation_seconds, reservation_limit; voice_out, whether the account may call out; caller_ids, which numbers may be
    shown on calls out: any, or those that have the feature; group_limit, how many capacity groups there may be;
    approve_after, seconds until a verification is approved by itself, None: never; activation_delay, seconds from an
    approval until the numbers work; export_delay; callback_retries, pauses before further attempts of a callback;
    callback_targets, where to send callbacks of URLs that begin so (they are signed for the URL they were ordered with).
    """

    account_version: str = KEYS_VERSION
    token_seconds: int = 300
    read_only: bool = False
    order_delay: float = 0
    order_end: Literal["completed", "canceled"] = "completed"
    out_of_stock: Literal["422", "cancel"] = "422"
    number_gone: Literal["422", "400", "cancel"] = "422"
    charge: Literal["order", "completion"] = "order"
    prorating: bool = False
    available_dids: bool = True
    available_limit: int = 500
    reservation_seconds: float = 600
    reservation_limit: int = 10
    voice_out: bool = True
    caller_ids: Literal["any", "voice_out"] = "any"
    group_limit: int = 50
    approve_after: float | None = None
    activation_delay: float = 0
    export_delay: float = 0
    callback_retries: list[float] = field(default_factory=lambda: [60, 300, 900, 3600, 7200, 14400, 28800, 43200, 74340])
    callback_targets: dict[str, str] = field(default_factory=dict)

    def change(self, given: Mapping[str, Any]) -> None:
        """Change some. Raises ValueError for what is not known or does not fit."""
        hints = get_type_hints(type(self))
        for name, value in given.items():
            if name not in hints:
                raise ValueError(f"There is no setting {name}; there are {', '.join(hints)}.")
            choices = get_args(hints[name]) if "Literal" in str(hints[name]) else ()
            if choices and value not in choices:
                raise ValueError(f"{name} is one of {', '.join(choices)}.")
            kind = type(getattr(Settings(), name))
            numbers = (int, float) if kind in (int, float, type(None)) else (kind,)
            if not isinstance(value, numbers) and not (value is None and name == "approve_after"):
                raise ValueError(f"{name} does not take {value!r}.")
        if given.get("account_version", KEYS_VERSION) not in VERSIONS:
            raise ValueError(f"There is no version {given['account_version']}.")
        for name, value in given.items():
            setattr(self, name, value)

    def shown(self) -> dict[str, Any]:
        """All of them."""
        return dataclasses.asdict(self)
